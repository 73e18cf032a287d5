/* Reads files and streams of results, and puts what they hold in order. */
#include "reports/results_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/base/temporary.h"
#include "reports/results_reader_store.h"

size_t results_topic_index(struct results *results, struct span name)
{
    for (size_t i = results->topic_count; i-- > 0;) {
        if (span_equal(results->topics[i].name, name))
            return i;
    }
    if (results->topic_count == RESULTS_MAX_TOPICS)
        return RESULTS_MAX_TOPICS;
    struct results_topic *topics = arena_grow(&results->store->arena, results->topics, results->topic_count,
                                              results->topic_count + 1, &results->store->topic_cap, sizeof *topics);
    if (!topics)
        return RESULTS_MAX_TOPICS;
    results->topics = topics;
    topics[results->topic_count] = (struct results_topic){.name = name};
    return results->topic_count++;
}

struct results_case *results_case_add(struct results *results)
{
    if (results->case_count == RESULTS_MAX_CASES)
        return NULL;
    struct results_case *cases = arena_grow(&results->store->arena, results->cases, results->case_count,
                                            results->case_count + 1, &results->store->case_cap, sizeof *cases);
    if (!cases)
        return NULL;
    results->cases = cases;
    cases[results->case_count] = (struct results_case){.level = LEVEL_MAY};
    return &cases[results->case_count++];
}

/* ---- after the last file */

/* A profile's name and version say most; without a profile the address does. */
static struct span run_label(struct results *results, const struct results_run *run, size_t repeat)
{
    struct arena *arena = &results->store->arena;
    bool judged = run->profile_name.len > 0 && !span_is(run->profile_name, "any");
    struct span said = run->proxy_name.len > 0 ? run->proxy_name : run->totals.proxy_server;
    struct span base = said.len > 0 ? said : judged ? run->profile_name : run->url;
    char *text = arena_printf(arena, "%.*s", SPAN_FMT(base));
    if (text && repeat > 1)
        text = arena_printf(arena, "%s (%zu)", text, repeat);
    return span_cstr(text ? text : "");
}

static void label_runs(struct results *results)
{
    for (size_t i = 0; i < results->run_count; i++) {
        size_t repeat = 1;
        struct span label = run_label(results, &results->runs[i], repeat);
        for (size_t j = 0; j < i; j++) {
            if (span_equal(results->runs[j].label, label)) {
                label = run_label(results, &results->runs[i], ++repeat);
                j = SIZE_MAX; /* look at all earlier ones again */
            }
        }
        results->runs[i].label = label;
    }
}

static bool add_columns(struct results *results)
{
    for (size_t i = 0; i < results->case_count; i++) {
        struct results_case *item = &results->cases[i];
        size_t at = 0;
        while (at < results->column_count &&
               (results->columns[at].run != item->run || !span_equal(results->columns[at].client, item->client)))
            at++;
        if (at < results->column_count)
            continue;
        struct results_column *columns =
            arena_grow(&results->store->arena, results->columns, results->column_count, results->column_count + 1,
                       &results->store->column_cap, sizeof *columns);
        if (!columns)
            return false;
        results->columns = columns;
        columns[results->column_count++] = (struct results_column){item->run, item->client};
    }
    return true;
}

static int compare_columns(const void *left, const void *right)
{
    const struct results_column *a = left;
    const struct results_column *b = right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    return span_compare(a->client, b->client);
}

static int compare_cases(const void *left, const void *right)
{
    const struct results_case *a = left;
    const struct results_case *b = right;
    if (a->topic != b->topic)
        return a->topic < b->topic ? -1 : 1;
    int order = span_compare(a->id, b->id);
    if (order != 0)
        return order;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    order = span_compare(a->client, b->client);
    return order ? order : (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

static enum err_code finish(struct results *results, struct err *err)
{
    label_runs(results);
    if (!add_columns(results))
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    if (results->column_count > 0)
        qsort(results->columns, results->column_count, sizeof *results->columns, compare_columns);
    if (results->case_count > 0)
        qsort(results->cases, results->case_count, sizeof *results->cases, compare_cases);
    for (size_t i = 0; i < results->case_count; i++) {
        struct results_case *item = &results->cases[i];
        while (results->columns[item->column].run != item->run ||
               !span_equal(results->columns[item->column].client, item->client))
            item->column++;
    }
    return ERR_OK;
}

/* ---- files */

/* A copy that can be read twice, or NULL with `err` filled. */
static FILE *spool(FILE *from, const char *name, struct err *err)
{
    FILE *copy = temporary_file();
    if (!copy) {
        err_set(err, ERR_IO, "%s: no temporary file: %s", name, strerror(errno));
        return NULL;
    }
    char block[16384];
    uint64_t total = 0;
    size_t got;
    while ((got = fread(block, 1, sizeof block, from)) > 0) {
        total += got;
        if (total > RESULTS_MAX_BYTES || fwrite(block, 1, got, copy) != got) {
            err_set(err, total > RESULTS_MAX_BYTES ? ERR_LIMIT : ERR_IO, "%s: cannot be copied: %s", name,
                    total > RESULTS_MAX_BYTES ? "more than 2 GiB" : strerror(errno));
            fclose(copy);
            return NULL;
        }
    }
    if (ferror(from)) {
        err_set(err, ERR_IO, "%s: cannot be read: %s", name, strerror(errno));
        fclose(copy);
        return NULL;
    }
    rewind(copy);
    return copy;
}

static enum err_code read_one(struct results *results, FILE *file, bool owned, const char *name, bool allow_cut,
                              struct err *err)
{
    struct results_store *store = results->store;
    size_t index = results->run_count;
    struct buf safe;
    enum err_code code = ERR_OK;
    buf_init(&safe, 4096);
    escape_terminal_cut(&safe, span_cstr(name), 500);
    const char *shown = safe.data ? (const char *)safe.data : "";
    store->files[index] = file;
    store->owned[index] = owned;
    if (fseeko(file, 0, SEEK_SET) != 0) {
        FILE *copy = spool(file, shown, err);
        if (owned)
            fclose(file);
        store->files[index] = copy;
        store->owned[index] = copy != NULL;
        code = copy ? ERR_OK : ERR_IO;
    }
    if (code == ERR_OK)
        code = results_read_run(results, shown, allow_cut, err);
    results->run_count++;
    buf_fini(&safe);
    return code;
}

static struct results *results_new(struct err *err)
{
    struct results *results = calloc(1, sizeof *results);
    struct results_store *store = calloc(1, sizeof *store);
    struct results_run *runs = calloc(RESULTS_MAX_RUNS, sizeof *runs);
    if (!results || !store || !runs) {
        free(results);
        free(store);
        free(runs);
        err_set(err, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    arena_init(&store->arena, RESULTS_MAX_MEMORY);
    results->store = store;
    results->runs = runs;
    return results;
}

void results_free(struct results *results)
{
    if (!results)
        return;
    for (size_t i = 0; i < RESULTS_MAX_RUNS; i++) {
        if (results->store->owned[i])
            fclose(results->store->files[i]);
    }
    arena_fini(&results->store->arena);
    free(results->store);
    free(results->runs);
    free(results);
}

enum err_code results_read_files(struct results **out, const char *const *paths, size_t count, bool allow_cut,
                                 struct err *err)
{
    *out = NULL;
    if (count == 0 || count > RESULTS_MAX_RUNS)
        return err_set(err, ERR_USAGE, "between 1 and %u files of results, please", RESULTS_MAX_RUNS);
    struct results *results = results_new(err);
    if (!results)
        return ERR_NO_MEMORY;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        bool is_stdin = strcmp(paths[i], "-") == 0;
        FILE *file = is_stdin ? stdin : fopen(paths[i], "rbe");
        if (file)
            code = read_one(results, file, !is_stdin, is_stdin ? "stdin" : paths[i], allow_cut, err);
        else
            code = err_set(err, ERR_IO, "%s: %s", paths[i], strerror(errno));
    }
    if (code == ERR_OK)
        code = finish(results, err);
    if (code == ERR_OK)
        *out = results;
    else
        results_free(results);
    return code;
}

enum err_code results_read_stream(struct results **out, FILE *stream, const char *name, bool allow_cut, struct err *err)
{
    *out = NULL;
    struct results *results = results_new(err);
    if (!results)
        return ERR_NO_MEMORY;
    enum err_code code = read_one(results, stream, false, name, allow_cut, err);
    if (code == ERR_OK)
        code = finish(results, err);
    if (code == ERR_OK)
        *out = results;
    else
        results_free(results);
    return code;
}

enum err_code results_case_line(const struct results *results, const struct results_case *item, struct buf *out,
                                struct err *err)
{
    assert(item->run < results->run_count);
    buf_reset(out);
    if (item->lost)
        return ERR_OK;
    FILE *file = results->store->files[item->run];
    uint8_t *room = buf_reserve(out, item->len);
    if (!room)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    if (fseeko(file, (off_t)item->offset, SEEK_SET) != 0 || fread(room, 1, item->len, file) != item->len)
        return err_set(err, ERR_IO, "%.*s: changed while it was read", SPAN_FMT(results->runs[item->run].source));
    buf_commit(out, item->len);
    return ERR_OK;
}
