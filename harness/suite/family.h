/* Families: cases that are written once, over many values: the key `each` (cases/README.md). Private to suite/. */
#ifndef TRANSCHECK_SUITE_FAMILY_H
#define TRANSCHECK_SUITE_FAMILY_H

#include "harness/suite/suite_impl.h"

/* The value of `each`: its members, by name. */
extern const struct key_type family_members;

/* How many cases the source of a case is: its members, or 1 without `each`. */
size_t family_count(const json_t *source);
/* The case of the member at `index`, as a JSON object without `each`, whose `id` is that of the family. *member is the
 * member's name, which lives as long as `source`. The caller owns *out. ERR_SYNTAX: a name that the member has no value
 * for, a value that no string asks for; ERR_LIMIT, ERR_NO_MEMORY: as `substitute`. `source`, which stands at `at`, has
 * passed the table of a case. */
enum err_code family_expand(json_t **out, const char **member, const struct place *at, const json_t *source,
                            size_t index, size_t *left, struct err *err);

#endif
