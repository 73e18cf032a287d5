/* What the transcript of a client says of the backend's listener, when the case puts it in a state of its own: which,
 * and whether the proxy tried to connect. */
#ifndef TRANSCHECK_RUN_LISTENER_NOTE_H
#define TRANSCHECK_RUN_LISTENER_NOTE_H

#include "harness/base/transcript.h"
#include "mock-backend/script.h"

/* Before the request. */
void listener_note_begin(struct response_seen *seen, const struct script_listener *listener, uint64_t now_us);
/* When it is over: `count` connections were turned down meanwhile. Says nothing where nobody can have seen them
 * (LISTENER_CLOSED), and where the calls tell. */
void listener_note_end(struct response_seen *seen, const struct script_listener *listener, unsigned count,
                       uint64_t now_us);

#endif
