/* Case files: what they become, and that anything else is an error that says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/keys/keys.h"
#include "harness/base/tests/guard.h"
#include "harness/suite/tests/observation.h"

#define GOOD "harness/tests/expected/cases/good/every-key.json"

static struct suite *new_suite(void)
{
    struct suite *suite;
    struct err err;
    assert_int_equal(suite_new(&suite, observation_schema(), observation_router(), &err), ERR_OK);
    return suite;
}

/* Reads one file of this text into a suite of its own; the error's text, or "" (in static storage). */
static const char *read_text(const char *name, struct span text)
{
    static struct err err;
    struct suite *suite = new_suite();
    err.text[0] = '\0';
    enum err_code code = suite_add_file(suite, name, text, &err);
    if (code == ERR_OK)
        code = suite_finish(suite, &err);
    suite_free(suite);
    assert_true((code == ERR_OK) == (err.text[0] == '\0'));
    return err.text;
}

static void good_file(struct buf *out)
{
    struct err err;
    buf_init(out, 1u << 20);
    if (keys_read_file(out, GOOD, 1u << 20, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

static bool list_is(const char *const *list, const char *joined)
{
    char text[256] = "";
    for (size_t i = 0; list[i]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", list[i]);
    return strcmp(text, joined) == 0;
}

static void check_first(const struct testcase *c)
{
    assert_string_equal(c->id, "every-key/unary");
    assert_string_equal(c->topic, "every-key");
    assert_string_equal(c->pointer, GOOD "#/cases/0");
    assert_int_equal(c->version, 2);
    assert_int_equal(c->level, LEVEL_MUST);
    assert_true(list_is(c->cites, "INV-1 http.proto"));
    assert_true(list_is(c->behaviours, "S-06 SEC-01"));
    assert_true(list_is(c->needs, "server-streaming"));
    assert_true(list_is(c->defects, "query-ignored body-ignored"));
    assert_string_equal(c->twin, "every-key/stream");
    assert_int_equal(c->clients, CLIENT_H2);
    assert_true(c->disturbs);
    assert_true(span_is(c->rpc->name, "CreateReservation"));
    assert_non_null(c->binding);
    assert_int_equal(c->calls_allowed, 2);
    assert_true(c->checks_health);
    assert_false(c->expects_unreached);
    assert_true(c->script.count > json_array_size(c->backend)); /* a step may be several */
}

static void check_first_request(const struct testcase_request *r)
{
    assert_true(span_is(r->method, "POST"));
    assert_true(span_is(r->path, "/v1/reservations?a=%20"));
    assert_true(r->has_body && span_is(r->body, "{\"id\":\"1\"}"));
    assert_int_equal(r->headers.count, 3);
    assert_true(span_is(r->headers.items[0].name, "x-a") && span_is(r->headers.items[0].value, "1"));
    assert_true(span_is(r->headers.items[1].value, "\xe2\x82\xac"));
    assert_true(span_is(fields_value(&r->headers, "content-type"), "application/json"));
    assert_true(r->chunked);
    assert_int_equal(r->split_len, 3);
    assert_int_equal(r->action_count, 3);
    assert_int_equal(r->actions[0].kind, ACTION_CANCEL_AFTER_MS);
    assert_int_equal(r->actions[0].value, 10);
    assert_int_equal(r->actions[1].kind, ACTION_STOP_READING_MS);
    assert_int_equal(r->actions[2].kind, ACTION_ABORT_BODY_AFTER);
}

static bool room_is(const struct testcase *c, const char *room)
{
    const json_t *saw = json_object_get(json_object_get(c->expect, "backend_saw"), "message");
    return span_is(keys_span(json_object_get(saw, "room")), room);
}

/* Two of the case, one of the first object of `others`, two of its second. */
static void check_together(const struct testcase *c)
{
    const struct testcase *each = c->exchanges;
    assert_int_equal(c->exchange_count, 5);
    assert_true(c->one_connection && each[3].one_connection);
    assert_true(c->checks_health); /* one of them asks */
    assert_true(span_is(each[0].request.path, "/v1/reservations?room=1"));
    assert_true(span_is(each[1].request.path, "/v1/reservations?room=2"));
    assert_true(span_is(fields_value(&each[1].request.headers, "x-number"), "2"));
    assert_true(room_is(&each[0], "1") && room_is(&each[1], "2"));
    assert_true(span_is(each[2].request.body, "{\"id\":\"3\",\"title\":\"33\"}"));
    assert_true(span_is(each[2].rpc->name, "CreateReservation"));
    assert_null(each[2].backend);
    assert_true(span_is(each[3].rpc->name, "GetReservation"));
    assert_true(span_is(each[4].request.path, "/v1/reservations/5"));
    assert_true(span_is(fields_value(&each[4].script.steps[1].fields, "grpc-status"), "5"));
    assert_string_equal(each[4].id, c->id);
}

/* That of the case, two of the first object of `then`, one of its second. */
static void check_then(const struct testcase *c, const struct testcase *whatever)
{
    const struct testcase *each = c->exchanges;
    assert_int_equal(c->exchange_count, 4);
    assert_true(c->in_turn && each[3].in_turn && !c->one_connection);
    assert_true(c->checks_health);
    assert_true(span_is(each[0].request.path, "/v1/reservations/1"));
    assert_true(span_is(each[2].request.path, "/v1/reservations/3"));
    assert_false(each[0].unjudged);
    assert_true(whatever->exchanges[0].unjudged && !whatever->exchanges[1].unjudged);
    assert_int_equal(whatever->exchanges[1].calls_allowed, 1);
}

static void test_every_key(void **state)
{
    struct buf text;
    struct err err;
    struct suite *suite = new_suite();
    (void)state;
    good_file(&text);
    if (suite_add_file(suite, GOOD, buf_span(&text), &err) != ERR_OK || suite_finish(suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_true(suite_count(suite) >= 3);
    check_first(suite_at(suite, 0));
    check_first_request(&suite_at(suite, 0)->request);
    const struct testcase *stream = suite_find(suite, "every-key/stream");
    assert_ptr_equal(stream, suite_at(suite, 1));
    assert_int_equal(stream->clients, CLIENT_H1 | CLIENT_H2);
    assert_false(stream->request.has_body);
    assert_int_equal(stream->calls_allowed, 1);
    assert_true(list_is(stream->needs, ""));
    assert_null(stream->twin);
    const struct testcase *unreached = suite_at(suite, 2);
    assert_true(unreached->expects_unreached);
    assert_int_equal(unreached->calls_allowed, 0);
    assert_null(unreached->rpc);
    assert_null(unreached->binding);
    assert_null(unreached->backend);
    assert_true(span_starts_with(unreached->request.body, "\x28\xb5\x2f\xfd")); /* zstd */
    assert_int_equal(unreached->request.headers.count, 1);
    check_together(suite_find(suite, "every-key/together"));
    check_then(suite_find(suite, "every-key/then"), suite_find(suite, "every-key/then-whatever"));
    assert_int_equal(stream->exchange_count, 0);
    assert_int_equal(suite_topic_count(suite), 1);
    assert_string_equal(suite_topic_at(suite, 0)->title, "Every key of a case once");
    assert_null(suite_find(suite, "every-key/none"));
    suite_free(suite);
    buf_fini(&text);
}

/* Exchanges are copies, each with its number: what they come to is bounded, not only the file. */
static void test_exchanges_are_bounded(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4u << 20);
    buf_append_cstr(
        &text,
        "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/a\",\"version\":1,\"level\":\"must\","
        "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-6\"],\"defects\":[\"query-ignored\"],\"together\":"
        "{\"count\":32,\"connections\":\"each\"},\"request\":{\"method\":\"POST\",\"path\":\"/v1/names\","
        "\"json\":[0");
    for (size_t i = 0; i < 40000; i++)
        buf_append_cstr(&text, ",1");
    buf_append_cstr(&text, "]},\"expect\":{\"status\":400}}]}");
    assert_non_null(strstr(read_text("t.json", buf_span(&text)), "too much"));
    buf_fini(&text);
}

/* Cut at every byte: an error each time, and no byte read beyond the end. */
static void test_cut(void **state)
{
    struct buf text;
    struct guard guard;
    (void)state;
    good_file(&text);
    guard_init(&guard, text.len);
    size_t end = text.len;
    while (text.data[end - 1] == '\n')
        end--;
    for (size_t cut = 0; cut < end; cut++) {
        const char *said = read_text(GOOD, guard_place(&guard, span_of(text.data, cut)));
        if (said[0] == '\0')
            fail_msg("cut at %zu is taken", cut);
    }
    assert_string_equal(read_text(GOOD, guard_place(&guard, span_of(text.data, end))), "");
    guard_fini(&guard);
    buf_fini(&text);
}

/* Every byte replaced by each of a few others: a verdict each time. */
static void test_flipped(void **state)
{
    static const uint8_t bytes[] = {0, '"', '{', ']', 0xff};
    struct buf text;
    size_t refused = 0;
    (void)state;
    good_file(&text);
    for (size_t i = 0; i < text.len; i += 3) {
        uint8_t old = text.data[i];
        text.data[i] = bytes[i / 3 % sizeof bytes];
        refused += read_text(GOOD, buf_span(&text))[0] != '\0';
        text.data[i] = old;
    }
    assert_true(refused > text.len / 10);
    buf_fini(&text);
}

static const char *said_of(json_t *file)
{
    char *text = json_dumps(file, 0);
    assert_non_null(text);
    const char *said = read_text(GOOD, span_cstr(text));
    free(text);
    return said;
}

struct spoiled {
    size_t tried;
    size_t refused;
};

/* Gives each element and each member a value that hardly any place takes (inside of messages some do). */
static void spoil(json_t *file, json_t *value, struct spoiled *count)
{
    size_t index;
    json_t *item;
    if (json_is_array(value)) {
        json_array_foreach(value, index, item)
        {
            json_t *kept = json_incref(item);
            spoil(file, item, count);
            json_array_set_new(value, index, json_real(0.5));
            count->tried++;
            count->refused += strstr(said_of(file), GOOD "#/") != NULL;
            json_array_set(value, index, kept);
            json_decref(kept);
        }
        return;
    }
    for (void *iter = json_object_iter(value); iter; iter = json_object_iter_next(value, iter)) {
        json_t *kept = json_incref(json_object_iter_value(iter));
        spoil(file, kept, count);
        json_object_iter_set_new(value, iter, json_real(0.5));
        count->tried++;
        count->refused += strstr(said_of(file), GOOD "#/") != NULL;
        json_object_iter_set(value, iter, kept);
        json_decref(kept);
    }
}

static void test_spoiled(void **state)
{
    struct buf text;
    struct err err;
    json_t *file;
    struct spoiled count = {0};
    (void)state;
    good_file(&text);
    assert_int_equal(keys_load(&file, GOOD, buf_span(&text), 1u << 20, &err), ERR_OK);
    spoil(file, file, &count);
    assert_true(count.tried > 200);
    assert_true(count.tried - count.refused < 24); /* "json", what a "message", a "function" and an event hold */
    assert_string_equal(said_of(file), "");
    json_decref(file);
    buf_fini(&text);
}

#define FILE_OF(inside)                                                                                                \
    "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/a\",\"version\":1,\"level\":\"must\","    \
    "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"]," inside "}]}"
#define CASE(inside)  FILE_OF("\"defects\":[\"body-ignored\"]," inside)
#define REQUEST(path) "\"request\":{\"method\":\"GET\",\"path\":\"" path "\"}"

/* What needs the descriptors, or more than one place, is said with its place. */
static void test_messages(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"", "t.json: empty"},
        {"[]", "t.json: expected an object"},
        {"{\"topic\":\"t\",\"topic\":\"t\"}", "t.json:1:20: duplicate object key"},
        {"{\"topic\":", "t.json:1:9: "},
        {"{\"topic\":\"u\",\"title\":\"T\",\"about\":\"A\",\"cases\":[1]}",
         "t.json#/topic: the topic \"u\" does not match"},
        {"{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":{}}", "t.json#/cases: expected a list of cases"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"message\":{\"idd\":\"1\"}}"),
         "t.json#/cases/0/expect/message: does not fit reservations.v1.Reservation: at $"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"backend_saw\":{\"message\":{\"id\":[]}}}"),
         "t.json#/cases/0/expect/backend_saw/message: does not fit reservations.v1.GetReservationRequest"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"any_of\":[{\"status\":400,\"profile_has\":["
                                            "\"error_body\",\"text\"]}]}"),
         "t.json#/cases/0/expect/any_of: expected an alternative without"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"any_of\":[{\"status\":400},{\"status\":401,"
                                            "\"profile_has\":[\"error_body\",\"x\"]}]}"),
         "t.json#/cases/0/expect/any_of/1/profile_has/1: the key \"error_body\" of profiles holds no"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"any_of\":[{\"status\":1}]}"),
         "t.json#/cases/0/expect/any_of/0/status: expected a number"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"messages\":[]}"),
         "t.json#/cases/0/expect/messages: the method does not stream"},
        {CASE(REQUEST("/v1/reservations") ",\"expect\":{\"message\":{}}"),
         "t.json#/cases/0/expect/message: the method streams"},
        {CASE(REQUEST("/v1/reservations") ",\"expect\":{\"message_count\":1,\"numbered\":\"no\"}"),
         "t.json#/cases/0/expect/numbered: no field \"no\""},
        {CASE(REQUEST("/nowhere") ",\"expect\":{\"backend_saw\":{}}"),
         "t.json#/cases/0/expect/backend_saw: no method is bound"},
        {CASE(REQUEST("/nowhere") ",\"rpc\":\"a.B/C\",\"expect\":{\"status\":200}"),
         "t.json#/cases/0/rpc: no method \"a.B/C\""},
        {CASE(REQUEST("/nowhere") ",\"twin\":\"t/b\",\"expect\":{\"status\":200}"),
         "t.json#/cases/0/twin: there is no case \"t/b\""},
        {CASE(REQUEST("/nowhere") ",\"twin\":\"t/a\",\"expect\":{\"status\":200}"),
         "t.json#/cases/0: the twin is the case"},
        {CASE(REQUEST("/nowhere") ",\"expect\":{\"status\":200},\"\\u001b[31m/~\":1"),
         "t.json#/cases/0: unknown key \"\\x1b[31m/~\""},
        {CASE(REQUEST("/v1/reservations/1") ",\"backend\":[{\"message\":{\"idd\":1}}],\"expect\":{\"status\":200}"),
         "t.json#/cases/0/backend/0/message: does not fit reservations.v1.Reservation: at $"},
        {CASE(REQUEST("/nowhere") ",\"backend\":[{\"message\":{}}],\"expect\":{\"status\":200}"),
         "t.json#/cases/0/backend/0/message: the case names no gRPC method"},
        {CASE(REQUEST("/nowhere") ",\"backend\":[{\"trailers\":[]},{\"text\":\"a\"}],\"expect\":{\"status\":200}"),
         "t.json#/cases/0/backend/1: comes after the end of the stream"},
        {CASE(REQUEST("/nowhere") ",\"backend\":[{\"trailer\":[]}],\"expect\":{\"status\":200}"),
         "t.json#/cases/0/backend/0: no step: expected one of headers, trailers, "},
        {CASE(REQUEST("/nowhere") ",\"needs\":[\"http-bodies\"],\"expect\":{\"status\":200}"),
         "t.json#/cases/0/needs/0: expected one of \"server-streaming\", "},
        {FILE_OF("\"defects\":[\"body-ignored\",\"body-ignore\"]," REQUEST("/nowhere") ",\"expect\":{\"status\":200}"),
         "t.json#/cases/0/defects/1: \"body-ignore\" is not known; did you mean 'body-ignored'?"},
        {CASE(REQUEST("/nowhere") ",\"expect\":{\"status\":{\"profile\":\"unknown_paths_status\"}}"),
         "t.json#/cases/0/expect/status/profile: expected one of \"stream_framing\", "},
        {CASE(REQUEST("/nowhere") ",\"expect\":{\"content_type\":{\"profile\":\"parallel\"}}"),
         "t.json#/cases/0/expect/content_type/profile: the key \"parallel\" of profiles holds no media types"},
        {CASE(REQUEST("/nowhere") ",\"expect\":{}"), "t.json#/cases/0/expect: expects nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said = read_text("t.json", span_cstr(rows[i].text));
        if (strncmp(said, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, said, rows[i].want);
    }
}

#define FILLED(fill, count)                                                                                            \
    CASE("\"request\":{\"method\":\"GET\",\"path\":{\"fill\":\"" fill "\",\"count\":" count                            \
         "}},\"expect\":{\"status\":404}")

static void test_filled_paths(void **state)
{
    static const char *const rows[][2] = {
        {FILLED("/", "131072"), ""},
        {FILLED("/", "131073"), "t.json#/cases/0/request/path: a path of more than 131072 bytes"},
        {FILLED("a", "2"), "t.json#/cases/0/request/path: expected a path from its leading slash"},
        {FILLED("/#", "2"), "t.json#/cases/0/request/path: a path holds visible ASCII without '#'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said = read_text("t.json", span_cstr(rows[i][0]));
        if (strncmp(said, rows[i][1], strlen(rows[i][1])) != 0 || !*said != !*rows[i][1])
            fail_msg("row %zu: \"%s\", not \"%s\"", i, said, rows[i][1]);
    }
}

#define THEN(first, more)                                                                                              \
    CASE(REQUEST("/v1/reservations/1") ",\"expect\":" first ",\"then\":[{" REQUEST("/v1/reservations/2") "," more "}"  \
                                                                                                         "]")
#define OF_200 "{\"status\":200}"

/* What exchanges in turn may ask of one another. */
static void test_then(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {THEN("{\"same_connection\":true}", "\"expect\":" OF_200),
         "t.json#/cases/0/expect: there is no exchange 1 before"},
        {THEN(OF_200, "\"expect\":{\"same_as\":2}"), "t.json#/cases/0/then/0/expect: there is no exchange 2 before"},
        {THEN(OF_200, "\"expect\":{\"any_of\":[{\"backend_saw\":{\"same_as\":2}},{\"status\":400}]}"),
         "t.json#/cases/0/then/0/expect: there is no exchange 2 before"},
        {THEN(OF_200, "\"expect\":{\"not\":{\"same_as\":2}}"),
         "t.json#/cases/0/then/0/expect: there is no exchange 2 before"},
        {THEN(OF_200, "\"expect\":{\"anything\":true}"), "t.json#/cases/0/then/0/expect: \"anything\" stands alone"},
        {THEN("{\"anything\":true,\"status\":200}", "\"expect\":" OF_200),
         "t.json#/cases/0/expect: \"anything\" stands alone"},
        {THEN("{\"not\":{\"anything\":true}}", "\"expect\":" OF_200),
         "t.json#/cases/0/expect: \"anything\" stands alone"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"same_as\":1}"),
         "t.json#/cases/0/expect: there is no exchange 1 before"},
        {CASE(REQUEST("/v1/reservations/1") ",\"expect\":{\"anything\":true}"),
         "t.json#/cases/0/expect: \"anything\" stands alone"},
        {THEN(OF_200, "\"backend\":[{\"await\":\"all_here\"},{\"end\":true}],\"expect\":" OF_200),
         "t.json#/cases/0/then/0: the script awaits others, and they come one after the other"},
        {THEN(OF_200, "\"count\":32,\"expect\":" OF_200), "t.json#/cases/0/then: expected 2 to 32 exchanges, not 33"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said = read_text("t.json", span_cstr(rows[i].text));
        if (strncmp(said, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, said, rows[i].want);
    }
}

/* What a step `listener` asks of its case. */
static void test_listener(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {CASE(REQUEST("/v1/reservations/1") ",\"backend\":[{\"listener\":\"open\"}],\"expect\":{\"ends\":\"timeout\"}"),
         "t.json#/cases/0: a \"listener\" is there for everybody: the case needs \"disturbs\""},
        {CASE(REQUEST("/v1/reservations/1") ",\"disturbs\":true,\"backend\":[{\"listener\":\"rst\"}],\"expect\":{"
                                            "\"fails_visibly\":true}"),
         "t.json#/cases/0/expect: no call can reach such a backend: expected \"unreached\""},
        {CASE(REQUEST("/v1/reservations/1") ",\"together\":{\"connections\":\"each\",\"others\":[{" REQUEST(
             "/v1/reservations/2") ",\"backend\":[{\"listener\":\"open\"}],\"expect\":{\"ends\":\"timeout\"}}]},"
                                   "\"expect\":{\"status\":500}"),
         "t.json#/cases/0/together/others/0: a \"listener\" is there for all exchanges"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_memory_equal(read_text("t.json", span_cstr(rows[i].text)), rows[i].want, strlen(rows[i].want));
}

#define MODE_OF(mode, inside)                                                                                          \
    "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"mode\":\"" mode                                                \
    "\",\"cases\":[{\"id\":\"t/a\",\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],"  \
    "\"defects\":[\"body-ignored\"],\"rpc\":\"transcheck.v1.DuplexService/Chat\"," inside "}]}"
#define FAILS   ",\"expect\":{\"fails_visibly\":true}"
#define IN_TURN "{\"messages\":[{},{}],\"turn_by_turn\":true}"
#define OTHERS(request)                                                                                                \
    "\"together\":{\"connections\":\"each\",\"others\":[{\"rpc\":\"transcheck.v1.DuplexService/"                       \
    "Chat\",\"request\":" request ",\"expect\":{\"fails_visibly\":true}}]},"

/* What a request needs of its clients, in each exchange by its own protocol. */
static void test_clients(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {MODE_OF("pass-through", "\"request\":" IN_TURN FAILS), ""},
        {MODE_OF("pass-through", "\"clients\":[\"h1\",\"h2\"],\"request\":{\"message\":{}}" FAILS),
         "t.json#/cases/0: gRPC needs HTTP/2"},
        {MODE_OF("grpc-web", "\"clients\":[\"h2\"],\"request\":" IN_TURN FAILS), ""},
        {MODE_OF("grpc-web", "\"request\":" IN_TURN FAILS), "t.json#/cases/0: \"turn_by_turn\" needs \"clients\""},
        {MODE_OF("grpc-web", "\"clients\":[\"h1\"],\"request\":" IN_TURN FAILS),
         "t.json#/cases/0: \"turn_by_turn\" needs \"clients\""},
        {MODE_OF("grpc-web", OTHERS(IN_TURN) "\"request\":{\"message\":{}}" FAILS),
         "t.json#/cases/0/together/others/0: \"turn_by_turn\" needs \"clients\""},
        {MODE_OF("grpc-web", OTHERS("{\"protocol\":\"grpc\",\"message\":{}}") "\"request\":{\"message\":{}}" FAILS),
         "t.json#/cases/0/together/others/0: gRPC needs HTTP/2"},
        {MODE_OF("grpc-web", "\"clients\":[\"h2\"]," OTHERS(
                                 "{\"protocol\":\"grpc\",\"message\":{}}") "\"request\":{\"message\":{}}" FAILS),
         ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said = read_text("t.json", span_cstr(rows[i].text));
        size_t len = rows[i].want[0] ? strlen(rows[i].want) : sizeof "";
        if (strncmp(said, rows[i].want, len) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, said, rows[i].want);
    }
}

/* The method: what the path is bound to, or what `rpc` names. */
static void test_rpc(void **state)
{
    static const struct {
        const char *text;
        const char *method;
        bool bound;
    } rows[] = {
        {CASE(REQUEST("/v1/reservations/1?id=2") ",\"expect\":{\"status\":200}"), "GetReservation", true},
        {CASE(REQUEST("/v1/reservations?room=1") ",\"expect\":{\"status\":200}"), "ListReservations", true},
        {CASE(REQUEST("/nowhere") ",\"rpc\":\"reservations.v1.ReservationService/ListReservations\","
                                  "\"expect\":{\"messages\":[]}"),
         "ListReservations", false},
        {CASE(REQUEST("/v1/reservations/1") ",\"rpc\":\"reservations.v1.ReservationService/ListReservations\","
                                            "\"expect\":{\"status\":200}"),
         "ListReservations", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        struct suite *suite = new_suite();
        if (suite_add_file(suite, "t.json", span_cstr(rows[i].text), &err) != ERR_OK)
            fail_msg("%s", err.text);
        assert_true(span_is(suite_at(suite, 0)->rpc->name, rows[i].method));
        assert_int_equal(suite_at(suite, 0)->binding != NULL, rows[i].bound);
        suite_free(suite);
    }
}

static void test_limits(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, TESTCASE_MAX_FILE_BYTES + 100);
    buf_append_cstr(&text, "{\"topic\":");
    for (int i = 0; i < KEYS_MAX_DEPTH; i++)
        buf_append_cstr(&text, "[");
    for (int i = 0; i < KEYS_MAX_DEPTH; i++)
        buf_append_cstr(&text, "]");
    buf_append_cstr(&text, "}");
    assert_string_equal(read_text("t.json", buf_span(&text)), "t.json: nested more than 64 deep");
    buf_reset(&text);
    for (int i = 0; i < 100000; i++)
        buf_append_cstr(&text, "[");
    assert_string_not_equal(read_text("t.json", buf_span(&text)), "");
    buf_reset(&text);
    memset(buf_reserve(&text, TESTCASE_MAX_FILE_BYTES + 1), ' ', TESTCASE_MAX_FILE_BYTES + 1);
    buf_commit(&text, TESTCASE_MAX_FILE_BYTES + 1);
    assert_string_equal(read_text("t.json", buf_span(&text)), "t.json: larger than 8388608 bytes");
    buf_fini(&text);
}

/* Two files of one topic, one id twice, a directory without cases. */
static void test_whole(void **state)
{
    static const char one[] = CASE(REQUEST("/nowhere") ",\"expect\":{\"status\":200}");
    static const char two[] =
        "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/a\",\"version\":1,\"level\":\"must\","
        "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],\"defects\":[\"body-ignored\"]," REQUEST(
            "/x") ",\"expect\":{\"status\":"
                  "200}},{\"id\":\"t/"
                  "a\",\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],"
                  "\"defects\":[\"body-ignored\"]," REQUEST("/x") ",\"expect\":{\"status\":200}}]}";
    char folder[] = "/tmp/test_testcase.XXXXXX";
    struct err err;
    struct suite *suite = new_suite();
    (void)state;
    assert_int_equal(suite_add_file(suite, "t.json", span_cstr(one), &err), ERR_OK);
    assert_int_equal(suite_add_file(suite, "other/t.json", span_cstr(one), &err), ERR_SYNTAX);
    assert_string_equal(err.text, "other/t.json#/topic: the topic \"t\" was read from another file");
    suite_free(suite);
    assert_string_equal(read_text("t.json", span_cstr(two)),
                        "t.json#/cases/1: the id \"t/a\" is also that of t.json#/cases/0");
    suite = new_suite();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(suite_add_directory(suite, folder, &err), ERR_NOT_FOUND);
    rmdir(folder);
    assert_int_equal(suite_add_directory(suite, folder, &err), ERR_IO);
    assert_int_equal(suite_add_directory(suite, "harness/tests/expected/cases/good", &err), ERR_OK);
    suite_free(suite);
}

static void test_names(void **state)
{
    enum level level;
    (void)state;
    assert_true(level_from_name(span_cstr("should"), &level));
    assert_int_equal(level, LEVEL_SHOULD);
    assert_false(level_from_name(span_cstr("MUST"), &level));
    assert_string_equal(level_name(LEVEL_MAY), "may");
    assert_string_equal(client_name(CLIENT_H1), "h1");
    assert_string_equal(client_name(CLIENT_H2), "h2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),    cmocka_unit_test(test_exchanges_are_bounded),
        cmocka_unit_test(test_cut),          cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_spoiled),      cmocka_unit_test(test_messages),
        cmocka_unit_test(test_filled_paths), cmocka_unit_test(test_then),
        cmocka_unit_test(test_listener),     cmocka_unit_test(test_rpc),
        cmocka_unit_test(test_clients),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_whole),        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
