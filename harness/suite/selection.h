/* Which cases run: --select and --exclude globs over ids (fnmatch; '*' crosses '/'; a bare topic selects its cases,
 * and what matches the id of a family all of its cases), --level, --client. */
#ifndef TRANSCHECK_SUITE_SELECTION_H
#define TRANSCHECK_SUITE_SELECTION_H

#include "harness/suite/testcase.h"

#define SELECTION_MAX_GLOBS 1024
#define SELECTION_BRIDGE    "bridge"

struct selection {
    const char *selects[SELECTION_MAX_GLOBS];
    size_t select_count; /* 0: all */
    const char *excludes[SELECTION_MAX_GLOBS];
    size_t exclude_count;
    enum level level; /* LEVEL_MAY (default): all; LEVEL_SHOULD: must and should; LEVEL_MUST */
    unsigned clients; /* mask of testcase_client; 0: all */
    unsigned modes;   /* mask of 1 << enum mode; 0: all */
};

void selection_init(struct selection *selection);
bool selection_has(const struct selection *selection, const struct testcase *testcase);
/* The mask that a name stands for: one mode's, or those of all but the transcoder for "bridge". 0: there is no such. */
unsigned selection_modes(struct span name);
/* Every --select glob selects something in the suite, or ERR_USAGE names the first that does not, with the topic or
 * case that comes nearest. */
enum err_code selection_check(const struct selection *selection, const struct suite *suite, struct err *err);

#endif
