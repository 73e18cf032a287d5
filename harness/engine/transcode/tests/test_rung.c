/* Tests of the steps of an answer on its way to gRPC, each with an answer that stands on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/tests/guard.h"
#include "harness/engine/transcode/rung.h"

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 8192);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define FRAME "\0\0\0\0\x0f\n\rHello, world."
#define GRPC  "application/grpc+proto"

/* The trailers are grpc-status with this value, or none. Without a type there is no HEADERS frame. */
static const struct row {
    enum rung rung;
    const char *type;
    struct span body;
    const char *status;
    enum client_end end;
    int http_status;
} rows[] = {
    {RUNG_CORRECT, GRPC, BYTES(FRAME), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_FAILED, GRPC, BYTES(""), "5", CLIENT_END_TRAILERS, 200},
    {RUNG_NO_ANSWER, NULL, BYTES(""), NULL, CLIENT_END_RST, 0},
    {RUNG_HTTP_STATUS, GRPC, BYTES(FRAME), "0", CLIENT_END_TRAILERS, 502},
    {RUNG_CONTENT_TYPE, "application/json", BYTES("Hello, world."), NULL, CLIENT_END_DATA, 200},
    {RUNG_CONTENT_TYPE, "application/grpcfoo", BYTES(FRAME), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_GRPC_WEB, "application/grpc-web-text", BYTES("AAAA"), NULL, CLIENT_END_DATA, 200},
    {RUNG_TEXT, GRPC, BYTES("Hello, world."), NULL, CLIENT_END_DATA, 200},
    {RUNG_TEXT, GRPC, BYTES("{\"message\":\"Hello\"}\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_TEXT, GRPC, BYTES("\n\n{}"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_BASE64, GRPC, BYTES("AAAAAA8KDUhlbGxvLCB3b3JsZC4="), NULL, CLIENT_END_DATA, 200},
    {RUNG_BASE64, GRPC, BYTES("Cg1IZWxsbywgd29ybGQu\r\n"), NULL, CLIENT_END_DATA, 200},
    {RUNG_REPLACED, GRPC, BYTES("\0\0\0\0\xef\xbf\xbd\n\xef\xbf\xbd"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_UNPREFIXED, GRPC, BYTES("\n\rHello, world."), NULL, CLIENT_END_DATA, 200},
    {RUNG_FLAGS, GRPC, BYTES("\2\0\0\0\1\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_FLAGS, GRPC, BYTES("\x80\0\0\0\xff\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_COMPRESSED, GRPC, BYTES("\1\0\0\0\1\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_CUT, GRPC, BYTES("\0\0\0\0\x0f\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_CUT, GRPC, BYTES("\0\0"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_TOO_LONG, GRPC, BYTES("\0\x0f\0\0\0\n\rHello, world."), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_REST, GRPC, BYTES(FRAME "\n"), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_STATUS_AMONG_HEADERS, GRPC, BYTES(FRAME), "0", CLIENT_END_DATA, 200},
    {RUNG_NO_TRAILERS, GRPC, BYTES(FRAME), NULL, CLIENT_END_DATA, 200},
    {RUNG_BROKEN_OFF, GRPC, BYTES(FRAME), NULL, CLIENT_END_CLOSED, 200},
    {RUNG_NO_STATUS, GRPC, BYTES(FRAME), NULL, CLIENT_END_TRAILERS, 200},
    {RUNG_NO_STATUS, GRPC, BYTES(""), NULL, CLIENT_END_HEADERS, 200},
    {RUNG_BAD_STATUS, GRPC, BYTES(FRAME), "OK", CLIENT_END_TRAILERS, 200},
    {RUNG_BAD_STATUS, GRPC, BYTES(FRAME), "17", CLIENT_END_TRAILERS, 200},
    {RUNG_NO_MESSAGE, GRPC, BYTES(""), "0", CLIENT_END_TRAILERS, 200},
    {RUNG_NO_MESSAGE, GRPC, BYTES(""), "0", CLIENT_END_HEADERS, 200},
    {RUNG_MANY_MESSAGES, GRPC, BYTES(FRAME FRAME), "0", CLIENT_END_TRAILERS, 200},
};
#define ROWS (sizeof rows / sizeof *rows)

/* The status goes where the end puts it: among the headers when no trailers follow. */
static struct client_view view_of(const struct row *row, struct field items[3])
{
    struct client_view view = {
        .http_status = row->http_status, .body = guard_place(&guard, row->body), .end = row->end};
    items[0] = (struct field){span_cstr("content-type"), span_cstr(row->type)};
    items[1] = (struct field){span_cstr("grpc-status"), span_cstr(row->status)};
    view.headers = (struct fields){.items = items, .count = row->type ? 1 : 0};
    if (row->status && row->end == CLIENT_END_TRAILERS)
        view.trailers = (struct fields){.items = items + 1, .count = 1};
    else if (row->status)
        view.headers.count++;
    return view;
}

static void test_rungs(void **state)
{
    (void)state;
    bool met[RUNG_COUNT] = {[RUNG_UNDECODABLE] = true};
    for (size_t i = 0; i < ROWS; i++) {
        struct field items[3];
        struct client_view view = view_of(&rows[i], items);
        enum rung rung = rung_of(&view);
        if (rung != rows[i].rung)
            fail_msg("row %zu: %s, not %s", i, rung_rows[rung].name, rung_rows[rows[i].rung].name);
        assert_int_equal(rung_is_right(rung), rung == RUNG_CORRECT || rung == RUNG_FAILED);
        met[rung] = true;
    }
    for (size_t i = 0; i < RUNG_COUNT; i++)
        assert_true(met[i]);
}

static void test_undecodable_and_streaming(void **state)
{
    (void)state;
    struct field items[3];
    struct client_view view = view_of(&rows[0], items);
    view.undecodable = true;
    assert_int_equal(rung_of(&view), RUNG_UNDECODABLE);
    view = view_of(&rows[ROWS - 1], items);
    view.streaming = true;
    assert_int_equal(rung_of(&view), RUNG_CORRECT);
    view.body.len = 0;
    assert_int_equal(rung_of(&view), RUNG_CORRECT);
}

static void test_status_twice(void **state)
{
    (void)state;
    struct field items[3];
    struct client_view view = view_of(&rows[0], items);
    items[2] = items[1];
    view.trailers.count = 2;
    assert_int_equal(rung_of(&view), RUNG_BAD_STATUS);
}

/* A right answer that lacks its end is never taken for a right one, and no byte behind the input is looked at. */
static void test_bodies_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct field items[3];
        struct client_view view = view_of(&rows[i], items);
        for (size_t len = 0; len < rows[i].body.len; len++) {
            view.body = guard_place(&guard, span_of(rows[i].body.data, len));
            enum rung rung = rung_of(&view);
            assert_true(rung < RUNG_COUNT);
            if (rows[i].rung == RUNG_CORRECT)
                assert_false(rung_is_right(rung));
        }
    }
}

static void test_words(void **state)
{
    (void)state;
    unsigned step = 1;
    for (size_t i = 0; i < RUNG_COUNT; i++) {
        const struct rung_row *row = &rung_rows[i];
        assert_true(row->name && row->title && row->why && row->change);
        assert_true(row->step >= step && row->step <= RUNG_STEPS);
        step = row->step;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rungs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_undecodable_and_streaming, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bodies_cut, set_up, tear_down),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
