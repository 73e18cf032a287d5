/* Why wire_next says WIRE_BAD, in words for a message. */
#ifndef TRANSCHECK_ENGINE_PROTO_WIRE_FAULT_H
#define TRANSCHECK_ENGINE_PROTO_WIRE_FAULT_H

#include "harness/base/span.h"

#define WIRE_FAULT_MAX 96

/* What is at the begin of `rest`, where a field should be: "field 4 with a length of 9 and 3 bytes behind it". Returns
 * `text`. */
const char *wire_fault_text(struct span rest, char text[WIRE_FAULT_MAX]);

#endif
