#include "fuzz/differential/routes.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/buf.h"
#include "harness/base/hex.h"
#include "harness/engine/router.h"

#define MAX_BYTES ((size_t)16 << 20)

struct routes {
    struct schema *schema;
    struct router *router;
    struct arena arena;
    struct buf values;
    char method[64];
};

int routes_template_check(const char *text, char *error, size_t error_len)
{
    struct arena arena;
    struct path_template parsed;
    struct err err = {0};
    arena_init(&arena, MAX_BYTES);
    enum err_code code = path_template_parse(&parsed, span_cstr(text), &arena, &err);
    snprintf(error, error_len, "%s", err.text);
    arena_fini(&arena);
    return code != ERR_OK;
}

struct routes *routes_new(const char *descriptor_set, size_t len, char *error, size_t error_len)
{
    struct routes *routes = calloc(1, sizeof *routes);
    struct err err = {.text = "out of memory"};
    if (!routes || schema_new(&routes->schema, span_of(descriptor_set, len), &err) != ERR_OK ||
        router_new(&routes->router, routes->schema, &err) != ERR_OK) {
        snprintf(error, error_len, "%s", err.text);
        if (routes)
            schema_free(routes->schema);
        free(routes);
        return NULL;
    }
    arena_init(&routes->arena, MAX_BYTES);
    buf_init(&routes->values, MAX_BYTES);
    return routes;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    router_free(routes->router);
    schema_free(routes->schema);
    arena_fini(&routes->arena);
    buf_fini(&routes->values);
    free(routes);
}

void routes_match(struct routes *routes, int last_registered, const char *method, const char *path,
                  struct routes_result *result)
{
    struct router_match match;
    struct leniency_set lenient = {0};
    if (last_registered)
        leniency_add(&lenient, LENIENCY_LAST_REGISTERED);
    arena_reset(&routes->arena);
    buf_reset(&routes->values);
    routes->method[0] = '\0';
    *result = (struct routes_result){.status = 500, .method = routes->method, .values = ""};
    switch (router_match_lenient(routes->router, lenient, span_cstr(method), span_cstr(path), &routes->arena, &match)) {
    case ROUTER_NOT_FOUND:
        result->status = 404;
        return;
    case ROUTER_WRONG_METHOD:
        result->status = 405;
        return;
    case ROUTER_BAD:
        return;
    case ROUTER_MATCHED:
        break;
    }
    result->status = match.malformed_percent ? 400 : 200;
    snprintf(routes->method, sizeof routes->method, "%.*s", SPAN_FMT(match.binding->method->name));
    for (size_t i = 0; i < match.capture_count; i++) {
        buf_append_span(&routes->values, match.captures[i].variable->field_path);
        buf_append_byte(&routes->values, '=');
        hex_encode(&routes->values, match.captures[i].value);
        buf_append_byte(&routes->values, ';');
    }
    result->values = routes->values.data ? (const char *)routes->values.data : "";
}
