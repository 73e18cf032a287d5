/* Private to suite/: how testcase.c (one case) and suite.c (the collection) share a suite. */
#ifndef TRANSCHECK_SUITE_SUITE_IMPL_H
#define TRANSCHECK_SUITE_SUITE_IMPL_H

#include "harness/keys/keys.h"
#include "harness/suite/testcase.h"

#define SUITE_MAX_MEMORY     (512u << 20)
#define SUITE_MAX_FILES      RESULTS_MAX_TOPICS
#define SUITE_MAX_VALUES     (1u << 20) /* of what is made by putting values in: exchanges, cases of families */
#define TESTCASE_MAX_BODY    KEYS_MAX_BODY
#define TESTCASE_MAX_PATH    (128u << 10)
#define TESTCASE_MAX_LIST    64
#define TESTCASE_MAX_ACTIONS 16
#define TESTCASE_MAX_MS      60000

struct suite {
    struct arena arena;
    const struct schema *schema;
    const struct router *router;
    struct testcase **cases;
    size_t case_count;
    size_t case_cap;
    struct testcase **by_id; /* sorted, after suite_finish */
    struct testcase_topic *topics;
    size_t topic_count;
    size_t topic_cap;
    json_t **files;
    size_t file_count;
    size_t file_cap;
    json_t **kept;      /* what was made of them */
    size_t values_left; /* of SUITE_MAX_VALUES */
    size_t kept_count;
    size_t kept_cap;
};

/* Takes the value, which then lives as long as the suite. false when out of memory: then it is gone. */
bool suite_keep(struct suite *suite, json_t *value);

/* The keys of a case. */
extern const struct key_object testcase_object;

/* What a case has of its file, and of its family. */
struct testcase_file {
    const char *name;
    const char *topic;
    enum mode mode;
    const char *member; /* of a case of a family: the name of its member */
};

/* Checks one case and makes it, in the suite's arena. `at` is its place in the file. */
enum err_code testcase_read(struct testcase **out, struct suite *suite, const struct place *at, const json_t *source,
                            const struct testcase_file *file, struct err *err);

#endif
