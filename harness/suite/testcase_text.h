/* A case as text for a person, escaped for a terminal. */
#ifndef TRANSCHECK_SUITE_TESTCASE_TEXT_H
#define TRANSCHECK_SUITE_TESTCASE_TEXT_H

#include "harness/base/buf.h"
#include "harness/suite/testcase.h"

/* Appends title, why, references, request, backend steps and expectation. false when `out` is full. */
bool testcase_print(struct buf *out, const struct testcase *testcase);

/* Appends the case as compact JSON, as one writes it in a file; of a family, with the values of the member and its id.
 * false when `out` is full, or out of memory. */
bool testcase_source(struct buf *out, const struct testcase *testcase);

/* Appends what is sent, what the backend plays and what must hold, each step and key of it with its meaning as
 * cases/README.md has it. Prose stands on lines that are indented by six columns, however long. */
bool testcase_explain(struct buf *out, const struct testcase *testcase);

#endif
