/* The command lines that repeat a case: curl at the front, transcheck at both ends. */
#ifndef TRANSCHECK_RUN_COMMANDS_H
#define TRANSCHECK_RUN_COMMANDS_H

#include "harness/suite/testcase.h"
#include "harness/base/buf.h"

struct commands_target {
    const char *url;           /* of the proxy, without trailing slash */
    const char *backend;       /* ADDR:PORT */
    const char *profile;       /* name, or NULL */
    const char *cases;         /* --cases DIR, or NULL */
    const char *proxy_command; /* or NULL */
    const char *cacert;        /* or NULL */
    bool insecure;
};

/* Each appends one shell command. Bodies that curl cannot take on a command line (NUL, over 8 KiB) come from printf or
 * a described pipe. Secrets never appear: --header values are not part of these lines. */
bool commands_curl(struct buf *out, const struct commands_target *target, const struct testcase *testcase,
                   enum testcase_client client);
bool commands_run(struct buf *out, const struct commands_target *target, const struct testcase *testcase,
                  enum testcase_client client);
bool commands_backend(struct buf *out, const struct commands_target *target, const struct testcase *testcase);

#endif
