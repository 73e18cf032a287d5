/* Leaves methods out of the embedded descriptor set. */
#include "harness/suite/descriptors.h"

#include "harness/engine/proto/wire.h"

/* Field numbers of google/protobuf/descriptor.proto. */
#define SET_FILE     1
#define FILE_PACKAGE 2
#define FILE_SERVICE 6
#define SERVICE_NAME 1

#define MAX_NAME 512

bool descriptors_is_response_body(const struct router_binding *binding)
{
    const struct schema_field *field = binding ? binding->response_body_field : NULL;
    return field && !(field->message && field->message->well_known == SCHEMA_WKT_HTTP_BODY);
}

static bool in_service(const struct router_binding *binding, const char *service)
{
    struct span full_name = binding->method->full_name;
    size_t len = strlen(service);
    return full_name.len > len && memcmp(full_name.data, service, len) == 0 && full_name.data[len] == '/';
}

static bool is_left_out(const char *service, const struct router *router, const struct profile *profile)
{
    if (!profile_leaves_out(profile, "response-body"))
        return false;
    for (size_t i = 0; i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        if (in_service(binding, service) && descriptors_is_response_body(binding))
            return true;
    }
    return false;
}

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

static bool drops(struct span package, struct span service, const struct router *router, const struct profile *profile)
{
    struct span name = find(service, SERVICE_NAME);
    char full_name[MAX_NAME];
    if (package.len + name.len + 2 > sizeof full_name)
        return false;
    size_t len = 0;
    if (package.len) {
        memcpy(full_name, package.data, package.len);
        len = package.len;
        full_name[len++] = '.';
    }
    if (name.len)
        memcpy(full_name + len, name.data, name.len);
    full_name[len + name.len] = '\0';
    return is_left_out(full_name, router, profile);
}

static enum err_code filter_file(struct buf *out, struct span file, const struct router *router,
                                 const struct profile *profile, struct err *err)
{
    struct span package = find(file, FILE_PACKAGE);
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    wire_reader_init(&reader, file);
    wire_put_tag(out, SET_FILE, WIRE_LEN);
    size_t body = wire_len_begin(out);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        if (field.number == FILE_SERVICE && field.type == WIRE_LEN && drops(package, field.bytes, router, profile))
            continue;
        buf_append(out, field.tag_at, (size_t)(reader.at - field.tag_at));
    }
    wire_len_end(out, body);
    return result == WIRE_END ? ERR_OK : err_set(err, ERR_SYNTAX, "the descriptor set is malformed");
}

enum err_code descriptors_filter(struct buf *out, struct span set, const struct router *router,
                                 const struct profile *profile, struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    wire_reader_init(&reader, set);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        if (field.number != SET_FILE || field.type != WIRE_LEN)
            continue;
        enum err_code code = filter_file(out, field.bytes, router, profile, err);
        if (code != ERR_OK)
            return code;
    }
    if (result == WIRE_BAD)
        return err_set(err, ERR_SYNTAX, "the descriptor set is malformed");
    return out->failed ? err_set(err, ERR_LIMIT, "the descriptor set is too large") : ERR_OK;
}
