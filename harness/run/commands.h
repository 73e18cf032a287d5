/* The command lines that repeat a case: curl at the front, transcheck at both ends. */
#ifndef TRANSCHECK_RUN_COMMANDS_H
#define TRANSCHECK_RUN_COMMANDS_H

#include "harness/base/buf.h"
#include "harness/run/runner.h"
#include "harness/suite/testcase.h"

/* Stands for the value of a --header, which never appears: the reader puts it there. */
#define COMMANDS_VALUE_HINT "[redacted: put the value here]"

/* Each appends one line for a POSIX shell, with every option of the run that bears on the case. Bodies that are no word
 * come to curl through a pipe: from printf, or, when they are long, from `transcheck show --body`. A raw request goes
 * from printf to nc, or through openssl, in curl's place. */
bool commands_curl(struct buf *out, const struct runner_options *options, const struct testcase *testcase,
                   enum testcase_client client);
bool commands_run(struct buf *out, const struct runner_options *options, const struct testcase *testcase,
                  enum testcase_client client);
bool commands_backend(struct buf *out, const struct runner_options *options, const struct testcase *testcase);

#endif
