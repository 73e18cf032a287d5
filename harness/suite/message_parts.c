/* What is no such message as a whole, compared member by member. */
#include "harness/suite/message_parts.h"

#include "harness/suite/json_element.h"

struct parts {
    const struct message_diff *diff;
    const struct message_type *type;
    json_t *want;         /* the expected message in canonical JSON */
    json_t *told;         /* an object with the names of the members that cannot be read */
    struct reasons found; /* of these */
    struct buf readable;  /* the others: {"a":1,"b":2 */
    struct buf alone;     /* one of them */
    struct buf canonical; /* what is made of it */
    size_t readable_count;
};

/* As canonical JSON names it. A key that names no field, or is spelled with escapes, stands for itself. */
static const char *member_name(const struct parts *parts, struct span key)
{
    struct check *check = parts->diff->check;
    const struct schema_field *field = message_type_field(parts->type, check_quote(check, key));
    return check_quote(check, field ? field->json_name : key);
}

static void tell_member(struct parts *parts, struct span key, struct span member, const char *why)
{
    struct check *check = parts->diff->check;
    const char *name = reason_fits(&parts->found, parts->diff->kind) ? member_name(parts, key) : NULL;
    if (!name)
        return;
    const json_t *want = json_object_get(parts->want, name);
    struct span shown = span_of(member.data, member.len < 1000 ? member.len : 1000);
    const struct json_step step = {.name = name};
    struct message_diff diff = *parts->diff;
    diff.to = &parts->found;
    message_diff_tell(&diff, &step, want ? check_dump(check, want) : message_diff_absent,
                      check_text(check, "no such member (%s): %s", why, check_quote(check, shown)));
    if (json_object_set_new(parts->told, name, json_true()) != 0)
        check_give_up(check, "the harness ran out of memory");
}

static enum err_code read_alone(struct parts *parts, struct span json, struct err *err)
{
    buf_reset(&parts->canonical);
    arena_reset(&parts->diff->check->scratch);
    return message_canonical(&parts->canonical, parts->type, json, &parts->diff->check->scratch, err);
}

static void read_member(void *user, struct span key, struct span member)
{
    struct parts *parts = user;
    struct err err = {0};
    buf_reset(&parts->alone);
    buf_append_byte(&parts->alone, '{');
    buf_append_span(&parts->alone, member);
    buf_append_byte(&parts->alone, '}');
    if (read_alone(parts, buf_span(&parts->alone), &err) != ERR_OK) {
        tell_member(parts, key, member, err.text);
        return;
    }
    buf_append_byte(&parts->readable, parts->readable_count++ == 0 ? '{' : ',');
    buf_append_span(&parts->readable, member);
}

/* Whether the members that can be read make a message; then it is compared. */
static bool compare_readable(struct parts *parts)
{
    struct message_diff diff = *parts->diff;
    buf_append_byte(&parts->readable, '}');
    if (read_alone(parts, buf_span(&parts->readable), NULL) != ERR_OK)
        return false;
    diff.observed = buf_span(&parts->canonical);
    diff.told = parts->told;
    message_diff(&diff);
    return true;
}

static void add_whole(const struct message_diff *diff, struct span observed, const char *why)
{
    observed.len = observed.len < 1000 ? observed.len : 1000;
    reason_add(diff->check, diff->to, diff->axis, diff->kind, message_diff_whole(diff->at),
               check_quote(diff->check, diff->expected),
               check_text(diff->check, "no such message (%s): %s", why, check_quote(diff->check, observed)));
}

void message_parts(const struct message_diff *diff, const struct message_type *type, struct span observed,
                   const char *why)
{
    struct parts parts = {.diff = diff, .type = type};
    parts.want = stream_element_load(diff->expected);
    parts.told = json_object();
    buf_init(&parts.readable, CHECK_MAX_MESSAGE);
    buf_init(&parts.alone, CHECK_MAX_MESSAGE);
    buf_init(&parts.canonical, CHECK_MAX_MESSAGE);
    bool object = !type->field && !stream_is_error(type, observed) &&
                  json_element_members(observed, read_member, &parts) && parts.readable_count > 0;
    if (object)
        reasons_add_all(diff->check, diff->to, &parts.found);
    if (!object || !compare_readable(&parts))
        add_whole(diff, observed, why);
    buf_fini(&parts.canonical);
    buf_fini(&parts.alone);
    buf_fini(&parts.readable);
    json_decref(parts.told);
    json_decref(parts.want);
}
