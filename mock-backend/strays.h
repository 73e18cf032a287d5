/* Calls that nobody claimed, from the oldest to the newest, and what the backend gives up when the memory budget is
 * full: first the oldest of these, and for a new connection the one that has been idle for longest. Private to the mock
 * backend. */
#ifndef TRANSCHECK_MOCK_BACKEND_STRAYS_H
#define TRANSCHECK_MOCK_BACKEND_STRAYS_H

#include "mock-backend/call.h"

/* Puts a call at the end of the list. */
void strays_add(struct backend_call *call);
/* Takes it out; nothing happens when it is not there. */
void strays_remove(struct backend_call *call);
/* Gives up this stray: its memory goes at once, its stream is reset (ENHANCE_YOUR_CALM) at the next turn of the loop.
 */
void strays_drop(struct backend_call *call);
/* For struct budget: gives up the oldest stray that is not being worked on. `user` is the backend. */
bool strays_reclaim(void *user);
/* Whether one more connection may come; an idle one may have been closed for it. */
bool strays_admit_connection(struct backend *backend);

#endif
