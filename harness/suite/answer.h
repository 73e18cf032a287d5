/* What a client of a protocol with messages and a status of its own (front.h) makes of a response: the messages as
 * JSON, the status, the trailers. The judge reads all other directions than HTTP/JSON through it. */
#ifndef TRANSCHECK_SUITE_ANSWER_H
#define TRANSCHECK_SUITE_ANSWER_H

#include "harness/suite/frames.h"

#define ANSWER_MAX_ERROR (1u << 20) /* bytes of an error as JSON */

/* Whether the case's client speaks such a protocol. */
bool check_has_answer(const struct check *check);
/* Read once; of a response that did not end, what came of it. */
const struct answer *check_answer(struct check *check);
/* Whether the client reports a success: all is there, the status is OK, and a call that does not stream has one
 * message. */
bool answer_is_success(struct check *check);
/* What the client reports, in one line. */
const char *answer_text(struct check *check);

/* Reads what Connect and Twirp show of an error. json_t objects live until the check ends. */
void answer_read_connect(struct check *check, struct answer *answer);
void answer_read_connect_stream(struct check *check, struct answer *answer);
void answer_read_twirp(struct check *check, struct answer *answer);
/* A message of the method's output as JSON, added to answer->elements; sets answer->wrong when it is none. */
void answer_add_message(struct check *check, struct answer *answer, struct span bytes);

#endif
