/* JSON text that is no such message as a whole: what of it can be compared all the same. */
#ifndef TRANSCHECK_SUITE_MESSAGE_PARTS_H
#define TRANSCHECK_SUITE_MESSAGE_PARTS_H

#include "harness/suite/message_diff.h"

/* Adds a reason for each member of the object `observed` that cannot be read by itself, and for each field of the
 * others that differs from diff->expected. One reason for the whole, beside them or alone, where only that can be said:
 * it is no object, or an error, or none of its members can be read, or all can be read and the whole cannot (a field
 * stands twice). `why` is what is wrong with the whole. */
void message_parts(const struct message_diff *diff, const struct message_type *type, struct span observed,
                   const char *why);

#endif
