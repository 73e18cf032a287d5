/* The shape of backend scripts: step names, the keys beside them, their types and limits, from one table. What needs
 * the descriptors (encoding `message`) is mock-backend/script's. The language: cases/README.md, "Backend steps". */
#ifndef TRANSCHECK_SUITE_STEPS_H
#define TRANSCHECK_SUITE_STEPS_H

#include "harness/suite/keys.h"

#define STEPS_MAX 4096

/* A key_check_fn for the "backend" list. */
key_check_fn steps_check;
/* The step names, ended by NULL. */
const char *const *steps_names(void);

#endif
