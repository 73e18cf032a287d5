/* Values for the `{name}`s that stand in the strings of a JSON value: `{n}` of `together`, and those of families
 * (cases/README.md). A name is lower-case words joined by '-'. A string that is just `{name}` becomes the value, of any
 * type; in a longer string the value stands as text: a string as it is, anything else as compact JSON. What was put in
 * is not looked at again. Names of members stay as they are. Private to suite/. */
#ifndef TRANSCHECK_SUITE_SUBSTITUTE_H
#define TRANSCHECK_SUITE_SUBSTITUTE_H

#include "harness/keys/keys.h"

struct substitution {
    const json_t *values; /* an object: what stands for each name */
    /* What to call the place of `values` in an error: then a `{name}` that is not among them is one. NULL: it stays. */
    const char *source;
    const char *kept; /* beside `source`: a name that stays; or NULL */
    json_t *used;     /* an object that gets a member for each name that was met; or NULL */
    size_t *left;     /* how many values more may be made; a text counts as one for each 64 bytes */
};

/* *out is a copy of `value`, which stands at `at`; the caller owns it. ERR_SYNTAX as above; ERR_LIMIT: more values than
 * *left, a text of more than KEYS_MAX_BODY, nested more than KEYS_MAX_DEPTH deep; ERR_NO_MEMORY. */
enum err_code substitute(json_t **out, const struct substitution *substitution, const struct place *at,
                         const json_t *value, struct err *err);

#endif
