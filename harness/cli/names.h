/* Lists of the names that an option takes: for the check of a value, for messages and for completion. */
#ifndef TRANSCHECK_CLI_NAMES_H
#define TRANSCHECK_CLI_NAMES_H

#include <stdbool.h>

#include "harness/base/arena.h"

struct names {
    const char **items; /* each ended by NUL, in the arena or of static life */
    size_t count;
    size_t cap;
    struct arena arena;
};

/* Fills an initialised list. */
typedef void names_fn(struct names *out);

void names_init(struct names *names);
void names_fini(struct names *names);
/* Adds a copy. Without memory the list stays as it is: a message then says less. */
void names_add(struct names *names, const char *text, size_t len);
bool names_have(const struct names *names, const char *name);

names_fn names_profiles; /* the embedded ones */
names_fn names_waivers;
names_fn names_defects; /* and "none" */
names_fn names_capabilities;
names_fn names_levels;
names_fn names_clients;
names_fn names_modes;     /* of harness/base/modes.h */
names_fn names_run_modes; /* the modes, and "bridge" */
names_fn names_leniencies;
names_fn names_explained; /* kinds of failure, verdicts, steps of an answer */

#endif
