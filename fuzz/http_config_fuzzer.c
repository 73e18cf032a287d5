/* Target `http_config`: the input is the `http` of a service configuration. A plain walk over the same rules finds the
 * same last one for each method; what routes are made of it are those of the rules. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/proto/wire.h"

/* Whether the comma-separated selector names the method, in dots. */
static bool selects(struct span selector, const struct schema_method *method)
{
    struct span path = method->full_name;
    for (size_t at = 0; at <= selector.len;) {
        size_t end = span_index_of(selector, ',', at);
        size_t from = at;
        size_t to = end;
        while (from < to && selector.data[from] == ' ')
            from++;
        while (to > from && selector.data[to - 1] == ' ')
            to--;
        bool same = to - from == path.len;
        for (size_t i = 0; same && i < path.len; i++)
            same = selector.data[from + i] == (path.data[i] == '/' ? '.' : path.data[i]);
        if (same)
            return true;
        at = end + 1;
    }
    return false;
}

/* The last rule that selects the method; its annotation when none does. */
static struct span last_rule(struct span http, const struct schema_method *method)
{
    struct span found = method->http_rule;
    struct wire_reader rules;
    struct wire_field rule;
    wire_reader_init(&rules, http);
    while (wire_next(&rules, &rule) == WIRE_FIELD) {
        struct wire_reader fields;
        struct wire_field field;
        if (rule.number != 1)
            continue;
        wire_reader_init(&fields, rule.bytes);
        while (wire_next(&fields, &field) == WIRE_FIELD) {
            if (field.number == 1 && selects(field.bytes, method))
                found = rule.bytes;
        }
    }
    return found;
}

static void check_routes(const struct http_config *config)
{
    static struct arena arena;
    struct router *router;
    struct err err = {.code = ERR_OK};
    enum err_code code = router_new(&router, types_schema(), &(struct router_options){.config = config}, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (router != NULL));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    for (size_t i = 0; router && i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        struct http_rule *rules;
        size_t count;
        struct span rule = http_config_rule(config, binding->method);
        FUZZ_CHECK(http_rule_parse(&rules, &count, LENIENCY_NONE, rule, fuzz_arena(&arena), NULL) == ERR_OK);
        FUZZ_CHECK(binding->index < count && span_equal(rules[binding->index].path, binding->rule.path));
        FUZZ_CHECK(span_equal(rules[binding->index].method, binding->rule.method));
    }
    router_free(router);
}

/* The last value of fully_decode_reserved_expansion. */
static bool decodes_fully(struct span http)
{
    bool found = false;
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, http);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 2)
            found = field.value != 0;
    }
    return found;
}

static void check_rules(const struct http_config *config, struct span http)
{
    const struct schema *schema = types_schema();
    FUZZ_CHECK(http_config_decodes_fully(config) == decodes_fully(http));
    for (size_t i = 0; i < schema_service_count(schema); i++) {
        const struct schema_service *service = schema_service_at(schema, i);
        for (size_t j = 0; j < service->method_count; j++) {
            const struct schema_method *method = &service->methods[j];
            FUZZ_CHECK(span_equal(http_config_rule(config, method), last_rule(http, method)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char before[] = "{\"http\":";
    static struct buf json;
    static struct buf wire;
    static struct arena arena;
    const struct schema_message *http = schema_message_find(types_schema(), span_cstr("google.api.Http"));
    struct http_config *config;
    struct err err = {.code = ERR_OK};
    fuzz_buf(&json);
    FUZZ_CHECK(http && buf_append_cstr(&json, before) && buf_append(&json, data, size) && buf_append_cstr(&json, "}"));
    enum err_code code = http_config_new(&config, types_schema(), http, buf_span(&json), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (config != NULL));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (config) {
        /* What closes the object and opens another member is a configuration, but not one that the model reads. */
        fuzz_buf(&wire);
        if (json_to_proto(&wire, http, span_of(data, size), NULL, fuzz_arena(&arena), NULL) == ERR_OK) {
            check_rules(config, buf_span(&wire));
            check_routes(config);
        }
    }
    http_config_free(config);
    return 0;
}
