/* Private to suite/: the request of a case, made of what the case says of it. */
#ifndef TRANSCHECK_SUITE_TESTCASE_REQUEST_H
#define TRANSCHECK_SUITE_TESTCASE_REQUEST_H

#include "harness/keys/keys.h"
#include "harness/suite/testcase.h"

struct request_input {
    enum front front;
    const struct schema_method *rpc; /* or NULL; not asked of FRONT_HTTP_JSON */
    struct arena *arena;
};

/* `source`, which stands at `at`, has passed its table. ERR_SYNTAX: what does not go together, messages that do not fit
 * their type. */
enum err_code testcase_request_fill(struct testcase_request *request, const struct request_input *in,
                                    const struct place *at, const json_t *source, struct err *err);

#endif
