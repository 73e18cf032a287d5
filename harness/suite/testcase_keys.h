/* Private to suite/: the tables and types of testcase.c that other tables use. */
#ifndef TRANSCHECK_SUITE_TESTCASE_KEYS_H
#define TRANSCHECK_SUITE_TESTCASE_KEYS_H

#include "harness/keys/keys.h"

extern const struct key_object testcase_request_object;
/* Checked when their method is known. */
extern const struct key_type testcase_steps;
extern const struct key_type testcase_expect;

#endif
