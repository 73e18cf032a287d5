/* Hostile behaviours as byte scripts of the raw server, for HTTP/1.1 and HTTP/2: used by test_hostile against both
 * clients, and by the hostile_proxy program against a whole run. */
#ifndef TRANSCHECK_NET_TESTS_HOSTILE_SCRIPTS_H
#define TRANSCHECK_NET_TESTS_HOSTILE_SCRIPTS_H

#include "harness/base/transcript.h"
#include "harness/net/tests/raw_server.h"

struct hostile_script {
    const char *name;
    const struct raw_step *h1;
    const struct raw_step *h2;
    /* How an exchange ends that meets it. ENDING_OPEN: which limit stops it is left to the libraries; it is one of
     * TIMEOUT, TOO_LARGE and MALFORMED. */
    enum ending h1_ending;
    enum ending h2_ending;
};

size_t hostile_script_count(void);
const struct hostile_script *hostile_script_at(size_t index);
const struct hostile_script *hostile_script_find(const char *name);

#endif
