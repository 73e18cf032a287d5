/* Which binding of which method an HTTP request names. Built once from a schema; immutable.
 * Specificity when several templates match, segment by segment: literal before "*" before "**"; a template with a verb
 * before one without (http.proto is silent; this is what peers that document an order do). */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_ROUTER_H
#define TRANSCHECK_ENGINE_HTTP_RULE_ROUTER_H

#include "harness/engine/http_rule/config.h"
#include "harness/engine/http_rule/rule.h"
#include "harness/engine/http_rule/template.h"
#include "harness/engine/proto/schema.h"

/* A field path resolved: from a field of the request message down to a leaf. */
#define ROUTER_MAX_FIELD_PATH 32
struct router_field_path {
    const struct schema_field **fields;
    size_t count;
};

struct router_binding {
    const struct schema_method *method;
    struct http_rule rule;
    struct path_template path_template;
    const struct schema_field *body_field;          /* NULL for none and "*" */
    const struct schema_field *response_body_field; /* NULL: the whole message */
    bool body_all;                                  /* body: "*" */
    struct router_field_path *variable_fields;      /* as many as path_template.variable_count */
    size_t index;                                   /* 0 the rule itself, then its additional bindings */
};

struct router;

enum router_result {
    ROUTER_MATCHED,
    ROUTER_NOT_FOUND,    /* no template matches the path */
    ROUTER_WRONG_METHOD, /* a template matches the path, under other HTTP methods */
    ROUTER_BAD           /* out of memory (arena) */
};

struct router_match {
    const struct router_binding *binding;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    size_t capture_count;
    bool malformed_percent;
    bool other_methods; /* of WRONG_METHOD */
    char allow[128];    /* of WRONG_METHOD: "GET, DELETE", as many as there is room for */
};

struct router_options {
    /* Of templates: LENIENCY_NESTED_VARIABLES, _DOUBLE_STAR_MIDDLE, _DUPLICATE_BINDINGS, _NESTED_BINDINGS,
     * _WELL_KNOWN_VARIABLES, _AUTO_MAPPING; and _LITERAL_CASE, which then counts for every match, and for none
     * otherwise. */
    struct leniency_set lenient;
    /* Rules of a service configuration in place of the annotations that it overrides; may be freed after router_new.
     * NULL: none. */
    const struct http_config *config;
};

/* Checks every rule: templates parse; variables name non-repeated primitive fields that exist,
 * no two of them one field with a part of it or members of one oneof; body and response_body name top-level fields; the
 * body is no field that the path binds; no binding twice. The error names the method and the binding. `options` NULL:
 * none. */
enum err_code router_new(struct router **out, const struct schema *schema, const struct router_options *options,
                         struct err *err);
void router_free(struct router *router);
size_t router_binding_count(const struct router *router);
const struct router_binding *router_binding_at(const struct router *router, size_t index);

/* `path` without the query, raw. `method` is case-sensitive. Time is linear in the path plus the number of templates.
 * With leniencies of paths, captures may be views of a changed copy of the path (in the arena). */
enum router_result router_match(const struct router *router, struct leniency_set lenient, struct span method,
                                struct span path, struct arena *arena, struct router_match *match);

/* For people: the bindings whose templates come nearest to a path that nothing matches, best first; those of `method`
 * before others. Returns how many of at most `cap` (and 16) it found; none comes less than half as near as the best. */
size_t router_nearest(const struct router *router, struct span method, struct span path,
                      const struct router_binding **out, size_t cap);

#endif
