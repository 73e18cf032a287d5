/* The rules for requests at the backend: each is noticed in a case that is about something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/suite/request_rules.h"
#include "harness/suite/tests/observation.h"

#define MESSAGE "\0\0\0\0\3\n\0011"

/* One change of a request that is in order: `name` is taken out, or gets `value`; with `add` it comes to the others. */
struct change {
    const char *rule; /* the begin of its text; NULL: none is broken */
    const char *name;
    const char *value; /* NULL: taken out */
    bool add;
    const char *body; /* or NULL: a message */
    size_t len;
};

#define CHANGED(text, field, other)                                                                                    \
    {                                                                                                                  \
        .rule = (text), .name = (field), .value = (other)                                                              \
    }
#define ADDED(text, field, other)                                                                                      \
    {                                                                                                                  \
        .rule = (text), .name = (field), .value = (other), .add = true                                                 \
    }
#define BODY_WITH(text, field, other, bytes)                                                                           \
    {                                                                                                                  \
        .rule = (text), .name = (field), .value = (other), .add = (field) != NULL, .body = (bytes),                    \
        .len = sizeof(bytes) - 1                                                                                       \
    }
#define BODY(text, bytes) BODY_WITH(text, NULL, NULL, bytes)

static const struct change changes[] = {
    CHANGED(NULL, NULL, NULL),
    CHANGED("one :method", ":method", NULL),
    CHANGED("one :method", ":scheme", NULL),
    CHANGED("one :method", ":path", NULL),
    ADDED("one :method", ":path", "/a/B"),
    ADDED("one :method", ":authority", "localhost"),
    CHANGED(NULL, ":authority", NULL),
    ADDED("no pseudo-header field", ":status", "200"),
    ADDED("no pseudo-header field", ":protocol", "x"),
    ADDED("pseudo-header fields before", ":authority", "localhost"),
    CHANGED(":method POST", ":method", "GET"),
    CHANGED(":method POST", ":method", "post"),
    CHANGED(":scheme", ":scheme", "grpc"),
    CHANGED(NULL, ":scheme", "https"),
    CHANGED(":path", ":path", "*"),
    CHANGED(":path", ":path", "/Method"),
    CHANGED(":path", ":path", "//Method"),
    CHANGED(":path", ":path", "/a.S/"),
    CHANGED(":path", ":path", "/a.S/M?x=1"),
    CHANGED(":path", ":path", "/a.S/M#x"),
    CHANGED(":path", ":path", "a.S/M"),
    CHANGED(":authority is", ":authority", ""),
    CHANGED(":authority is", ":authority", "me@localhost"),
    CHANGED(":authority is", ":authority", "localhost/x"),
    CHANGED(NULL, ":authority", "[::1]:80"),
    ADDED("a host field", "host", "elsewhere"),
    ADDED(NULL, "host", "LOCALHOST"),
    ADDED("names in lower case", "X-Upper", "1"),
    ADDED("names in lower case", "x blank", "1"),
    ADDED("names in lower case", "x", " 1"),
    ADDED("names in lower case", "x", "1\r\ny: 2"),
    ADDED(NULL, "x", ""),
    ADDED("no field of the connection", "connection", "close"),
    ADDED("no field of the connection", "keep-alive", "5"),
    ADDED("no field of the connection", "proxy-connection", "close"),
    ADDED("no field of the connection", "transfer-encoding", "chunked"),
    ADDED("no field of the connection", "upgrade", "h2c"),
    ADDED("each field of one value once", "content-type", "application/grpc"),
    ADDED("each field of one value once", "te", "trailers"),
    ADDED("each field of one value once", "content-length", "8"),
    ADDED(NULL, "x", "2"),
    CHANGED("te: trailers", "te", NULL),
    CHANGED("te: trailers", "te", "gzip"),
    CHANGED("te: trailers", "te", "trailers, deflate"),
    CHANGED("content-type", "content-type", NULL),
    CHANGED("content-type", "content-type", "application/json"),
    CHANGED("content-type", "content-type", "application/grpc-web"),
    CHANGED("content-type", "content-type", "application/grpc+json"),
    CHANGED("content-type", "content-type", "application/grpcx"),
    CHANGED(NULL, "content-type", "application/grpc+proto"),
    CHANGED(NULL, "content-type", "application/grpc; charset=utf-8"),
    ADDED(NULL, "grpc-timeout", "99999999n"),
    ADDED("grpc-timeout", "grpc-timeout", "100000000n"),
    ADDED("grpc-timeout", "grpc-timeout", "1.5S"),
    ADDED("grpc-timeout", "grpc-timeout", "5"),
    ADDED("grpc-timeout", "grpc-timeout", "0S"),
    ADDED("no field of a response", "grpc-status", "0"),
    ADDED("no field of a response", "grpc-message", "x"),
    ADDED("no field of a response", "grpc-status-details-bin", ""),
    ADDED("the value of a name", "x-bin", "AAAAA"),
    ADDED("the value of a name", "x-bin", "\xff"),
    ADDED(NULL, "x-bin", "AAA="),
    ADDED(NULL, "x-bin", "AAA"),
    ADDED(NULL, "content-length", "8"),
    ADDED("content-length", "content-length", "7"),
    ADDED("content-length", "content-length", "9"),
    ADDED("content-length", "content-length", "8x"),
    ADDED("content-length", "content-length", ""),
    BODY("the body is length-prefixed", "{\"id\":\"1\"}"),
    BODY("the body is length-prefixed", "\2\0\0\0\3\n\0011"),
    BODY("the body is length-prefixed", "\0\0\0\0\3\n\1"),
    BODY("a message has the Compressed-Flag", "\1\0\0\0\3\n\0011"),
    BODY_WITH("a message has the Compressed-Flag", "grpc-encoding", "identity", "\1\0\0\0\3\n\0011"),
    BODY_WITH(NULL, "grpc-encoding", "gzip", "\1\0\0\0\3\n\0011"),
    BODY("one message", ""),
    BODY("one message", MESSAGE MESSAGE),
};

static void apply(struct observation *o, struct call_seen *call, const struct change *change)
{
    struct fields kept = {0};
    buf_reset(&call->body);
    assert_true(change->body ? buf_append(&call->body, change->body, change->len)
                             : buf_append(&call->body, MESSAGE, sizeof MESSAGE - 1));
    call->body_len = call->body.len;
    for (size_t i = 0; i < call->headers.count; i++) {
        struct field field = call->headers.items[i];
        bool meant = change->name && !change->add && span_is(field.name, change->name);
        if (!meant || change->value)
            fields_add(&kept, &o->arena, field.name, meant ? span_cstr(change->value) : field.value);
    }
    if (change->add)
        fields_add(&kept, &o->arena, span_cstr(change->name), span_cstr(change->value));
    /* content-length is added twice where it is about that */
    if (change->rule && strncmp(change->rule, "each field", 10) == 0 &&
        span_is(span_cstr(change->name), "content-length"))
        fields_add(&kept, &o->arena, span_cstr(change->name), span_cstr(change->value));
    call->headers = kept;
}

static bool has_reason(const struct check_result *result, const char *rule)
{
    for (size_t i = 0; i < result->reason_count; i++) {
        if (result->reasons[i].kind == KIND_WRONG_REQUEST && result->reasons[i].axis == AXIS_REQUEST &&
            strncmp(result->reasons[i].expected, rule, strlen(rule)) == 0)
            return true;
    }
    return false;
}

static void start(struct observation *o, const char *expect)
{
    observation_init(o, "GET /v1/reservations/1", "[]", expect, NULL);
    observation_call(o, NULL, "{\"id\":\"1\"}");
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct observation o;
        start(&o, "{\"status\":200}");
        apply(&o, &o.calls[0], &changes[i]);
        const char *got = observation_judge(&o);
        if (changes[i].rule ? !has_reason(&o.result, changes[i].rule) : strcmp(got, "pass") != 0)
            fail_msg("row %zu (%s): %s", i, changes[i].rule ? changes[i].rule : "in order", got);
        observation_fini(&o);
    }
}

/* What came by HTTP/1.1 is no gRPC request, and is told so once; where the script speaks HTTP/1.1 it must have. */
static void test_http1(void **state)
{
    static const struct {
        const char *script;
        const char *protocol;
        const char *malformed;
        const char *reason; /* the begin of its text; NULL: none */
    } rows[] = {
        {"[]", "HTTP/2", NULL, NULL},
        {"[]", "HTTP/1.1", NULL, "HTTP/2, or what the script begins with"},
        {"[{\"protocol\":\"http/1.1\"}]", "HTTP/1.1", NULL, NULL},
        {"[{\"protocol\":\"http/1.1\"}]", "HTTP/1.0", NULL, NULL},
        {"[{\"protocol\":\"http/1.1\"}]", "HTTP/2", NULL, "HTTP/2, or what the script begins with"},
        {"[{\"protocol\":\"http/1.1\"}]", "HTTP/1.1", "no Host", "a well-formed HTTP/1.1 request"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, "GET /v1/reservations/1", rows[i].script, "{\"backend_saw\":{},\"status\":200}", NULL);
        observation_call(&o, NULL, "{\"id\":\"1\"}");
        o.calls[0].protocol = rows[i].protocol;
        o.calls[0].malformed = rows[i].malformed;
        const char *got = observation_judge(&o);
        if (rows[i].reason ? o.result.reason_count != 1 || !has_reason(&o.result, rows[i].reason)
                           : strcmp(got, "pass") != 0)
            fail_msg("row %zu: %s", i, got);
        observation_fini(&o);
    }
}

static void test_every_rule_has_a_change(void **state)
{
    const struct request_rule *rule;
    (void)state;
    for (size_t i = 0; (rule = request_rule_at(i)); i++) {
        bool found = strncmp(rule->text, "nothing behind", 14) == 0 ||                 /* test_trailers */
                     strcmp(rule->name, "protocol") == 0 || rule->of == RULE_OF_HTTP1; /* test_http1 */
        for (size_t j = 0; j < sizeof changes / sizeof *changes; j++)
            found = found || (changes[j].rule && strncmp(rule->text, changes[j].rule, strlen(changes[j].rule)) == 0);
        if (!found)
            fail_msg("%s", rule->text);
    }
}

static void test_trailers(void **state)
{
    struct observation o;
    struct transcript_event event = {.from = TRANSCRIPT_PROXY, .kind = TRANSCRIPT_TRAILERS, .end_stream = true};
    (void)state;
    start(&o, "{\"status\":200}");
    transcript_add(&o.calls[0].transcript, &event);
    observation_judge(&o);
    assert_true(has_reason(&o.result, "nothing behind"));
    observation_fini(&o);
    start(&o, "{\"status\":200}");
    assert_true(fields_add(&o.calls[0].trailers, &o.arena, span_cstr("X"), span_cstr("1")));
    observation_judge(&o);
    assert_true(has_reason(&o.result, "names in lower case"));
    observation_fini(&o);
}

/* A request that was not finished is not measured, but it must not be too long already. */
static void test_unfinished(void **state)
{
    struct observation o;
    (void)state;
    start(&o, "{\"status\":200}");
    o.calls[0].half_closed = false;
    o.calls[0].body.len = o.calls[0].body_len = 7;
    assert_true(fields_add(&o.calls[0].headers, &o.arena, span_cstr("content-length"), span_cstr("8")));
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
    start(&o, "{\"status\":200}");
    o.calls[0].half_closed = false;
    assert_true(fields_add(&o.calls[0].headers, &o.arena, span_cstr("content-length"), span_cstr("7")));
    assert_string_equal(observation_judge(&o), "request wrong-request");
    observation_fini(&o);
}

/* Every call is looked at; what should not have come at all is not. */
static void test_whose(void **state)
{
    struct observation o;
    const struct change change = CHANGED("te: trailers", "te", NULL);
    (void)state;
    start(&o, "{\"backend_saw\":{\"calls\":2}}");
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    apply(&o, &o.calls[1], &change);
    assert_string_equal(observation_judge(&o), "request wrong-request");
    observation_fini(&o);
    start(&o, "{\"unreached\":true}");
    apply(&o, &o.calls[0], &change);
    assert_string_equal(observation_judge(&o), "request reached");
    assert_int_equal(o.result.reason_count, 1);
    observation_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),    cmocka_unit_test(test_every_rule_has_a_change),
        cmocka_unit_test(test_http1),      cmocka_unit_test(test_trailers),
        cmocka_unit_test(test_unfinished), cmocka_unit_test(test_whose),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
