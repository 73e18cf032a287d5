/* Waivers: known failures of one release of a proxy (see cases/README.md). */
#ifndef TRANSCHECK_SUITE_WAIVER_H
#define TRANSCHECK_SUITE_WAIVER_H

#include "harness/suite/check.h"

/* What is excused: a reason of that kind, on that axis, at a path that the pattern fits ('*' stands for any text). */
struct waiver_reason {
    enum reason_kind kind;
    enum reason_axis axis;
    const char *path;
};

struct waiver {
    const char *id;
    unsigned case_version;
    enum testcase_client client;
    struct waiver_reason *reasons; /* at least one; the first is what the waiver is about */
    size_t reason_count;
    const char *observed; /* or NULL */
    const char *reason;
    const char *link; /* or NULL */
    bool flaky;       /* its case fails at times only */
    size_t entry;     /* the same for the clients of a case in one entry of the file */
};

struct waivers;
struct key_object;

/* The keys of a file (cases/README.md, "Waivers"). */
extern const struct key_object waivers_object;

/* A file, or the name of an embedded one ("envoy-1.40"). Unknown ids, versions and kinds are errors that say where. */
enum err_code waivers_load(struct waivers **out, const char *name_or_path, const struct suite *suite, struct err *err);
enum err_code waivers_parse(struct waivers **out, const char *name, struct span json, const struct suite *suite,
                            struct err *err);
void waivers_free(struct waivers *waivers);
/* Of what the file speaks: the proxy, its release, and the profile that it was run with (NULL: not said). */
const char *waivers_proxy(const struct waivers *waivers);
const char *waivers_version(const struct waivers *waivers);
const char *waivers_profile(const struct waivers *waivers);
size_t waivers_count(const struct waivers *waivers);
const struct waiver *waivers_at(const struct waivers *waivers, size_t index);

enum waiver_outcome {
    WAIVER_NONE,    /* no waiver names this pair: the verdict stands */
    WAIVER_APPLIES, /* fail becomes waived; *which says why */
    WAIVER_STALE,   /* the case passed (or was acceptable) */
    WAIVER_IDLE,    /* it passed, as it may where the waiver is flaky */
    WAIVER_MISMATCH /* it failed in another way, or in another way as well */
};
/* Judges one result against the waivers. Skipped, unsupported and error verdicts are NONE.
 * A waiver applies when it excuses every reason of the failure, none was left out for lack of room, and one of them is
 * what the waiver names first: the others come along with it, and may be absent. */
enum waiver_outcome waivers_apply(const struct waivers *waivers, const struct testcase *testcase,
                                  enum testcase_client client, const struct check_result *result,
                                  const struct waiver **which);
/* The waiver of a pair, or NULL. `waivers` may be NULL. */
const struct waiver *waivers_find(const struct waivers *waivers, const char *id, enum testcase_client client);
/* Whether the waiver excuses this reason. */
bool waiver_excuses(const struct waiver *waiver, const struct reason *reason);

#endif
