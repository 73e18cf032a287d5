/* Leaves methods out of the embedded descriptor set. */
#include "harness/suite/descriptors.h"

#include <ctype.h>

#include "harness/engine/proto/wire.h"
#include "harness/suite/features.h"

/* Field numbers of google/protobuf/descriptor.proto. */
#define SET_FILE       1
#define FILE_PACKAGE   2
#define FILE_SERVICE   6
#define SERVICE_NAME   1
#define SERVICE_METHOD 2
#define METHOD_NAME    1

/* ---- features, each of one binding */

static bool is_response_body(const struct router_binding *binding)
{
    const struct schema_field *field = binding->response_body_field;
    return field && !(field->message && field->message->well_known == SCHEMA_WKT_HTTP_BODY);
}

static bool is_verb_after_wildcard(const struct router_binding *binding)
{
    const struct path_template *path = &binding->path_template;
    return path->verb.len > 0 && path->segment_count > 0 &&
           path->segments[path->segment_count - 1].kind != PATH_LITERAL;
}

static bool is_literal_in_variable(const struct router_binding *binding)
{
    const struct path_template *path = &binding->path_template;
    for (size_t i = 0; i < path->variable_count; i++) {
        const struct path_variable *variable = &path->variables[i];
        for (size_t k = variable->first; k < variable->first + variable->count; k++) {
            if (path->segments[k].kind == PATH_LITERAL)
                return true;
        }
    }
    return false;
}

static bool is_reserved_literal(const struct router_binding *binding)
{
    const struct path_template *path = &binding->path_template;
    for (size_t i = 0; i < path->segment_count; i++) {
        const struct path_segment *segment = &path->segments[i];
        for (size_t k = 0; segment->kind == PATH_LITERAL && k < segment->literal.len; k++) {
            if (!isalnum(segment->literal.data[k]) && !memchr("-._~", segment->literal.data[k], 4))
                return true;
        }
    }
    return false;
}

static bool is_streaming(const struct router_binding *binding)
{
    return binding->method->client_streaming || binding->method->server_streaming;
}

static const struct {
    const char *name;
    bool (*has)(const struct router_binding *binding);
} features[] = {
#define X(id, name, meaning) {name, is_##id},
    FEATURES_LIST(X)
#undef X
};

static bool has(const struct router *router, struct span method, bool (*feature)(const struct router_binding *binding))
{
    for (size_t i = 0; i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        if (span_equal(binding->method->full_name, method) && feature(binding))
            return true;
    }
    return false;
}

const char *descriptors_left_out(const struct router *router, struct span method, const struct profile *profile)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (profile_leaves_out(profile, features[i].name) && has(router, method, features[i].has))
            return features[i].name;
    }
    return NULL;
}

/* ---- filtering */

struct filter {
    const struct router *router;
    const struct profile *profile;
    struct span package; /* of the file at hand */
};

/* The bytes of the first length-delimited field of that number, or empty. */
static struct span find(struct span message, uint32_t number)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == number && field.type == WIRE_LEN)
            return field.bytes;
    }
    return span_of(NULL, 0);
}

static bool is_left_out(const struct filter *filter, struct span service, struct span method)
{
    struct buf name; /* package.Service/Method */
    buf_init(&name, SCHEMA_MAX_BYTES);
    buf_append_span(&name, filter->package);
    if (filter->package.len > 0)
        buf_append(&name, ".", 1);
    buf_append_span(&name, find(service, SERVICE_NAME));
    buf_append(&name, "/", 1);
    buf_append_span(&name, find(method, METHOD_NAME));
    bool left_out = descriptors_left_out(filter->router, buf_span(&name), filter->profile) != NULL;
    buf_fini(&name);
    return left_out;
}

/* A service that loses all of its methods goes; one that never had any stays. */
static bool service_goes(const struct filter *filter, struct span service)
{
    struct wire_reader reader;
    struct wire_field field;
    size_t methods = 0;
    wire_reader_init(&reader, service);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number != SERVICE_METHOD || field.type != WIRE_LEN)
            continue;
        methods++;
        if (!is_left_out(filter, service, field.bytes))
            return false;
    }
    return methods > 0;
}

/* One field of the message `inside`: copied, changed or dropped. */
typedef enum err_code filter_field_fn(struct buf *out, const struct filter *filter, struct span inside,
                                      const struct wire_field *field, struct span raw, struct err *err);

/* Appends a length-delimited field `number` that holds the fields of `message`, each as `each` has it. */
static enum err_code filter_fields(struct buf *out, const struct filter *filter, uint32_t number, struct span message,
                                   filter_field_fn *each, struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result = WIRE_END;
    enum err_code code = ERR_OK;
    wire_reader_init(&reader, message);
    wire_put_tag(out, number, WIRE_LEN);
    size_t body = wire_len_begin(out);
    while (code == ERR_OK && (result = wire_next(&reader, &field)) == WIRE_FIELD)
        code = each(out, filter, message, &field, span_of(field.tag_at, (size_t)(reader.at - field.tag_at)), err);
    wire_len_end(out, body);
    return code == ERR_OK && result == WIRE_BAD ? err_set(err, ERR_SYNTAX, "the descriptor set is malformed") : code;
}

static enum err_code filter_in_service(struct buf *out, const struct filter *filter, struct span service,
                                       const struct wire_field *field, struct span raw, struct err *err)
{
    (void)err;
    if (field->number != SERVICE_METHOD || field->type != WIRE_LEN || !is_left_out(filter, service, field->bytes))
        buf_append_span(out, raw);
    return ERR_OK;
}

static enum err_code filter_in_file(struct buf *out, const struct filter *filter, struct span file,
                                    const struct wire_field *field, struct span raw, struct err *err)
{
    (void)file;
    if (field->number != FILE_SERVICE || field->type != WIRE_LEN)
        buf_append_span(out, raw);
    else if (!service_goes(filter, field->bytes))
        return filter_fields(out, filter, FILE_SERVICE, field->bytes, filter_in_service, err);
    return ERR_OK;
}

enum err_code descriptors_filter(struct buf *out, struct span set, const struct router *router,
                                 const struct profile *profile, struct err *err)
{
    struct filter filter = {.router = router, .profile = profile};
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result = WIRE_END;
    wire_reader_init(&reader, set);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        if (field.number != SET_FILE || field.type != WIRE_LEN)
            continue;
        filter.package = find(field.bytes, FILE_PACKAGE);
        enum err_code code = filter_fields(out, &filter, SET_FILE, field.bytes, filter_in_file, err);
        if (code != ERR_OK)
            return code;
    }
    if (result == WIRE_BAD)
        return err_set(err, ERR_SYNTAX, "the descriptor set is malformed");
    return out->failed ? err_set(err, ERR_LIMIT, "the descriptor set is too large") : ERR_OK;
}
