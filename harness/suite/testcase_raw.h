/* Private to suite/: the keys of a request that is written byte by byte, or frame by frame. */
#ifndef TRANSCHECK_SUITE_TESTCASE_RAW_H
#define TRANSCHECK_SUITE_TESTCASE_RAW_H

#include "harness/keys/keys.h"
#include "harness/suite/testcase.h"

extern const struct key_type testcase_raw_bytes;
extern const struct key_object testcase_raw_frame;

/* What `raw` or `raw_frames` of the request hold, which stands at `at` and has passed its table; neither: nothing. */
enum err_code testcase_raw_fill(struct testcase_request *request, const struct place *at, const json_t *source,
                                struct arena *arena, struct err *err);

#endif
