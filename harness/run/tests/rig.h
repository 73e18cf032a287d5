/* A whole run on fake ends, for tests: cases, profile and waivers from texts, the results read back. */
#ifndef TRANSCHECK_RUN_TESTS_RIG_H
#define TRANSCHECK_RUN_TESTS_RIG_H

#include <jansson.h>

#include "harness/run/runner_impl.h"
#include "harness/run/tests/fake_ends.h"

/* For rig_case: of the case, and in the path of an ordinary request. */
#define DISTURBS "\"disturbs\": true"
#define ORDINARY "transcheck-ordinary"

struct rig {
    struct fake_ends ends;
    struct runner_options options; /* quiet; one repetition; h1; jobs 4 */
    struct runner runner;
    struct buf cases; /* of the one case file */
    char folder[64];
    char profile_file[96];
    char waivers_file[96];
    FILE *results;
    json_t *lines; /* of the results, after rig_run */
    int exit_code;
};

void rig_init(struct rig *rig, bool has_process);
void rig_fini(struct rig *rig);

/* A case "unit/NAME": GET /v1/reservations/NAME, answered {"id": "7"} by the backend. `more` are further members of the
 * case, and `expect` the expectation, both as JSON: "\"disturbs\": true", "{\"status\": 200}". NULL: none, and status
 * 200. */
void rig_case(struct rig *rig, const char *name, const char *more, const char *expect);
/* A case whose connections to the backend meet this listener. `more`: NULL stands for DISTURBS. `expect`: NULL stands
 * for status 200 of "open", else for a failure without a call. */
void rig_listener_case(struct rig *rig, const char *name, const char *listener, const char *more, const char *expect);
/* A profile with these members of "lacks": "\"server-streaming\": \"It cannot.\"". Text may go on behind a "}", with
 * another member of the profile that it leaves open. `parallel` is the value of that key. */
void rig_profile_of(struct rig *rig, const char *lacks, unsigned parallel);
void rig_profile(struct rig *rig, const char *lacks);
/* Waives unit/NAME with h1. */
void rig_waiver(struct rig *rig, const char *name, const char *kind);
/* The same with a client, or "all", and of class flaky. */
void rig_flaky_waiver(struct rig *rig, const char *name, const char *kind, const char *client);

/* Plays the run; the exit code, which the totals hold, too. */
int rig_run(struct rig *rig);
/* The parts of it: everything before the first request, and reading the results. */
enum err_code rig_load(struct rig *rig);
void rig_read(struct rig *rig);

/* The line of a case, or what a member of it says. Asserts that it is there. */
const json_t *rig_line(const struct rig *rig, const char *name, const char *client);
const char *rig_verdict(const struct rig *rig, const char *name);
/* The kind of the first reason, "" without one. */
const char *rig_kind(const struct rig *rig, const char *name);
/* "" where the line has none. */
const char *rig_note(const struct rig *rig, const char *name);
size_t rig_attempts(const struct rig *rig, const char *name);
/* A text of the first attempt of NAME with h1. */
const char *rig_attempt_text(const struct rig *rig, const char *name, const char *key);
/* Asserts both, as cmocka does. */
void rig_assert_verdict(const struct rig *rig, const char *name, const char *verdict, size_t attempts);
const json_t *rig_totals(const struct rig *rig);
long rig_total(const struct rig *rig, const char *key);
/* Whether some event's text holds this. */
bool rig_has_event(const struct rig *rig, const char *text);
/* The verdict of the first event whose text holds this: "none" for a remark, "" when there is no such event. */
const char *rig_finding(const struct rig *rig, const char *text);

#endif
