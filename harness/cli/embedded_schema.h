/* The embedded descriptors, filtered by a profile and loaded: what several subcommands begin with. */
#ifndef TRANSCHECK_CLI_EMBEDDED_SCHEMA_H
#define TRANSCHECK_CLI_EMBEDDED_SCHEMA_H

#include "harness/base/buf.h"
#include "harness/engine/http_rule/router.h"

struct embedded_schema {
    struct buf descriptors; /* the set as that proxy can load it */
    struct schema *schema;  /* of these */
    struct router *router;
};

/* `profile` as for profile_load; NULL: everything. */
enum err_code embedded_schema_init(struct embedded_schema *out, const char *profile, struct err *err);
void embedded_schema_fini(struct embedded_schema *embedded);

#endif
