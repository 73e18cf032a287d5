/* What both clients must do alike, as parts of cmocka tests over a client fixture: each protocol brings its scripts. */
#ifndef TRANSCHECK_NET_TESTS_CLIENT_CASES_H
#define TRANSCHECK_NET_TESTS_CLIENT_CASES_H

#include "harness/net/tests/client_fixture.h"

/* One answer, one outcome. */
struct client_answer {
    const char *name;
    struct raw_step steps[6];
    enum ending ending;
    int status;
    const char *body;   /* NULL: any */
    const char *detail; /* part of it */
    const char *method; /* NULL: GET */
};

void assert_text(struct span got, const char *want);
/* Plays an answer to a request of its own; fails unless ending, status, body and detail are as the answer says. */
void client_cases_answer(struct fixture *fixture, const struct client_answer *answer);
/* Answers with `answer` in two writes, cut there, behind the step `await`; the exchange must be complete. */
void client_cases_cut(struct fixture *fixture, struct raw_step await, struct span answer, size_t cut);
/* `count` exchanges at once, each with its target; all must be complete, over two connections. */
void client_cases_at_once(struct fixture *fixture, const char *const *targets, size_t count);
/* Cancels while `text` was received and there is no answer, in the body ("hello"), and twice before anything is sent.
 * `in_body` is run after the second. */
void client_cases_cancel(struct fixture *fixture, const char *text, void (*in_body)(struct fixture *fixture));
/* Nobody listens. */
void client_cases_refused(struct fixture *fixture);
/* A certificate that nobody vouches for. */
void client_cases_untrusted(struct fixture *fixture);
/* A client that goes away with an exchange under way says nothing any more. */
void client_cases_free_while_running(struct fixture *fixture);

#endif
