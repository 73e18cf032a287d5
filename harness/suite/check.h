/* The judge: expectation x observations -> verdict. Pure. */
#ifndef TRANSCHECK_SUITE_CHECK_H
#define TRANSCHECK_SUITE_CHECK_H

#include "harness/base/transcript.h"
#include "harness/base/vocabulary.h"
#include "harness/engine/grpc/frame.h"
#include "harness/suite/profile.h"
#include "harness/suite/testcase.h"

/* One thing that did not hold. Texts are raw (may hold bytes from the wire: escape before showing). */
struct reason {
    enum reason_axis axis;
    enum reason_kind kind;
    const char *path;     /* what it is about: "status", "header content-type", "/rooms/0/price" (cases/README.md,
                             "Reasons"); at most CHECK_MAX_PATH bytes, and behind the number of its
                             exchange as many */
    const char *expected; /* in words and values */
    const char *observed;
    const char *const *otherwise; /* of the first reason of an "any_of": a sentence for each other alternative, what it
                                     lacked; NULL-terminated, NULL: none */
};

/* After the case: what ordinary requests did. */
struct health_seen {
    bool asked;
    bool healthy;       /* an ordinary request succeeded within the profile's reconnect_grace_ms */
    unsigned attempts;  /* 1: the first succeeded */
    bool shed;          /* the proxy answered the last by itself, as it does under load */
    bool process_known; /* --proxy-cmd */
    bool process_died;
    bool over_memory;   /* it died because it used more memory than --proxy-memory-mib */
    const char *output; /* what the process wrote last, escaped; NULL: not known */
    const char *detail; /* of the failed requests or the death: "exit status 134 (SIGABRT)" */
};

struct check_input {
    const struct testcase *testcase;
    enum testcase_client client;
    const struct profile *profile;
    const struct schema *schema;
    const struct response_seen *response;
    const struct call_seen *calls; /* list by ->next, in order of arrival; NULL: none */
    struct health_seen health;
    bool over_budget;                  /* something that may have belonged to the case was refused for lack of memory */
    const char *not_played;            /* why the backend did not do what the case says; NULL: it did */
    const struct check_input *earlier; /* of exchanges in turn: those before this one, in order; else NULL */
    size_t earlier_count;
};

#define CHECK_MAX_REASONS 64
#define CHECK_MAX_PATH    400

struct check_result {
    enum verdict verdict;                     /* PASS, ACCEPTABLE, FAIL or ERROR */
    struct reason reasons[CHECK_MAX_REASONS]; /* of a failure, the decisive one first; of ACCEPTABLE, what would have
                                                 been preferred (may be none); of ERROR, why. Texts in the arena, at
                                                 most about 2 KB each */
    size_t reason_count;
    size_t reasons_omitted; /* more than there is room for, of the least severe kinds */
};

void check_run(struct check_result *out, const struct check_input *input, struct arena *arena);
/* A reason that became known afterwards: the result fails, and its reasons stay in their order. Nothing is copied. */
void check_result_add(struct check_result *result, const struct reason *reason);
/* A reason more for the same verdict, in its place by severity. Nothing is copied. */
void check_result_insert(struct check_result *result, const struct reason *reason);

/* The messages of a streamed response so far, for the client actions and await steps that count them: feed body bytes
 * as they arrive. One content coding is taken off, up to STREAM_COUNTER_MAX_DECODED bytes; what has more is not
 * counted. */
#define STREAM_COUNTER_MAX_DECODED (64u << 20)
struct coding_reader;
struct stream_counter {
    size_t count; /* elements, an error element included */
    /* private */
    struct json_scan *scan; /* in the arena; NULL until the framing shows */
    struct arena *arena;
    const struct profile *profile;
    const struct front_row *front;
    struct frame_parser frames; /* of a front whose messages have a length prefix */
    uint8_t group[4];           /* of base64, not whole yet */
    size_t group_len;
    bool begun;
    bool blind;                   /* coded in a way that cannot be read */
    struct coding_reader *reader; /* of the content coding; NULL: there is none */
    size_t decoded;               /* bytes */
    struct span content_type;     /* while bytes are fed */
};
void stream_counter_init(struct stream_counter *counter, enum front front, const struct profile *profile,
                         struct arena *arena);
/* Gives back what is not in the arena. */
void stream_counter_fini(struct stream_counter *counter);
void stream_counter_feed(struct stream_counter *counter, struct span bytes, const struct fields *headers);

#endif
