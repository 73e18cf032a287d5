/* Matches paths for comparisons: against single templates, and against the rules of a set. */
#include "fuzz/differential/routes.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/differential/loaded.h"
#include "harness/base/hex.h"

#define MAX_BYTES ((size_t)16 << 20)

struct routes {
    struct loaded loaded;
    char method[64];
};

int routes_template_check(const char *text, char *error, size_t error_len)
{
    struct arena arena;
    struct path_template parsed;
    struct err err = {0};
    arena_init(&arena, MAX_BYTES);
    enum err_code code = path_template_parse(&parsed, LENIENCY_NONE, span_cstr(text), &arena, &err);
    snprintf(error, error_len, "%s", err.text);
    arena_fini(&arena);
    return code != ERR_OK;
}

struct routes *routes_new(const char *descriptor_set, size_t len, char *error, size_t error_len)
{
    struct routes *routes = calloc(1, sizeof *routes);
    if (!routes) {
        snprintf(error, error_len, "out of memory");
        return NULL;
    }
    if (loaded_init(&routes->loaded, descriptor_set, len, LENIENCY_NONE, error, error_len))
        return routes;
    free(routes);
    return NULL;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    loaded_fini(&routes->loaded);
    free(routes);
}

void routes_match(struct routes *routes, int last_registered, const char *method, const char *path,
                  struct routes_result *result)
{
    struct router_match match;
    struct leniency_set lenient = {0};
    if (last_registered)
        leniency_add(&lenient, LENIENCY_LAST_REGISTERED);
    struct loaded *loaded = &routes->loaded;
    struct buf *values = &loaded->out;
    loaded_begin(loaded);
    routes->method[0] = '\0';
    *result = (struct routes_result){.status = 500, .method = routes->method, .values = ""};
    switch (router_match(loaded->router, lenient, span_cstr(method), span_cstr(path), &loaded->arena, &match)) {
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
        buf_append_span(values, match.captures[i].variable->field_path);
        buf_append_byte(values, '=');
        hex_encode(values, match.captures[i].value);
        buf_append_byte(values, ';');
    }
    result->values = values->data ? (const char *)values->data : "";
}
