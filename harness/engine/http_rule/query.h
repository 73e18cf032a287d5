/* Query parameters of a URL and their binding to fields. Source: google/api/http.proto; values by ProtoJSON's rules. */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_QUERY_H
#define TRANSCHECK_ENGINE_HTTP_RULE_QUERY_H

#include "harness/base/arena.h"
#include "harness/base/err.h"

#define QUERY_MAX_PARAMETERS 10000
#define QUERY_MAX_DEPTH      32 /* of a field path */

struct query_parameter {
    struct span key;   /* decoded once */
    struct span value; /* decoded once; data NULL when there was no '=' */
};

struct query {
    struct query_parameter *items;
    size_t count;
};

/* Splits at '&'; decodes %XX once in key and value; '+' is a space when plus_is_space. Empty parts are passed over. A
 * malformed triplet stays literal. ERR_LIMIT beyond QUERY_MAX_PARAMETERS or the arena. */
enum err_code query_parse(struct query *out, struct span text, bool plus_is_space, struct arena *arena,
                          struct err *err);

/* Percent-decodes `text` once into the arena (shared with path_template). `keep_slash`: %2F and %2f stay as written.
 * `plus_is_space` as above. *malformed (may be NULL) is set when a triplet is malformed. data NULL when out of memory.
 */
struct span query_unescape(struct span text, bool keep_slash, bool plus_is_space, struct arena *arena, bool *malformed);

#endif
