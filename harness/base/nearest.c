/* Nearest names: a distance between words, and the part of a message that tells it. */
#include "harness/base/nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/escape.h"

#define FAR      SIZE_MAX
#define MAX_TOLD 3 /* names of a question */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(const char *text, const char *beginning)
{
    while (*beginning && lower(*text) == lower(*beginning))
        text++, beginning++;
    return !*beginning;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of mistakes that lead from one word to the other; both are at most NEAREST_MAX_LEN long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_MAX_LEN + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b_len];
}

/* How near a name is: 0 is nearest; FAR. A mistake counts two, so that a beginning stands between one and two. */
static size_t rank_whole(const char *word, const char *name)
{
    size_t len = strlen(word), name_len = strlen(name);
    size_t allowed = len / 3 > 1 ? len / 3 : 1;
    if (len == 0 || name_len == 0 || len > NEAREST_MAX_LEN || name_len > NEAREST_MAX_LEN)
        return FAR;
    size_t apart = len > name_len ? len - name_len : name_len - len;
    size_t mistakes = apart <= allowed ? distance(word, len, name, name_len) : FAR;
    size_t rank = mistakes <= allowed && mistakes < len ? 2 * mistakes : FAR;
    if (len > 1 && begins_with(name, word))
        rank = least(rank, 3);
    if (name_len > 2 && begins_with(word, name))
        rank = least(rank, 5);
    return rank;
}

static size_t rank_of(const char *word, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t rank = rank_whole(word, name);
    return slash && !strchr(word, '/') ? least(rank, rank_whole(word, slash + 1)) : rank;
}

/* The names that are nearest, at most `max` of them; their number. */
static size_t find(const char **found, size_t max, const char *word, const char *const *names, size_t count)
{
    size_t best = FAR, found_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t rank = rank_of(word, names[i]);
        if (rank < best) {
            best = rank;
            found_count = 0;
        }
        if (rank != FAR && rank == best && found_count < max)
            found[found_count++] = names[i];
    }
    return found_count;
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    const char *found;
    return find(&found, 1, word, names, count) == 1 ? found : NULL;
}

/* Returns how many names the question tells. */
static size_t put_question(struct buf *out, const char *word, const char *const *names, size_t count)
{
    const char *found[MAX_TOLD];
    size_t found_count = find(found, MAX_TOLD, word, names, count);
    for (size_t i = 0; i < found_count; i++) {
        const char *before = i == 0 ? "; did you mean '" : i + 1 == found_count ? " or '" : ", '";
        buf_append_cstr(out, before);
        escape_terminal_cut(out, span_cstr(found[i]), NEAREST_MAX_LEN);
        buf_append_byte(out, '\'');
    }
    if (found_count > 0)
        buf_append_byte(out, '?');
    return found_count;
}

static void put_list(struct buf *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_append_cstr(out, i == 0 ? "" : ", ");
        escape_terminal_cut(out, span_cstr(names[i]), NEAREST_MAX_LEN);
    }
}

const char *nearest_hint(char out[NEAREST_HINT_MAX], const char *word, const char *const *names, size_t count)
{
    struct buf question, list;
    size_t len = 0;
    buf_init(&question, NEAREST_HINT_MAX - 1);
    size_t told = put_question(&question, word, names, count);
    if (!question.failed && question.len > 0) {
        memcpy(out, question.data, question.len);
        len = question.len;
    }
    const char *before = len > 0 ? " The possible ones are: " : "; the possible ones are: ";
    buf_init(&list, NEAREST_HINT_MAX - 1 - len);
    buf_append_cstr(&list, before);
    put_list(&list, names, count);
    if (!list.failed && count > told && count <= NEAREST_MAX_LISTED) {
        memcpy(out + len, list.data, list.len);
        len += list.len;
    }
    out[len] = '\0';
    buf_fini(&list);
    buf_fini(&question);
    return out;
}
