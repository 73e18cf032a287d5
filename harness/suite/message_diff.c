/* Where two messages differ: both trees are walked side by side, and each leaf that is not the same is a reason. */
#include "harness/suite/message_diff.h"

#include <stdlib.h>

static const char absent[] = "absent";

const char *message_diff_whole(const char *at)
{
    return *at ? at : "message";
}

/* ---- texts */

/* The same text, from shortly before the first byte that differs: two long values are told apart where it matters. */
static const char *around(struct check *check, struct span text, size_t from)
{
    size_t start = from > 200 ? from - 200 : 0;
    struct span shown = span_from(text, start);
    shown.len = shown.len < CHECK_MAX_TEXT - 100 ? shown.len : CHECK_MAX_TEXT - 100;
    if (text.len <= CHECK_MAX_TEXT - 100)
        return check_quote(check, text);
    return check_text(check, "(from byte %zu) %s...", start, check_quote(check, shown));
}

static size_t first_difference(struct span a, struct span b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.data[i] == b.data[i])
        i++;
    return i;
}

static void add(const struct message_diff *diff, const char *path, struct span expected, struct span observed)
{
    size_t at = first_difference(expected, observed);
    if (reason_fits(diff->to, diff->kind))
        reason_add(diff->check, diff->to, diff->axis, diff->kind, check_quote(diff->check, span_cstr(path)),
                   around(diff->check, expected, at), around(diff->check, observed, at));
}

/* ---- the walk */

struct step {
    const struct step *up;
    const char *name; /* of a member; NULL: an element */
    size_t index;
};

/* A JSON pointer (RFC 6901), cut where it gets too long for a path. */
static void put_pointer(struct buf *out, const struct step *step)
{
    if (!step)
        return;
    put_pointer(out, step->up);
    buf_append_byte(out, '/');
    if (!step->name)
        buf_printf(out, "%zu", step->index);
    for (const char *c = step->name; c && *c; c++) {
        if (*c == '~' || *c == '/')
            buf_append_cstr(out, *c == '~' ? "~0" : "~1");
        else
            buf_append_byte(out, (uint8_t)*c);
    }
}

static char *dumped(const json_t *value)
{
    return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
}

static void differ(const struct message_diff *diff, const struct step *step, const json_t *want, const json_t *got)
{
    struct buf pointer;
    char *expected = dumped(want);
    char *observed = dumped(got);
    char path[CHECK_MAX_PATH];
    buf_init(&pointer, 1u << 20);
    buf_append_cstr(&pointer, diff->at);
    put_pointer(&pointer, step);
    buf_append_byte(&pointer, '\0');
    snprintf(path, sizeof path, "%s", pointer.failed ? "" : (const char *)pointer.data);
    if ((want && !expected) || (got && !observed) || pointer.failed)
        check_give_up(diff->check, "the harness ran out of memory");
    else
        add(diff, message_diff_whole(path), span_cstr(expected ? expected : absent),
            span_cstr(observed ? observed : absent));
    buf_fini(&pointer);
    free(expected);
    free(observed);
}

static void walk(const struct message_diff *diff, const struct step *up, const json_t *want, const json_t *got);

static void walk_objects(const struct message_diff *diff, const struct step *up, const json_t *want, const json_t *got)
{
    struct step step = {.up = up};
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)want, step.name, value)
        walk(diff, &step, value, json_object_get(got, step.name));
    json_object_foreach((json_t *)(uintptr_t)got, step.name, value)
    {
        if (!json_object_get(want, step.name) && !(diff->unset_is_null && json_is_null(value)))
            walk(diff, &step, NULL, value);
    }
}

static void walk_arrays(const struct message_diff *diff, const struct step *up, const json_t *want, const json_t *got)
{
    size_t wanted = json_array_size(want);
    size_t count = wanted > json_array_size(got) ? wanted : json_array_size(got);
    for (size_t i = 0; i < count; i++) {
        struct step step = {.up = up, .index = i};
        walk(diff, &step, json_array_get(want, i), json_array_get(got, i));
    }
}

/* NULL: that side does not have it. */
static void walk(const struct message_diff *diff, const struct step *up, const json_t *want, const json_t *got)
{
    if (json_is_object(want) && json_is_object(got))
        walk_objects(diff, up, want, got);
    else if (json_is_array(want) && json_is_array(got))
        walk_arrays(diff, up, want, got);
    else if (!want || !got || !json_equal(want, got))
        differ(diff, up, want, got);
}

static json_t *loaded(struct span text)
{
    return json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

void message_diff(const struct message_diff *diff)
{
    if (span_equal(diff->expected, diff->observed))
        return;
    size_t before = diff->to->count + diff->to->omitted;
    json_t *want = loaded(diff->expected);
    json_t *got = loaded(diff->observed);
    if (want && got)
        walk(diff, NULL, want, got);
    bool told = diff->to->count + diff->to->omitted > before;
    if (!told && !(diff->unset_is_null && want && got))
        add(diff, message_diff_whole(diff->at), diff->expected, diff->observed);
    json_decref(want);
    json_decref(got);
}
