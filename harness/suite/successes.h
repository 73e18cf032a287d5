/* Whether a case that takes a success looks at it: a proxy that answers every call with a 200 must not pass. An object
 * of expectations, or an alternative of its "any_of" together with what stands around it, that may be fulfilled by a
 * status 2xx must name the request message ("backend_saw" with the message or messages, or "unreached") and the answer
 * (a key of the body). Where a failure is asked for, or the client goes away, there is no answer to look at. */
#ifndef TRANSCHECK_SUITE_SUCCESSES_H
#define TRANSCHECK_SUITE_SUCCESSES_H

#include "harness/base/err.h"
#include "harness/suite/testcase.h"

/* Of every case of the suite. ERR_SYNTAX: "cases/x.json#/cases/2/expect: ..." names the first that does not. */
enum err_code successes_check(const struct suite *suite, struct err *err);

#endif
