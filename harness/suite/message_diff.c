/* Where two messages differ: both trees are walked side by side, and each leaf that is not the same is a reason. */
#include "harness/suite/message_diff.h"

#include <stdlib.h>

const char message_diff_absent[] = "absent";

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

/* ---- the walk */

/* A JSON pointer (RFC 6901), cut where it gets too long for a path. */
static void put_pointer(struct buf *out, const struct json_step *step)
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

void message_diff_tell(const struct message_diff *diff, const struct json_step *step, const char *expected,
                       const char *observed)
{
    struct buf pointer;
    char path[CHECK_MAX_PATH];
    buf_init(&pointer, 1u << 20);
    buf_append_cstr(&pointer, diff->at);
    if (step && *diff->at && *diff->at != '/')
        buf_append_byte(&pointer, ' ');
    put_pointer(&pointer, step);
    buf_append_byte(&pointer, '\0');
    snprintf(path, sizeof path, "%s", pointer.failed ? "" : (const char *)pointer.data);
    if (pointer.failed)
        check_give_up(diff->check, "the harness ran out of memory");
    reason_add(diff->check, diff->to, diff->axis, diff->kind,
               check_quote(diff->check, span_cstr(message_diff_whole(path))), expected, observed);
    buf_fini(&pointer);
}

void message_diff_add(const struct message_diff *diff, const struct json_step *step, const json_t *want,
                      const json_t *got)
{
    if (!reason_fits(diff->to, diff->kind))
        return;
    char *expected = dumped(want);
    char *observed = dumped(got);
    if ((want && !expected) || (got && !observed))
        check_give_up(diff->check, "the harness ran out of memory");
    struct span sides[] = {span_cstr(expected ? expected : message_diff_absent),
                           span_cstr(observed ? observed : message_diff_absent)};
    size_t at = first_difference(sides[0], sides[1]);
    message_diff_tell(diff, step, around(diff->check, sides[0], at), around(diff->check, sides[1], at));
    free(expected);
    free(observed);
}

static void walk(const struct message_diff *diff, const struct json_step *up, const json_t *want, const json_t *got);

static void walk_objects(const struct message_diff *diff, const struct json_step *up, const json_t *want,
                         const json_t *got)
{
    struct json_step step = {.up = up};
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)want, step.name, value)
    {
        if (up || !json_object_get(diff->told, step.name))
            walk(diff, &step, value, json_object_get(got, step.name));
    }
    json_object_foreach((json_t *)(uintptr_t)got, step.name, value)
    {
        if (!json_object_get(want, step.name) && !(diff->unset_is_null && json_is_null(value)))
            walk(diff, &step, NULL, value);
    }
}

static void walk_arrays(const struct message_diff *diff, const struct json_step *up, const json_t *want,
                        const json_t *got)
{
    size_t wanted = json_array_size(want);
    size_t count = wanted > json_array_size(got) ? wanted : json_array_size(got);
    for (size_t i = 0; i < count; i++) {
        struct json_step step = {.up = up, .index = i};
        walk(diff, &step, json_array_get(want, i), json_array_get(got, i));
    }
}

/* NULL: that side does not have it. */
static void walk(const struct message_diff *diff, const struct json_step *up, const json_t *want, const json_t *got)
{
    if (json_is_object(want) && json_is_object(got))
        walk_objects(diff, up, want, got);
    else if (json_is_array(want) && json_is_array(got))
        walk_arrays(diff, up, want, got);
    else if (!want || !got || !json_equal(want, got))
        message_diff_add(diff, up, want, got);
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
    bool told = diff->told || diff->to->count + diff->to->omitted > before;
    if (!told && !(diff->unset_is_null && want && got) && reason_fits(diff->to, diff->kind)) {
        size_t at = first_difference(diff->expected, diff->observed);
        message_diff_tell(diff, NULL, around(diff->check, diff->expected, at), around(diff->check, diff->observed, at));
    }
    json_decref(want);
    json_decref(got);
}
