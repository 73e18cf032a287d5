/* What each comparison of requests opens: a descriptor set, the routes of its rules, and memory for one answer. */
#ifndef TRANSCHECK_FUZZ_DIFFERENTIAL_LOADED_H
#define TRANSCHECK_FUZZ_DIFFERENTIAL_LOADED_H

#include "harness/base/buf.h"
#include "harness/engine/http_rule/router.h"

struct loaded {
    struct schema *schema;
    struct router *router;
    struct arena arena;
    struct buf out;
};

/* false with the reason in `error`; then there is nothing to free. */
bool loaded_init(struct loaded *loaded, const char *descriptor_set, size_t len, struct leniency_set lenient,
                 char *error, size_t error_len);
void loaded_fini(struct loaded *loaded);
/* Forgets the answer before. */
void loaded_begin(struct loaded *loaded);

#endif
