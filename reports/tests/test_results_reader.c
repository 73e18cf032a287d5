/* Tests of reading results: right ones, cut ones, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "reports/tests/results_samples.h"

static enum err_code read_text(struct results **out, const char *text, size_t len, bool allow_cut, struct err *err)
{
    FILE *file = sample_stream(text, len);
    enum err_code code = results_read_stream(out, file, "sample", allow_cut, err);
    if (code == ERR_OK) { /* what stays in the file is not needed by these tests */
        fclose(file);
        return code;
    }
    assert_null(*out);
    fclose(file);
    return code;
}

static void assert_bad(const char *text, const char *expected)
{
    struct results *results;
    struct err err = {0};
    enum err_code code = read_text(&results, text, strlen(text), false, &err);
    if (code == ERR_OK)
        fail_msg("accepted: %s", text);
    if (!strstr(err.text, expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, err.text);
}

static void test_smallest(void **state)
{
    (void)state;
    struct results *results;
    struct err err;
    assert_int_equal(
        read_text(&results, RUN_LINE CASE_LINE TOTALS_LINE, strlen(RUN_LINE CASE_LINE TOTALS_LINE), false, &err),
        ERR_OK);
    assert_int_equal(results->run_count, 1);
    assert_int_equal(results->case_count, 1);
    assert_int_equal(results->topic_count, 1);
    assert_int_equal(results->column_count, 1);
    const struct results_case *item = &results->cases[0];
    assert_true(span_is(item->id, "a/b"));
    assert_int_equal(item->verdict, VERDICT_PASS);
    assert_int_equal(item->level, LEVEL_MUST);
    assert_int_equal(item->duration_us, 1834);
    assert_int_equal(item->repeat, 1);
    assert_false(results->runs[0].miscounted);
    assert_true(results_is_good(results));
    char headline[100];
    results_headline(results, headline, sizeof headline);
    assert_string_equal(headline, "Every case passed");
    results_free(results);
}

/* Every cut of a stream is an error, except before the last newline; where a cut is allowed nothing passes that has no
 * line of its own. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char whole[] = RUN_LINE CASE_LINE TOTALS_LINE;
    size_t len = strlen(whole);
    for (size_t cut = 0; cut < len - 1; cut++) {
        struct results *results;
        struct err err;
        assert_int_not_equal(read_text(&results, whole, cut, false, &err), ERR_OK);
        assert_non_null(strstr(err.text, "sample:"));
        if (read_text(&results, whole, cut, true, &err) != ERR_OK)
            continue;
        assert_int_equal(results->case_count, 1);
        bool has_line = cut >= strlen(RUN_LINE CASE_LINE) - 1;
        assert_int_equal(results->cases[0].verdict, has_line ? VERDICT_PASS : VERDICT_ERROR);
        assert_int_equal(results->cases[0].lost, !has_line);
        assert_false(results_is_good(results));
        results_free(results);
    }
    struct results *results;
    assert_int_equal(read_text(&results, whole, len - 1, false, NULL), ERR_OK);
    results_free(results);
}

static void test_lost_case_is_an_error(void **state)
{
    (void)state;
    struct results *results;
    struct err err;
    static const char text[] = RUN_LINE TOTALS_LINE;
    assert_int_equal(read_text(&results, text, strlen(text), false, &err), ERR_OK);
    assert_int_equal(results->case_count, 1);
    assert_int_equal(results->cases[0].verdict, VERDICT_ERROR);
    assert_true(results->cases[0].lost);
    assert_true(results->runs[0].miscounted);
    struct buf line;
    buf_init(&line, RESULTS_MAX_LINE);
    assert_int_equal(results_case_line(results, &results->cases[0], &line, &err), ERR_OK);
    assert_int_equal(line.len, 0);
    buf_fini(&line);
    results_free(results);
}

static void test_order_of_lines(void **state)
{
    (void)state;
    assert_bad("", "sample:1: empty");
    assert_bad("\n", "sample:1: not JSON");
    assert_bad(CASE_LINE, "sample:1: results begin with");
    assert_bad(TOTALS_LINE, "sample:1: results begin with");
    assert_bad(RUN_LINE RUN_LINE, "sample:2: a second \"run\" line");
    assert_bad(RUN_LINE CASE_LINE TOTALS_LINE CASE_LINE, "sample:4: a line after the totals");
    assert_bad(RUN_LINE CASE_LINE TOTALS_LINE "\n", "sample:4: not JSON");
    assert_bad(RUN_LINE CASE_LINE, "sample:3: the stream was cut");
    assert_bad(RUN_LINE "{\"type\":\"case\"", "sample:2: cut in the middle");
    assert_bad(RUN_LINE "{\"type\":\"other\"}\n", "sample:2: a line of an unknown type");
    assert_bad(RUN_LINE "{}\n", "sample:2: no \"type\"");
    assert_bad(RUN_LINE "[]\n", "sample:2: not a JSON object");
    assert_bad(RUN_LINE "{\"type\":\"case\",\"type\":\"case\"}\n", "sample:2: not JSON");
    assert_bad(RUN_LINE "{\"type\":\"event\",\"text\":\"\xff\"}\n", "sample:2: not JSON");
    assert_bad("{\"type\":\"run\",\"format\":2}\n", "sample:1: format 2 is not known");
}

/* One member of the smallest case replaced, or added: each with what the reader says about it. */
static void assert_bad_member(const char *from, const char *to, const char *expected)
{
    const char *at = strstr(CASE_LINE, from);
    assert_non_null(at);
    char line[4096];
    snprintf(line, sizeof line, "%s%.*s%s%s", RUN_LINE, (int)(at - CASE_LINE), CASE_LINE, to, at + strlen(from));
    assert_bad(line, expected);
}

static void test_bad_members(void **state)
{
    (void)state;
    assert_bad_member("\"id\":\"a/b\",", "", "sample:2: \"id\" is missing");
    assert_bad_member("\"id\":\"a/b\"", "\"id\":7", "\"id\" is not a string");
    assert_bad_member("\"id\":\"a/b\"", "\"id\":\"\"", "\"id\" is empty");
    assert_bad_member("\"version\":1", "\"version\":-1", "\"version\" is not a whole number");
    assert_bad_member("\"version\":1", "\"version\":1.5", "\"version\" is not a whole number");
    assert_bad_member("\"version\":1", "\"version\":99999999999999999999", "not JSON");
    assert_bad_member("\"client\":\"h1\"", "\"client\":\"h3\"", "\"client\" has the unknown value \"h3\"");
    assert_bad_member("\"level\":\"must\"", "\"level\":\"MUST\"", "\"level\" has the unknown value");
    assert_bad_member("\"verdict\":\"pass\"", "\"verdict\":\"\\u001b[31m\"", "unknown value \"\\x1b[31m\"");
    assert_bad_member("\"verdict\":\"pass\"", "\"verdict\":\"fail\"", "a failure without a reason");
    assert_bad_member("\"cites\":[\"INV-1\"]", "\"cites\":\"INV-1\"", "\"cites\" is not a list");
    assert_bad_member("\"cites\":[\"INV-1\"]", "\"cites\":[1]", "something that is not a string");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[1]", "/reasons/0: not an object");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[{\"axis\":\"x\",\"kind\":\"k\"}]",
                      "/reasons/0: \"axis\" has the unknown");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"attempts\":[{}]", "/attempts/0: \"verdict\" is missing");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"exchanges\":[{},1]", "/exchanges/1: not an object");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"exchanges\":[{\"client_side\":{\"events\":[]}}]",
                      "/exchanges/0/client_side: \"ending\" is missing");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"exchanges\":[{\"backend_side\":[{\"events\":[]}]}]",
                      "/exchanges/0/backend_side/0: \"path\" is missing");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"waiver\":{}", "/waiver: \"reason\" is missing");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"waiver\":[]", "\"waiver\" is not an object");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"health\":{\"healthy\":1}", "/health: \"healthy\" is neither");
    assert_bad_member("\"reasons\":[]", "\"reasons\":[],\"request\":{\"method\":\"GET\",\"path\":{\"hex\":\"f\"}}",
                      "/request: \"path\" is neither a string nor");
}

static void assert_bad_event(const char *event, const char *expected)
{
    char sides[2048];
    snprintf(sides, sizeof sides, "\"reasons\":[],\"client_side\":{\"ending\":\"complete\",\"events\":[%s]}", event);
    assert_bad_member("\"reasons\":[]", sides, expected);
    snprintf(sides, sizeof sides, "\"reasons\":[],\"backend_side\":[{\"path\":\"/\",\"events\":[%s]}]", event);
    assert_bad_member("\"reasons\":[]", sides, expected);
}

static void test_bad_transcripts(void **state)
{
    (void)state;
    assert_bad_event("7", "/events/0: not an object");
    assert_bad_event("{\"from\":\"proxy\",\"kind\":\"data\"}", "\"t\" is missing");
    assert_bad_event("{\"t\":1,\"from\":\"me\",\"kind\":\"data\"}", "\"from\" has the unknown value");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"dat\"}", "\"kind\" has the unknown value");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"data\",\"hex\":\"abc\"}", "\"hex\" is not hexadecimal");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"data\",\"hex\":\"0\\u0000\"}",
                     "\"hex\" is not hexadecimal");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"headers\",\"fields\":[[\"n\"]]}", "field 0 is not a pair");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"data\",\"messages\":[{\"len\":1}]}",
                     "\"flags\" is missing");
    assert_bad_event("{\"t\":1,\"from\":\"proxy\",\"kind\":\"rst\",\"code\":\"8\"}", "\"code\" is not a whole number");
}

static void test_unknown_members_are_ignored(void **state)
{
    (void)state;
    static const char text[] = RUN_LINE
        "{\"type\":\"case\",\"id\":\"a/b\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"may\",\"title\":"
        "\"T\",\"cites\":[],\"verdict\":\"pass\",\"reasons\":[],\"duration_us\":1,\"later\":{\"x\":[1]}}\n" TOTALS_LINE;
    struct results *results;
    struct err err;
    assert_int_equal(read_text(&results, text, strlen(text), false, &err), ERR_OK);
    results_free(results);
}

static void test_limits(void **state)
{
    (void)state;
    struct results *results;
    struct err err;
    size_t len = strlen(RUN_LINE) + RESULTS_MAX_LINE + 2;
    char *text = malloc(len);
    assert_non_null(text);
    memcpy(text, RUN_LINE, strlen(RUN_LINE));
    memset(text + strlen(RUN_LINE), ' ', RESULTS_MAX_LINE + 1);
    text[len - 1] = '\n';
    assert_int_equal(read_text(&results, text, len, false, &err), ERR_LIMIT);
    assert_non_null(strstr(err.text, "sample:2: the line is longer than 8 MiB"));
    assert_int_equal(read_text(&results, text, len - 1, false, &err), ERR_LIMIT);

    memset(text + strlen(RUN_LINE), '[', RESULTS_MAX_LINE); /* depth */
    assert_int_equal(read_text(&results, text, len - 3, false, &err), ERR_SYNTAX);
    free(text);

    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(RUN_LINE, file);
    for (size_t i = 0; i <= RESULTS_MAX_CASES; i++)
        fputs(CASE_LINE, file);
    rewind(file);
    assert_int_equal(results_read_stream(&results, file, "many", false, &err), ERR_LIMIT);
    assert_non_null(strstr(err.text, "many:100002: more than 100000 cases"));
    fclose(file);
}

static void test_repetitions(void **state)
{
    (void)state;
    static const char text[] = RUN_LINE CASE_LINE CASE_LINE CASE_LINE TOTALS_LINE;
    struct results *results;
    struct err err;
    assert_int_equal(read_text(&results, text, strlen(text), false, &err), ERR_OK);
    assert_int_equal(results->case_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(results->cases[i].repeat, i + 1);
    results_free(results);
}

static void test_sample(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    struct results_counts counts;
    results_count(results, &counts);
    assert_int_equal(counts.total, 18);
    static const size_t expected[VERDICT_COUNT] = {
        [VERDICT_PASS] = 9,   [VERDICT_ACCEPTABLE] = 1,  [VERDICT_FAIL] = 3,   [VERDICT_ERROR] = 2,
        [VERDICT_WAIVED] = 1, [VERDICT_UNSUPPORTED] = 1, [VERDICT_SKIPPED] = 1};
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        assert_int_equal(results_count_verdict(&counts, (enum verdict)v), expected[v]);
    assert_int_equal(counts.waiver_problems, 2);
    assert_false(results->runs[0].miscounted);
    assert_int_equal(results->runs[0].totals.proxy_died, 1);
    assert_int_equal(results->runs[0].event_count, 1);
    assert_int_equal(results->topic_count, 5);
    assert_true(span_is(results->topics[0].title, "Ordinary calls"));
    char headline[100];
    results_headline(results, headline, sizeof headline);
    assert_string_equal(headline, "2 must cases failed");
    assert_false(results_is_good(results));

    struct buf line;
    struct err err;
    buf_init(&line, RESULTS_MAX_LINE);
    for (size_t i = 0; i < results->case_count; i++) {
        const struct results_case *item = &results->cases[i];
        assert_int_equal(results_case_line(results, item, &line, &err), ERR_OK);
        if (item->lost)
            continue;
        char id[200];
        snprintf(id, sizeof id, "\"id\":\"%.*s\"", SPAN_FMT(item->id));
        assert_non_null(strstr((char *)line.data, id));
        assert_int_equal(line.data[0], '{');
        assert_int_equal(line.data[line.len - 1], '}');
    }
    buf_fini(&line);
    results_free(results);
}

static void test_runs_side_by_side(void **state)
{
    (void)state;
    struct results *results = sample_results(true);
    assert_int_equal(results->run_count, 2);
    assert_true(span_is(results->runs[0].label, "envoy 1.40"));
    assert_true(span_is(results->runs[1].label, "envoy 1.41"));
    assert_int_equal(results->column_count, 4);
    assert_int_equal(results->columns[2].run, 1);
    assert_true(span_is(results->columns[3].client, "h2"));
    for (size_t i = 0; i < results->case_count; i++) {
        const struct results_column *column = &results->columns[results->cases[i].column];
        assert_int_equal(column->run, results->cases[i].run);
        assert_true(span_equal(column->client, results->cases[i].client));
    }
    results_free(results);

    static const char *const same[] = {SAMPLE_FILE, SAMPLE_FILE, SAMPLE_FILE};
    struct err err;
    assert_int_equal(results_read_files(&results, same, 3, false, &err), ERR_OK);
    assert_true(span_is(results->runs[1].label, "envoy 1.40 (2)"));
    assert_true(span_is(results->runs[2].label, "envoy 1.40 (3)"));
    results_free(results);
}

/* A pipe cannot be read twice: it is copied. */
static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    static const char text[] = RUN_LINE CASE_LINE TOTALS_LINE;
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    assert_non_null(file);
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "pipe", false, &err), ERR_OK);
    struct buf line;
    buf_init(&line, RESULTS_MAX_LINE);
    assert_int_equal(results_case_line(results, &results->cases[0], &line, &err), ERR_OK);
    assert_int_equal(line.len, strlen(CASE_LINE) - 1);
    buf_fini(&line);
    results_free(results);
    fclose(file);
}

static void test_missing_file(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nonexistent/results.ndjson"};
    static const char *const directory[] = {"/"};
    struct results *results;
    struct err err;
    assert_int_equal(results_read_files(&results, paths, 1, false, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/nonexistent/results.ndjson: No such file"));
    assert_int_equal(results_read_files(&results, directory, 1, false, &err), ERR_IO);
    assert_int_equal(results_read_files(&results, paths, 0, false, &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_lost_case_is_an_error),
        cmocka_unit_test(test_order_of_lines),
        cmocka_unit_test(test_bad_members),
        cmocka_unit_test(test_bad_transcripts),
        cmocka_unit_test(test_unknown_members_are_ignored),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_repetitions),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_runs_side_by_side),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
