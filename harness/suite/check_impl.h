/* Private to suite/: the parts of the judge. check.c holds the core; check_request.c, check_response.c, check_stream.c,
 * check_error.c and check_ending.c what is expected, a function and a row each; check_table.c collects the rows. */
#ifndef TRANSCHECK_SUITE_CHECK_IMPL_H
#define TRANSCHECK_SUITE_CHECK_IMPL_H

#include "harness/keys/keys.h"
#include "harness/suite/check.h"

#define CHECK_MAX_TEXT    2048         /* of an expected or observed text */
#define CHECK_MAX_FIELD   64           /* of a field's name, from the wire, in a path */
#define CHECK_MAX_SCRATCH (256u << 20) /* of one judgement */
#define CHECK_MAX_MESSAGE (64u << 20)  /* of one message in canonical JSON */

/* What a JSON text is read as: a whole message, or one field of it (response_body). */
struct message_type {
    const struct schema_message *message;
    const struct schema_field *field; /* NULL: the whole message */
};

/* A response body taken apart as a stream. */
struct stream_view {
    const char *wrong; /* why it is in none of the profile's framings; NULL: it is in `framing` */
    enum stream_framing framing;
    const char *form;      /* its name, or that of the protocol at the front */
    struct span *elements; /* messages, an error element not among them; the wrapping of ndjson-result taken off. Of a
                              stream that is wrong, those that can be told all the same */
    size_t count;
    bool has_error;
    struct span error; /* the error element, whole */
};

/* What a client of a protocol with a status of its own makes of a response: answer.h. */
struct answer {
    const char *wrong; /* why a client takes it for a failure whatever its status says: another content type, a message
                          cut short, no status ...; NULL: nothing is */
    bool has_code;
    uint32_t code;
    struct span message; /* of the status, decoded */
    struct span details; /* grpc-status-details-bin as it stands there */
    const json_t *error; /* of Connect and Twirp: the error's object, or NULL */
    struct fields trailers;
    struct span *elements; /* the messages as JSON, in order: those that can be read */
    size_t count;
    size_t cap;
    json_t *loaded; /* what `error` is a part of */
};

/* What became of the content codings of the response's body (decoded.h). */
enum body_coding {
    BODY_PLAIN,     /* it has none, or is not all there */
    BODY_DECODED,   /* as it was before they were applied; of a response that was cut, as far as it came */
    BODY_UNKNOWN,   /* one of them is not known: the codings above it are taken off */
    BODY_NOT_CODED, /* it is not what they say; where something could be decoded, that */
    BODY_CUT,       /* complete, and the coding has not come to its end */
    BODY_TOO_LARGE  /* more than the harness decodes: the part that it does */
};

struct reasons {
    struct reason items[CHECK_MAX_REASONS];
    size_t count;
    size_t omitted;
};

struct check {
    const struct check_input *in;
    const struct testcase *testcase;
    const struct response_seen *response; /* as a client reads it: without content codings. As it came: in->response */
    struct response_seen decoded;         /* that, where there were any */
    struct buf decoded_body;
    enum body_coding coding;
    size_t decoded_messages; /* bytes of messages decoded so far */
    struct arena *arena;     /* of the texts */
    struct arena kept;       /* until the judgement ends */
    struct arena scratch;    /* of one comparison of messages */
    bool complete;           /* the response ended as its framing promised */
    bool asks_failure;       /* the expectation asks for a failure somewhere */
    bool may_succeed;        /* inside an any_of that takes a success, too: no failure is hidden there */
    const char *unjudgeable; /* why the harness cannot judge; NULL */
    bool malformed_known;
    struct reasons malformed; /* INV-5 */
    bool stream_known;
    struct stream_view stream;
    bool answer_known;
    struct answer answer;
};

/* ---- check.c: reasons and texts */
void reason_add(struct check *check, struct reasons *to, enum reason_axis axis, enum reason_kind kind, const char *path,
                const char *expected, const char *observed);
/* Whether there is room for one more of the kind; else it is counted as omitted, and its texts need not be made. */
bool reason_fits(struct reasons *to, enum reason_kind kind);
/* All of them, as reason_add. */
void reasons_add_all(struct check *check, struct reasons *to, const struct reasons *found);
/* In the arena, cut at CHECK_MAX_TEXT; never NULL. */
const char *check_text(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as text: NUL becomes \x00. */
const char *check_quote(struct check *check, struct span bytes);
/* Compact JSON. */
const char *check_dump(struct check *check, const json_t *value);
/* The response in one line. */
const char *check_summary(struct check *check);
void check_give_up(struct check *check, const char *why);
/* The value itself, or what the profile says for {"profile": key}; NULL (and given up) when it says nothing. */
const json_t *check_resolve(struct check *check, const json_t *value);
/* A clean, complete success: status below 400, well-formed, no sign of a failure. */
bool check_success(struct check *check);
/* KIND_FAILURE_HIDDEN when the backend was called and the response is such a success, else `otherwise`. */
enum reason_kind check_hidden_or(struct check *check, enum reason_kind otherwise);
/* Makes ready to judge, and ends it. */
void check_begin(struct check *check, const struct check_input *input, struct arena *arena);
void check_end(struct check *check);
/* Judges one object of expectations; *acceptable as its "any_of" decided. */
void check_object(struct check *check, const json_t *object, struct reasons *to, bool *acceptable);

/* ---- check_table.c */
typedef void expectation_fn(struct check *check, const json_t *value, const json_t *object, struct reasons *to);
/* A key of `expect`: one row, beside the function that judges it. */
struct expectation {
    struct key_rule rule;
    enum reason_axis axis;
    enum reason_kind kind; /* of a "not" that begins with this key */
    expectation_fn *check; /* NULL: said by another key's row */
    bool needs_complete;   /* the key speaks of a whole response */
    bool is_answer;        /* the key tells what the body holds: a case of a success needs one (successes.h) */
};
/* The tables, one a file, each ended by a row without a name. */
extern const struct expectation request_expectations[];
extern const struct expectation response_expectations[];
extern const struct expectation json_expectations[];
extern const struct expectation stream_expectations[];
extern const struct expectation error_expectations[];
extern const struct expectation ending_expectations[];
extern const struct expectation relation_expectations[];
const struct expectation *expectation_find(const char *name);
/* In the order of documentation; NULL beyond the last. */
const struct expectation *expectation_at(size_t index);
/* The rules of an expectation, or of an alternative of "any_of", ended as a table is. */
void expectation_rules(struct key_rule rules[KEYS_MAX_RULES], bool alternative);
/* {"profile": key}: a value that the profile in use gives. For the schema; the check is expectation_from_profile. */
extern const struct key_type expectation_by_profile;
extern const struct key_type expectation_message; /* of a method that does not stream */
/* Whether `value` is such an object, and the key's values in profiles are of `type`, in words `what`. */
enum err_code expectation_from_profile(const struct place *at, const json_t *value, const struct key_type *type,
                                       const char *what, struct err *err);
/* What the checks of an expectation's values get as `user`. */
struct reader {
    const struct schema_method *rpc;      /* or NULL */
    const struct router_binding *binding; /* or NULL */
    const struct schema *schema;
    struct arena *arena;
};
/* Verifies an "expect" object without observations (used when cases are loaded): unknown keys, wrong types, messages
 * that do not fit the types of `rpc`. The error begins with the place. */
enum err_code check_expectation(const struct place *at, const json_t *expect, const struct schema_method *rpc,
                                const struct router_binding *binding, const struct schema *schema, struct arena *arena,
                                struct err *err);
/* Whether `key` stands in the object or in any object of its any_of or not; with a text, whether it has that value (or
 * holds it in a list). */
bool check_mentions(const json_t *object, const char *key, const char *text);
/* The largest backend_saw.calls written anywhere, at least 1. */
unsigned check_calls_allowed(const json_t *object);
/* How many exchanges there must be before one of which this is expected. */
size_t check_earlier_asked(const json_t *object);
/* Whether the object cannot hold without a sign of failure. `check` may be NULL: profile values then count as no sign.
 */
bool check_asks_failure(struct check *check, const json_t *object);
/* Whether a status value (no profile reference) takes only 400 and above. */
bool check_status_asks_failure(const json_t *value);
bool check_asks_failure_anywhere(const json_t *object);

/* ---- check_message.c */
/* Canonical JSON of JSON text, or of wire bytes. ERR_SYNTAX, ERR_RANGE: it is no such message; ERR_LIMIT,
 * ERR_NO_MEMORY, ERR_UNSUPPORTED: cannot be told. */
enum err_code message_canonical(struct buf *out, const struct message_type *type, struct span json, struct arena *arena,
                                struct err *err);
/* Compares `observed` (JSON text) with `expected` as messages: adds a reason for each field that differs. `at` is the
 * JSON pointer of the message in the expected value: "" or "/1". */
void message_compare(struct check *check, const struct message_type *type, const json_t *expected, struct span observed,
                     const char *at, struct reasons *to);
/* The same with JSON text for what is expected: a message that is too long to be written out. */
void message_compare_text(struct check *check, const struct message_type *type, struct span expected,
                          struct span observed, const char *at, struct reasons *to);
/* Both for wire bytes that the backend received. */
void message_compare_wire_text(struct check *check, const struct schema_message *type, struct span expected,
                               struct span observed, const char *at, struct reasons *to);
void message_compare_wire(struct check *check, const struct schema_message *type, const json_t *expected,
                          struct span observed, const char *at, struct reasons *to);
/* What a response of this case holds. message NULL: unknown. */
struct message_type message_type_of(const struct schema_method *rpc, const struct router_binding *binding);
const struct schema_field *message_type_field(const struct message_type *type, const char *name);

/* Whether a JSON value of the case is such a message, or a list of them. */
enum err_code message_valid(const struct place *at, const json_t *value, const struct message_type *type,
                            struct arena *arena, struct err *err);
/* Whether a value of "message_text", which is a key_body value, is the text of one (keys_body has the text). */
enum err_code message_text_valid(const struct place *at, const json_t *value, const struct message_type *type,
                                 struct arena *arena, struct err *err);
enum err_code messages_valid(const struct place *at, const json_t *list, const struct message_type *type,
                             struct arena *arena, struct err *err);

/* ---- check_request.c */
/* Calls that count (not refused in a retriable way). */
size_t check_calls_counted(const struct check *check);
/* The calls in one line: method, content type, messages; "not called". */
const char *check_calls_text(struct check *check);
/* false when the backend's limit cut the call's body (then given up): what is left of it shows nothing. */
bool check_call_whole(struct check *check, const struct call_seen *call);

/* ---- check_response.c */
/* A reason for each pattern that no field matches. `what` begins its path: "header". */
struct fields_asked {
    const struct fields *fields;
    const char *what;
    enum reason_axis axis;
    enum reason_kind kind;
};
void fields_compare(struct check *check, const struct fields_asked *asked, const json_t *patterns, struct reasons *to);
/* A reason for each pattern [name, value] of which there is a field whose lines, joined, are another value. */
void fields_check_joined(struct check *check, const struct fields_asked *asked, const json_t *patterns,
                         struct reasons *to);
/* The field's lines in order, joined with ", " as RFC 9110 section 5.3 joins them, in check->kept; data NULL: there is
 * none. */
struct span fields_joined(struct check *check, const struct fields *fields, struct span name);
/* INV-5: what is not well-formed; none: well-formed. */
const struct reasons *check_malformed(struct check *check);
/* The trailers, or the headers of a response without trailers. */
const struct fields *check_trailer_fields(struct check *check);
/* false when the body was cut by our limit (then given up). */
bool check_body_whole(struct check *check);
bool status_matches(const json_t *value, int status);
/* `content-type` without parameters, lower case, in the arena. */
struct span check_media_type(struct check *check);
bool media_type_is_json(struct span media_type);

/* ---- stream.c */
/* The response's body as a stream; taken apart once. */
const struct stream_view *check_stream(struct check *check);
/* An element as a value, which the caller owns; NULL: it is no JSON. */
json_t *stream_element_load(struct span json);
/* Whether a JSON value is an error and not a message of this type. */
bool stream_is_error(const struct message_type *type, struct span json);

/* ---- check_error.c */
/* A grpc-status other than 0 among the trailers; or among the headers of a response without trailers, where a client
 * sees it: with a status of 400 and above, or for a stream that has no body and is not labelled JSON. */
bool error_in_trailers(struct check *check);
/* Whether an error object's code is one of `codes` (a number or a list), as gRPC code or as its HTTP status. */
bool error_code_matches(const json_t *error, const json_t *codes);

/* ---- check_ending.c */
bool check_aborted(const struct check *check);
const char *check_ending_text(struct check *check);
/* What is checked of every case. */
void check_always(struct check *check, struct reasons *to);

#endif
