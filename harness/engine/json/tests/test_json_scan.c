/* Tests of cutting streams into messages, whatever the framing and the cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/engine/json/scan.h"
#include "harness/base/tests/guard.h"

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

struct seen {
    struct span whole;
    struct buf text;
    size_t end; /* of the last element */
};

static void on_element(void *user, size_t offset, size_t len)
{
    struct seen *seen = user;
    assert_true(offset >= seen->end && offset + len <= seen->whole.len);
    seen->end = offset + len;
    buf_append_span(&seen->text, span_of(seen->whole.data + offset, len));
    buf_append_cstr(&seen->text, "|");
}

/* Feeds `text` cut at every place, and byte by byte; `want` lists the elements, each followed by a bar. */
static void expect(enum json_scan_framing framing, const char *text, const char *want, bool complete)
{
    struct span whole = span_cstr(text);
    for (size_t cut = 0; cut <= whole.len + 1; cut++) {
        struct json_scan scan;
        struct seen seen = {.whole = whole};
        buf_init(&seen.text, 1024);
        json_scan_init(&scan, framing);
        if (cut <= whole.len) {
            json_scan_feed(&scan, guard_place(&guard, span_of(whole.data, cut)), on_element, &seen);
            json_scan_feed(&scan, guard_place(&guard, span_from(whole, cut)), on_element, &seen);
        } else {
            for (size_t i = 0; i < whole.len; i++)
                json_scan_feed(&scan, guard_place(&guard, span_of(whole.data + i, 1)), on_element, &seen);
        }
        assert_int_equal(scan.offset, whole.len);
        json_scan_finish(&scan, on_element, &seen);
        buf_append_cstr(&seen.text, "");
        assert_string_equal((char *)seen.text.data, want);
        assert_int_equal(json_scan_complete(&scan), complete);
        buf_fini(&seen.text);
    }
}

static void test_array(void **state)
{
    (void)state;
    expect(JSON_SCAN_ARRAY, "[]", "", true);
    expect(JSON_SCAN_ARRAY, " [ ]\r\n", "", true);
    expect(JSON_SCAN_ARRAY, "[{\"a\":1}]", "{\"a\":1}|", true);
    expect(JSON_SCAN_ARRAY, "[{\"a\":[1,{}]},\n{\"b\":\"]}\"} ]", "{\"a\":[1,{}]}|{\"b\":\"]}\"}|", true);
    expect(JSON_SCAN_ARRAY, "[\"a,\\\"]\\\\\",1,true , null]", "\"a,\\\"]\\\\\"|1|true|null|", true);
    expect(JSON_SCAN_ARRAY, "[[1],[2]]", "[1]|[2]|", true);
}

static void test_array_incomplete(void **state)
{
    (void)state;
    expect(JSON_SCAN_ARRAY, "", "", false);
    expect(JSON_SCAN_ARRAY, "[", "", false);
    expect(JSON_SCAN_ARRAY, "[{\"a\":1}", "{\"a\":1}|", false);
    expect(JSON_SCAN_ARRAY, "[{\"a\":1},", "{\"a\":1}|", false);
    expect(JSON_SCAN_ARRAY, "[{\"a\":1},{\"b", "{\"a\":1}|", false);
    expect(JSON_SCAN_ARRAY, "[12", "", false);
    expect(JSON_SCAN_ARRAY, "[\"]", "", false);
    expect(JSON_SCAN_ARRAY, "[\"\\", "", false);
}

static void test_array_broken(void **state)
{
    (void)state;
    expect(JSON_SCAN_ARRAY, "[1,]", "1|", false);
    expect(JSON_SCAN_ARRAY, "[,1]", "1|", false);
    expect(JSON_SCAN_ARRAY, "[1,,2]", "1|2|", false);
    expect(JSON_SCAN_ARRAY, "[{} {}]", "{}|{}|", false);
    expect(JSON_SCAN_ARRAY, "[1]x", "1|", false);
    expect(JSON_SCAN_ARRAY, "[1][2]", "1|", false);
    expect(JSON_SCAN_ARRAY, "{\"a\":[1]}", "", false);
    expect(JSON_SCAN_ARRAY, "[1]]", "1|", false);
}

static void test_concat(void **state)
{
    (void)state;
    expect(JSON_SCAN_CONCAT, "", "", true);
    expect(JSON_SCAN_CONCAT, "\n \n", "", true);
    expect(JSON_SCAN_CONCAT, "{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}|{\"b\":2}|", true);
    expect(JSON_SCAN_CONCAT, "{}{}[1]\"x\"\"y\"", "{}|{}|[1]|\"x\"|\"y\"|", true);
    expect(JSON_SCAN_CONCAT, "1 2\n3", "1|2|3|", true);
    expect(JSON_SCAN_CONCAT, "true{}null\"s\"", "true|{}|null|\"s\"|", true);
    expect(JSON_SCAN_CONCAT, "{\"result\":{\"id\":\"}\\\"\"}}\n", "{\"result\":{\"id\":\"}\\\"\"}}|", true);
    expect(JSON_SCAN_CONCAT, "{\"a\":1}\n{\"b\":", "{\"a\":1}|", false);
    expect(JSON_SCAN_CONCAT, "{}\n\"open", "{}|", false);
    expect(JSON_SCAN_CONCAT, "{}}", "{}|}|", true);
}

static void test_sse(void **state)
{
    (void)state;
    expect(JSON_SCAN_SSE, "", "", true);
    expect(JSON_SCAN_SSE, "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n", "{\"a\":1}|{\"b\":2}|", true);
    expect(JSON_SCAN_SSE, "data:{}\r\n\r\ndata:  1\r\r", "{}| 1|", true);
    expect(JSON_SCAN_SSE, ": ping\n\nevent: x\nid: 1\ndata: {}\n\nretry: 1\n", "{}|", true);
    expect(JSON_SCAN_SSE, "data: 1\ndata: 2\n\n", "1|2|", true);
    expect(JSON_SCAN_SSE, "database: 1\n\ndat: 2\n\n data: 3\n\n", "", true);
    expect(JSON_SCAN_SSE, "data:\n\n", "|", true);
}

static void test_sse_incomplete(void **state)
{
    (void)state;
    expect(JSON_SCAN_SSE, "data: {}\n\ndata: {\"b\":2}\n", "{}|", false);
    expect(JSON_SCAN_SSE, "data: {}\n\ndata: {\"b\"", "{}|", false);
    expect(JSON_SCAN_SSE, "da", "", false);
}

/* An element is reported with the byte that completes it, not later: streams are judged while they arrive. */
static void test_prompt(void **state)
{
    (void)state;
    static const struct {
        enum json_scan_framing framing;
        const char *first;
    } rows[] = {
        {JSON_SCAN_ARRAY, "[{\"a\":1}"}, {JSON_SCAN_CONCAT, "{\"a\":1}"}, {JSON_SCAN_SSE, "data: {\"a\":1}\n\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_scan scan;
        struct seen seen = {.whole = span_cstr(rows[i].first)};
        buf_init(&seen.text, 64);
        json_scan_init(&scan, rows[i].framing);
        json_scan_feed(&scan, span_of(seen.whole.data, seen.whole.len - 1), on_element, &seen);
        assert_int_equal(seen.text.len, 0);
        json_scan_feed(&scan, span_from(seen.whole, seen.whole.len - 1), on_element, &seen);
        assert_string_equal((char *)seen.text.data, "{\"a\":1}|");
        buf_fini(&seen.text);
    }
}

static void test_deep(void **state)
{
    (void)state;
    struct json_scan scan;
    json_scan_init(&scan, JSON_SCAN_CONCAT);
    for (size_t i = 0; i < 1000000; i++)
        json_scan_feed(&scan, span_cstr("["), NULL, NULL);
    assert_int_equal(scan.depth, 1000000);
    assert_false(json_scan_complete(&scan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array),        cmocka_unit_test(test_array_incomplete),
        cmocka_unit_test(test_array_broken), cmocka_unit_test(test_concat),
        cmocka_unit_test(test_sse),          cmocka_unit_test(test_sse_incomplete),
        cmocka_unit_test(test_prompt),       cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
