/* Pieces of a results line as jansson values. Private to run/results*. */
#ifndef TRANSCHECK_RUN_RESULTS_WRITER_JSON_H
#define TRANSCHECK_RUN_RESULTS_WRITER_JSON_H

#include <jansson.h>

#include "harness/base/transcript.h"
#include "harness/engine/proto/schema.h"
#include "harness/suite/testcase.h"

#define RESULTS_MAX_MESSAGE_JSON (16u << 10) /* of a decoded message; longer ones are cut and say so */

/* A JSON string; bytes that are not UTF-8 become the text \xNN. */
json_t *result_text(struct span text);
json_t *result_libraries(void);
/* With gRPC messages decoded where the case's client speaks gRPC. */
json_t *result_client_side(const struct response_seen *seen, const struct testcase *testcase, uint64_t start_us);
/* With gRPC messages of both directions decoded by the method's types where the schema has it. */
json_t *result_call(const struct call_seen *seen, uint64_t start_us, const struct schema *schema);

#endif
