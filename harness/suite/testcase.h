/* Cases: the tables of cases/<topic>.json, read and checked whole before a socket opens. The format is described in
 * cases/README.md. A suite owns its cases; everything in them lives in its arena and in the parsed JSON it keeps. */
#ifndef TRANSCHECK_SUITE_TESTCASE_H
#define TRANSCHECK_SUITE_TESTCASE_H

#include "harness/base/fields.h"
#include "harness/base/raw_request.h"
#include "harness/base/results_limits.h"
#include "harness/base/vocabulary.h"
#include "harness/engine/http_rule/router.h"
#include "harness/suite/front.h"
#include "mock-backend/script.h"

#define TESTCASE_MAX_FILE_BYTES (8u << 20)
#define TESTCASE_MAX_CASES      RESULTS_MAX_CASES_OF_SUITE
#define FAMILY_MAX_MEMBERS      256
#define TESTCASE_MAX_EXCHANGES  32 /* of a case with `together` or `then` */

struct json_t;

enum testcase_action_kind {
    ACTION_CANCEL_AFTER_MESSAGES,
    ACTION_CANCEL_AFTER_MS,
    ACTION_ABORT_BODY_AFTER,
    ACTION_STOP_READING_MS,
    ACTION_STAY_MS
};
struct testcase_action {
    enum testcase_action_kind kind;
    uint64_t value;
};

struct testcase_request {
    struct raw_request
        raw; /* when it is given, it is all that is sent, and what follows but method and path is empty */
    struct span method;
    struct span path;
    struct fields headers; /* content-type of a "json" body included */
    struct span body;
    bool has_body;
    bool chunked;
    size_t split_len;
    const size_t *turns; /* lengths of the body at which the client waits for an answer, one more each time */
    size_t turn_count;
    const struct testcase_action *actions;
    size_t action_count;
};

struct testcase {
    const char *id;
    const char *family; /* the id of its family, which is `id` up to '~'; NULL: it is of none */
    const char *topic;
    const char *file;
    unsigned version;
    enum level level;
    const char *title;
    const char *why;
    const char *const *cites; /* NULL-terminated, as all lists here */
    const char *const *behaviours;
    const char *const *needs;
    const char *const *defects;
    const char *twin; /* or NULL */
    unsigned clients; /* mask of testcase_client */
    enum mode mode;   /* of its file */
    enum front front; /* what its clients speak */
    bool disturbs;
    const struct schema_method *rpc;      /* NULL when nothing is bound and none is named */
    const struct router_binding *binding; /* what the request's path and method are bound to, or NULL */
    const struct router *back;            /* what reads the requests of a backend of HTTP/JSON; NULL: it is another */
    struct testcase_request request;
    const struct json_t *backend;     /* array of steps, or NULL */
    struct script script;             /* the same, compiled; empty without steps */
    const struct json_t *expect;      /* object, already checked */
    const struct json_t *source;      /* the whole case, values of its family put in */
    bool unjudged;                    /* "anything": nothing is asked of this exchange */
    bool expects_unreached;           /* "unreached": true anywhere at the top level */
    bool checks_health;               /* "then_healthy" somewhere */
    unsigned calls_allowed;           /* backend_saw.calls, else 1 (0 when unreached) */
    const struct testcase *exchanges; /* of a case with `together` or `then`: each as a case of its own; else NULL.
                                         What stands above is that of the first */
    size_t exchange_count;            /* 0 without these */
    bool one_connection;              /* they are streams of one connection at once */
    bool in_turn;                     /* each begins when the one before it is over, on the same connection */
    const char *pointer;              /* "cases/streaming.json#/cases/2", for messages */
};

struct testcase_topic {
    const char *name;
    const char *title;
    const char *about;
};

struct suite;
struct key_object;

/* The keys of a file of cases (cases/README.md). */
extern const struct key_object suite_file_object;

/* An empty suite for cases over `schema` and `router`, which must outlive it. */
enum err_code suite_new(struct suite **out, const struct schema *schema, const struct router *router, struct err *err);
void suite_free(struct suite *suite);
/* Adds the cases of one file. ERR_SYNTAX: "name#/cases/2/expect/status: ..." (JSON errors with line and column). */
enum err_code suite_add_file(struct suite *suite, const char *name, struct span json, struct err *err);
/* All embedded cases/ *.json, or all *.json of a directory (not profiles, waivers, schema.json). */
enum err_code suite_add_embedded(struct suite *suite, struct err *err);
enum err_code suite_add_directory(struct suite *suite, const char *path, struct err *err);
/* What needs all files: ids unique, twins exist. Call once after the last file. */
enum err_code suite_finish(struct suite *suite, struct err *err);

size_t suite_count(const struct suite *suite);
const struct testcase *suite_at(const struct suite *suite, size_t index);
const struct testcase *suite_find(const struct suite *suite, const char *id);
size_t suite_topic_count(const struct suite *suite);
const struct testcase_topic *suite_topic_at(const struct suite *suite, size_t index);

#endif
