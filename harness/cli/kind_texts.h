/* What `explain` says of a kind of failure beside its meaning (harness/base/vocabulary.h): how it is judged, what
 * usually is the cause, what to do next. Plain sentences; `x` in backquotes is something to type. */
#ifndef TRANSCHECK_CLI_KIND_TEXTS_H
#define TRANSCHECK_CLI_KIND_TEXTS_H

#include "harness/base/vocabulary.h"

struct kind_text {
    const char *judged;
    const char *cause;
    const char *next;
};

/* There is one for every kind but KIND_NONE. */
const struct kind_text *kind_text_of(enum reason_kind kind);

#endif
