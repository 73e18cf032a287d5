/* The closed lists of names that cases, the judge, the results stream and every report share. Each name stands here
 * once: a new verdict, kind of failure ... is a row, after which `make tables` makes reports/results.schema.json and
 * the tables of README.md anew. */
#ifndef TRANSCHECK_BASE_VOCABULARY_H
#define TRANSCHECK_BASE_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/span.h"

/* ---- verdicts */

/* What a verdict comes to, which is all that reports and exit codes ask. */
enum standing {
    STANDING_FAILED,     /* it counts against the proxy, by its level */
    STANDING_UNJUDGED,   /* the harness could not tell */
    STANDING_WAIVED,     /* it failed as a waiver says */
    STANDING_NOT_PLAYED, /* it was left out, with a reason */
    STANDING_PASSED,
    STANDING_COUNT
};
const char *standing_name(enum standing standing); /* "failed", "unjudged", "waived", "not-played", "passed" */

/* Identifier, name in the stream, word for a heading, mark (never the only sign), standing, rank of attention (what a
 * person wants to see first has the lowest), meaning. Rows are in the order in which counts are listed. */
#define VERDICTS(X)                                                                                                    \
    X(PASS, "pass", "Passed", "\xe2\x9c\x93" /* check mark */, STANDING_PASSED, 70, "every expectation held")          \
    X(ACCEPTABLE, "acceptable", "Acceptable", "\xe2\x89\x88" /* almost equal */, STANDING_PASSED, 50,                  \
      "allowed by the text, though not the preferred answer")                                                          \
    X(FAIL, "fail", "Failed", "\xe2\x9c\x97" /* ballot x */, STANDING_FAILED, 10,                                      \
      "an expectation did not hold; the report says on which axis, what was expected and what was observed")           \
    X(UNSTABLE, "unstable", "Unstable", "\xe2\x89\x81" /* not tilde */, STANDING_FAILED, 15,                           \
      "unstable under concurrency: failed beside other cases and passed when it was repeated alone, and nothing that " \
      "was seen explains it")                                                                                          \
    X(ERROR, "error", "Error", "!", STANDING_UNJUDGED, 20, "the harness could not judge")                              \
    X(WAIVED, "waived", "Waived", "~", STANDING_WAIVED, 30,                                                            \
      "failed exactly as a waiver (`cases/waivers/`) says it does")                                                    \
    X(UNSUPPORTED, "unsupported", "Unsupported", "\xe2\x97\x8b" /* circle */, STANDING_NOT_PLAYED, 40,                 \
      "the proxy refuses a capability that the case needs; without the profile's word or `--lacks` the run is "        \
      "unjudged")                                                                                                      \
    X(SKIPPED, "skipped", "Skipped", "\xe2\x80\x93" /* dash */, STANDING_NOT_PLAYED, 60,                               \
      "not run, with the reason: the client protocol is refused, the proxy died before it")

#define X(id, name, word, mark, standing, attention, meaning) VERDICT_##id,
enum verdict { VERDICT_NONE /* not judged yet; never written */, VERDICTS(X) VERDICT_COUNT };
#undef X
#define VERDICT_FIRST VERDICT_PASS /* for (v = VERDICT_FIRST; v < VERDICT_COUNT; v++) */

const char *verdict_name(enum verdict verdict); /* "pass"; "none" for VERDICT_NONE */
const char *verdict_word(enum verdict verdict); /* "Passed" */
const char *verdict_mark(enum verdict verdict);
const char *verdict_meaning(enum verdict verdict); /* "every expectation held" */
enum standing verdict_standing(enum verdict verdict);
unsigned verdict_attention(enum verdict verdict);
/* The verdicts by attention: `index` from 0 to VERDICT_COUNT - 2. */
enum verdict verdict_by_attention(size_t index);
/* All *_from_name: false for a name that is in no row (and "none" is in none). */
bool verdict_from_name(struct span name, enum verdict *verdict);

/* ---- levels of a case */

#define LEVELS(X)                                                                                                      \
    X(MUST, "must")                                                                                                    \
    X(SHOULD, "should")                                                                                                \
    X(MAY, "may")

#define X(id, name) LEVEL_##id,
enum level { LEVELS(X) LEVEL_COUNT };
#undef X
extern const char *const level_names[]; /* by enum level, NULL-terminated */
const char *level_name(enum level level);
bool level_from_name(struct span name, enum level *level);

/* ---- clients that play a case */

#define CLIENTS(X)                                                                                                     \
    X(H1, 1, "h1", "HTTP/1.1")                                                                                         \
    X(H2, 2, "h2", "HTTP/2")

#define X(id, bit, name, word) CLIENT_##id = (bit),
/* Bits of a mask. */
enum testcase_client { CLIENTS(X) };
#undef X
extern const char *const client_names[]; /* NULL-terminated, in order of the bits */
const char *client_name(enum testcase_client client);
const char *client_word(enum testcase_client client); /* "HTTP/1.1" */
bool client_from_name(struct span name, enum testcase_client *client);

/* ---- reasons of a verdict */

/* The question on which an expectation did not hold. */
#define REASON_AXES(X)                                                                                                 \
    X(REQUEST, "request")                                                                                              \
    X(RESPONSE, "response")                                                                                            \
    X(ENDING, "ending")                                                                                                \
    X(HEALTH, "health")

#define X(id, name) AXIS_##id,
enum reason_axis { REASON_AXES(X) AXIS_COUNT };
#undef X
extern const char *const axis_names[]; /* by enum reason_axis, NULL-terminated */
const char *axis_name(enum reason_axis axis);
bool axis_from_name(struct span name, enum reason_axis *axis);

/* Kinds of failure, in order of severity: what a person wants to be told first. Waivers rest on this order
 * (cases/README.md, "Reasons"). Identifier, name in the stream, meaning. */
#define REASON_KINDS(X)                                                                                                \
    X(DIED, "died", "the proxy's process ended, or nobody listens at its address any more (INV-2)")                    \
    X(OVER_MEMORY, "over-memory",                                                                                      \
      "the proxy used more memory than `--proxy-memory-mib` allows and was killed (INV-2)")                            \
    X(HUNG, "hung", "the exchange had no end when its deadline came (INV-3)")                                          \
    X(NOT_DELIVERED, "not-delivered",                                                                                  \
      "response headers or a message did not reach the client while the backend waited for that before it went on")    \
    X(UNHEALTHY, "unhealthy", "an ordinary request to the proxy failed after the case")                                \
    X(REACHED, "reached", "the backend was called although the request must be refused before it")                     \
    X(TOO_MANY_CALLS, "too-many-calls", "the backend was called more often than the request asks for (INV-4)")         \
    X(FAILURE_HIDDEN, "failure-hidden", "a call that failed looks like a complete success to the client (INV-1)")      \
    X(MALFORMED, "malformed", "the response is not well-formed HTTP, or not the JSON that it claims to be (INV-5)")    \
    X(NOT_REACHED, "not-reached", "the backend was not called although the request is bound to a method of it")        \
    X(WRONG_RPC, "wrong-rpc", "another method of the backend was called than the one that the request is bound to")    \
    X(WRONG_REQUEST, "wrong-request",                                                                                  \
      "the backend got another message than the request means, or a request that a gRPC server refuses")               \
    X(WRONG_METADATA, "wrong-metadata",                                                                                \
      "a request header did not reach the backend as it should, or reached it although it must not")                   \
    X(NOT_CANCELLED, "not-cancelled", "the client had gone, and the proxy did not cancel its call at the backend")     \
    X(CUT_SHORT, "cut-short", "the response ended early although the backend sent all of it")                          \
    X(WRONG_ENDING, "wrong-ending", "the response did not end in the way that says what became of the call")           \
    X(WRONG_STATUS, "wrong-status", "the HTTP status is not the one that belongs to the outcome of the call")          \
    X(WRONG_ERROR, "wrong-error",                                                                                      \
      "code, message or details of the backend's error did not reach the client as they are")                          \
    X(WRONG_BODY, "wrong-body", "the response holds other messages, or another body, than the backend sent (INV-6)")   \
    X(WRONG_CONTENT_TYPE, "wrong-content-type",                                                                        \
      "the response is labelled with a media type that its body does not have")                                        \
    X(WRONG_HEADER, "wrong-header",                                                                                    \
      "a response header or trailer is missing, wrong, or there although it must not be")                              \
    X(NOT_KEPT, "not-kept", "the client's connection was closed behind a response, and the next request needed another")

#define X(id, name, meaning) KIND_##id,
enum reason_kind { KIND_NONE, REASON_KINDS(X) KIND_COUNT };
#undef X
const char *reason_kind_name(enum reason_kind kind);    /* "none" for KIND_NONE */
const char *reason_kind_meaning(enum reason_kind kind); /* "the exchange had no end when its deadline came (INV-3)" */
bool reason_kind_from_name(struct span name, enum reason_kind *kind);

/* ---- dialects: values of profile keys */

/* `stream_framing`: how a streamed response is framed. */
#define STREAM_FRAMINGS(X)                                                                                             \
    X(ARRAY, "array")                                                                                                  \
    X(NDJSON, "ndjson")                                                                                                \
    X(NDJSON_RESULT, "ndjson-result")                                                                                  \
    X(SSE, "sse")                                                                                                      \
    X(CONCAT, "concat")

#define X(id, name) STREAM_##id,
enum stream_framing { STREAM_FRAMINGS(X) STREAM_FRAMING_COUNT };
#undef X
extern const char *const stream_framing_names[]; /* by enum stream_framing, NULL-terminated */

/* `error_body`: how a failed call is shown to an HTTP client. */
#define ERROR_FORMS(X)                                                                                                 \
    X(STATUS, "status")                                                                                                \
    X(STATUS_HTTP_CODE, "status-http-code")                                                                            \
    X(AIP193, "aip193")                                                                                                \
    X(HEADERS, "headers")                                                                                              \
    X(TEXT, "text")                                                                                                    \
    X(EMPTY, "empty")

#define X(id, name) ERROR_FORM_##id,
enum error_form { ERROR_FORMS(X) ERROR_FORM_COUNT };
#undef X
extern const char *const error_form_names[]; /* by enum error_form, NULL-terminated */

#endif
