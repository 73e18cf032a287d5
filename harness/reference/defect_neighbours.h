/* The defects that show only when calls are under way at once: what belongs to one of them reaches another. Each
 * function does nothing without its defect. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_NEIGHBOURS_H
#define TRANSCHECK_REFERENCE_DEFECT_NEIGHBOURS_H

#include "harness/reference/call.h"

/* Whether the call is not sent now: it waits until no other is under way, and is sent then. */
bool neighbours_wait(struct call *call);
/* Whether the call is not sent at all: it gets the answer of one with the same method and path that is under way. */
bool neighbours_join(struct call *call);
/* The call is about to be answered: those that joined it are, too. */
void neighbours_respond(struct call *call, int status, const struct fields *fields, struct span body);
/* The call ends: nothing of another leads to it any more, and those that joined it get no answer. */
void neighbours_leave(struct call *call);

/* The message that is sent for this call. */
struct span neighbours_message(const struct call *call);
/* The value that is sent of a header of this call. */
struct span neighbours_header(const struct call *call, const struct field *field);
/* The trailers that count for this call. */
const struct fields *neighbours_trailers(struct call *call, const struct fields *trailers);
/* The body of its answer. */
struct span neighbours_body(struct call *call, struct span body);
/* The stream that the next message of this one goes to. */
struct call *neighbours_stream(struct call *call);
/* The client of this call went away while it was under way. */
void neighbours_cancelled(struct call *call);

#endif
