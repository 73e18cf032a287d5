/* google.api.HttpRule from its wire bytes. Source: googleapis google/api/http.proto. */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_RULE_H
#define TRANSCHECK_ENGINE_HTTP_RULE_RULE_H

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/engine/leniency.h"

#define HTTP_RULE_MAX_BINDINGS 64

struct http_rule {
    struct span method;        /* GET, PUT, POST, DELETE, PATCH, or the kind of a custom pattern ("*": any) */
    struct span path;          /* the template's text */
    struct span body;          /* empty: no body; "*"; or the name of a top-level field */
    struct span response_body; /* empty, or the name of a top-level field */
};

/* The rule and its additional_bindings, in order, into *rules (in the arena). Bytes are copied.
 * Refused (ERR_SYNTAX): no pattern, two levels of additional_bindings, malformed wire. ERR_LIMIT: too many. With
 * LENIENCY_NESTED_BINDINGS those inside of others stand behind the one that they are in. */
enum err_code http_rule_parse(struct http_rule **rules, size_t *count, struct leniency_set lenient, struct span bytes,
                              struct arena *arena, struct err *err);

/* Whether this may be an HTTP method: a token (RFC 9110 section 5.6.2), as "*" is, too. */
bool http_rule_is_method(struct span text);

#endif
