/* The secrets of a run: what its options hold that must not be written or shown. */
#ifndef TRANSCHECK_RUN_SECRETS_H
#define TRANSCHECK_RUN_SECRETS_H

#include "harness/base/redact.h"
#include "harness/run/runner.h"

/* Collects the values of --header and the private keys in --key and --backend-key (a file that cannot be read is an
 * error of whoever needs it). Warns, on options->log, of values that are too short to be searched for. The caller frees
 * *out. ERR_NO_MEMORY. */
enum err_code secrets_collect(struct redact **out, const struct runner_options *options, struct err *err);

#endif
