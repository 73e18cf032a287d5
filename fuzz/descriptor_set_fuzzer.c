/* Target `descriptor_set`: the input is a FileDescriptorSet, and a google.api.HttpRule. What loads must be consistent:
 * everything is found under its own name and number, fields ascend, and all that is pointed to is there. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/escape.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/http_rule/router.h"

static void check_enum(const struct schema_enum *enumeration)
{
    for (size_t i = 0; i < enumeration->value_count; i++) {
        const struct schema_enum_value *value = &enumeration->values[i];
        const struct schema_enum_value *found = schema_enum_by_number(enumeration, value->number);
        FUZZ_CHECK(found && found <= value && found->number == value->number);
        FUZZ_CHECK(schema_enum_by_name(enumeration, value->name) == value);
    }
}

static void check_extension(const struct schema *schema, const struct schema_message *message,
                            const struct schema_field *field)
{
    struct span name = field->json_name;
    FUZZ_CHECK(name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']');
    FUZZ_CHECK(schema_extension_find(schema, span_of(name.data + 1, name.len - 2)) == field);
    FUZZ_CHECK(schema_field_by_json_name(message, name) == field && span_equal(field->name, name));
    FUZZ_CHECK(!message->proto3 && !field->required && !field->map && field->oneof_index < 0);
    FUZZ_CHECK(field->presence == !field->repeated);
}

static void check_message(const struct schema *schema, const struct schema_message *message)
{
    FUZZ_CHECK(schema_message_find(schema, message->name) == message && message->schema == schema);
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        FUZZ_CHECK(field->containing == message && field->index == i);
        FUZZ_CHECK(i == 0 || field[-1].number < field->number);
        FUZZ_CHECK(schema_field_by_number(message, field->number) == field);
        FUZZ_CHECK(schema_field_by_name(message, field->name) == (field->extension ? NULL : field));
        if (field->extension)
            check_extension(schema, message, field);
        const struct schema_field *json = schema_field_by_json_name(message, field->json_name);
        FUZZ_CHECK(json && span_equal(json->json_name, field->json_name));
        FUZZ_CHECK(escape_utf8_valid(field->name) && escape_utf8_valid(field->json_name));
        FUZZ_CHECK((field->message != NULL) == (field->type == SCHEMA_MESSAGE || field->type == SCHEMA_GROUP));
        FUZZ_CHECK((field->enumeration != NULL) == (field->type == SCHEMA_ENUM));
        FUZZ_CHECK(field->oneof_index < (int)message->oneof_count);
        FUZZ_CHECK(!field->map || (field->repeated && field->message && field->message->map_entry));
        bool required = field->required || (field->message && field->message->required_within);
        FUZZ_CHECK(!required || message->required_within);
        if (field->message)
            FUZZ_CHECK(schema_message_find(schema, field->message->name) == field->message);
        if (field->enumeration)
            check_enum(field->enumeration);
    }
}

/* An empty message of every type that a method names, both ways. */
static void check_map(const struct schema_message *message)
{
    static struct buf json;
    static struct buf wire;
    static struct arena arena;
    fuzz_buf(&json);
    fuzz_arena(&arena);
    if (proto_to_json(&json, message, span_of(NULL, 0), NULL, &arena, NULL) != ERR_OK)
        return;
    fuzz_buf(&wire);
    FUZZ_CHECK(json_to_proto(&wire, message, buf_span(&json), NULL, &arena, NULL) == ERR_OK);
}

static void check_method(const struct schema *schema, const struct schema_method *method)
{
    FUZZ_CHECK(schema_method_find(schema, method->path) == method);
    FUZZ_CHECK(schema_method_find(schema, method->full_name) == method);
    check_message(schema, method->input);
    check_message(schema, method->output);
    check_map(method->input);
    check_map(method->output);
}

static void check_rule(struct span bytes)
{
    static struct arena arena;
    struct http_rule *rules = NULL;
    size_t count = 0;
    struct err err = {.code = ERR_OK};
    enum err_code code = http_rule_parse(&rules, &count, LENIENCY_NONE, bytes, fuzz_arena(&arena), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (code != ERR_OK)
        return;
    FUZZ_CHECK(count > 0 && count <= HTTP_RULE_MAX_BINDINGS);
    for (size_t i = 0; i < count; i++) {
        struct path_template template;
        FUZZ_CHECK(rules[i].method.len > 0 && rules[i].path.len > 0);
        path_template_parse(&template, LENIENCY_NONE, rules[i].path, &arena, NULL);
    }
}

/* With leniencies, rules that are refused otherwise are taken, and methods without one have a route of their own. */
static void check_lenient_router(const struct schema *schema, const struct router *strict)
{
    static const struct leniency_set lenient = {.bits = LENIENCY_ALL};
    struct router *router;
    enum err_code code = router_new(&router, schema, &(struct router_options){.lenient = lenient}, NULL);
    FUZZ_CHECK((code == ERR_OK) == (router != NULL) && (!strict || router));
    FUZZ_CHECK(!strict || router_binding_count(router) >= router_binding_count(strict));
    router_free(router);
}

static void check_router(const struct schema *schema)
{
    struct router *router;
    struct err err = {.code = ERR_OK};
    enum err_code code = router_new(&router, schema, NULL, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (router != NULL));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    for (size_t i = 0; code == ERR_OK && i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        for (size_t j = 0; j < binding->path_template.variable_count; j++)
            FUZZ_CHECK(binding->variable_fields[j].fields[0]->containing == binding->method->input);
    }
    check_lenient_router(schema, router);
    router_free(router);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct schema *schema = NULL;
    struct err err = {.code = ERR_OK};
    check_rule(bytes);
    enum err_code code = schema_new(&schema, bytes, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (schema != NULL));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (!schema)
        return 0;
    for (size_t i = 0; i < schema_service_count(schema); i++) {
        const struct schema_service *service = schema_service_at(schema, i);
        for (size_t j = 0; j < service->method_count; j++) {
            check_method(schema, &service->methods[j]);
            if (service->methods[j].http_rule.len > 0)
                check_rule(service->methods[j].http_rule);
        }
    }
    check_router(schema);
    schema_free(schema);
    return 0;
}
