/* The inventory of behaviours that cases cite under `behaviours`: cases/behaviours.tsv, a row a line, its cells
 * separated by tabs: name, the behaviour, where it comes from, and, where no case can show it, why. The table is part
 * of the binary; rows borrow from it. */
#ifndef TRANSCHECK_SUITE_BEHAVIOURS_H
#define TRANSCHECK_SUITE_BEHAVIOURS_H

#include "harness/base/err.h"
#include "harness/base/span.h"

struct behaviour {
    struct span name;    /* "J-14" */
    struct span text;    /* one sentence */
    struct span source;  /* what says so */
    struct span no_case; /* empty where a case can show it */
};

struct behaviours {
    struct span rest; /* what is not read yet */
};

/* Begins at the first row. ERR_NOT_FOUND: the table is not part of this binary. */
enum err_code behaviours_init(struct behaviours *table, struct err *err);
/* The next row; false at the end. Lines without a tab, and those that begin with '#', are none. */
bool behaviours_next(struct behaviours *table, struct behaviour *out);

#endif
