/* What standard gRPC clients report of the response of a case, and how far it has come on the way to a gRPC answer, as
 * a part of a results line. Private to run/results*. */
#ifndef TRANSCHECK_RUN_RESULTS_CLIENT_WORDS_H
#define TRANSCHECK_RUN_RESULTS_CLIENT_WORDS_H

#include <jansson.h>

#include "harness/base/transcript.h"
#include "harness/suite/testcase.h"

#define RESULTS_MAX_CLIENT_TEXT 500 /* bytes of what a client says; longer ones are cut */

/* NULL: the case's client does not speak gRPC, or went away by itself, or the response is no HTTP. */
json_t *result_client_words(const struct testcase *testcase, const struct response_seen *seen);

#endif
