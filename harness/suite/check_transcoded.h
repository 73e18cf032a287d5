/* The request of HTTP/JSON that a backend received, read by the rules of google.api.http: the message that it means.
 * Pure. */
#ifndef TRANSCHECK_SUITE_CHECK_TRANSCODED_H
#define TRANSCHECK_SUITE_CHECK_TRANSCODED_H

#include "harness/suite/frames.h"

/* The message as the one item, or `wrong`: no rule of the case's method reads the request. Any rule of the method may
 * be the one that was used. */
void transcoded_read(struct check *check, const struct call_seen *call, struct frames *out);

#endif
