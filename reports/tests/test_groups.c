/* Groups of results: by kind, the worst first, results of a case joined where they say the same; and the counts of
 * cases beside those of results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/groups.h"
#include "reports/tests/results_samples.h"

#define RUN                                                                                                            \
    "{\"type\":\"run\",\"format\":1,\"transcheck\":\"1\",\"started\":\"x\",\"url\":\"u\",\"backend\":\"b\","           \
    "\"clients\":[],\"planned\":[]}\n"
#define CASE(id, client, level, verdict, reasons)                                                                      \
    "{\"type\":\"case\",\"id\":\"" id "\",\"version\":1,\"topic\":\"a\",\"client\":\"" client "\",\"level\":\"" level  \
    "\",\"title\":\"T\",\"cites\":[],\"verdict\":\"" verdict "\",\"reasons\":[" reasons "],\"duration_us\":1}\n"
#define REASON(kind, path, observed)                                                                                   \
    "{\"axis\":\"response\",\"kind\":\"" kind "\",\"path\":\"" path "\",\"expected\":\"e\",\"observed\":\"" observed   \
    "\"}"

static void free_lines(struct results *results, FILE *file)
{
    results_free(results);
    fclose(file);
}

static const char lines[] = RUN CASE("a/body", "h1", "may", "fail", REASON("wrong-body", "/x", "1"))
    CASE("a/body", "h2", "may", "fail", REASON("wrong-body", "/x", "2"))
        CASE("a/hidden", "h1", "must", "fail", REASON("failure-hidden", "failure", "1"))
            CASE("a/hidden", "h2", "must", "pass", "")
                CASE("a/mixed", "h1", "must", "fail", REASON("wrong-body", "/x", "1"))
                    CASE("a/mixed", "h2", "must", "fail", REASON("wrong-body", "/y", "1"))
                        CASE("a/shaky", "h1", "must", "unstable", REASON("hung", "ending", "1"))
                            CASE("a/strange", "h1", "must", "fail", REASON("of-a-later-release", "x", "1"))
                                CASE("a/unjudged", "h1", "must", "error", "") CASE("a/well", "h1", "must", "pass", "");

static FILE *file_of_lines(struct results **results)
{
    FILE *file = sample_stream(lines, strlen(lines));
    struct err err;
    assert_int_equal(results_read_stream(results, file, "sample", true, &err), ERR_OK);
    return file;
}

static void check_block(const struct results_block *block, const char *id, size_t count)
{
    assert_true(span_is(block->items[0]->id, id));
    assert_int_equal(block->count, count);
}

static void test_groups(void **state)
{
    (void)state;
    struct results *results;
    struct results_groups groups;
    struct err err;
    FILE *file = file_of_lines(&results);
    assert_int_equal(results_groups_init(&groups, results, &err), ERR_OK);
    static const struct {
        const char *name;
        size_t blocks, cases, results;
    } expected[] = {{"failure-hidden", 1, 1, 1},
                    {"wrong-body", 3, 2, 4},
                    {"fail", 1, 1, 1},
                    {"unstable", 1, 1, 1},
                    {"error", 1, 1, 1}};
    assert_int_equal(groups.count, 5);
    for (size_t i = 0; i < groups.count; i++) {
        assert_string_equal(groups.items[i].name, expected[i].name);
        assert_true(strlen(groups.items[i].meaning) > 0);
        assert_int_equal(groups.items[i].block_count, expected[i].blocks);
        assert_int_equal(groups.items[i].case_count, expected[i].cases);
        assert_int_equal(groups.items[i].result_count, expected[i].results);
    }
    check_block(&groups.items[0].blocks[0], "a/hidden", 1);
    /* A must case before the others; it says two things, the other one the same with both clients. */
    check_block(&groups.items[1].blocks[0], "a/mixed", 1);
    check_block(&groups.items[1].blocks[1], "a/mixed", 1);
    check_block(&groups.items[1].blocks[2], "a/body", 2);
    assert_true(span_is(groups.items[1].blocks[2].items[0]->client, "h1"));
    assert_true(span_is(groups.items[1].blocks[2].items[1]->client, "h2"));
    results_groups_fini(&groups);
    free_lines(results, file);
}

static void test_waivers_are_last(void **state)
{
    (void)state;
    struct results *results = NULL;
    struct results_groups groups;
    struct err err;
    FILE *file = fopen(SAMPLE_FILE, "re");
    assert_non_null(file);
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    assert_int_equal(results_groups_init(&groups, results, &err), ERR_OK);
    size_t sum = 0;
    for (size_t i = 0; i < groups.count; i++)
        sum += groups.items[i].result_count;
    size_t bad = 0;
    for (size_t i = 0; i < results->case_count; i++)
        bad += results_case_is_bad(&results->cases[i]);
    assert_int_equal(sum, bad);
    assert_string_equal(groups.items[groups.count - 1].name, "waiver");
    results_groups_fini(&groups);
    free_lines(results, file);
}

/* Every repetition of every case, and nothing twice. */
static void test_many_repetitions(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(RUN, file);
    for (int i = 0; i < 3000; i++) {
        fputs(i % 3 == 0   ? CASE("a/b", "h1", "must", "fail", REASON("wrong-body", "/x", "1"))
              : i % 3 == 1 ? CASE("a/b", "h2", "must", "fail", REASON("wrong-body", "/x", "1"))
                           : CASE("a/b", "h1", "must", "fail", REASON("wrong-body", "/y", "1")),
              file);
    }
    rewind(file);
    struct results *results;
    struct results_groups groups;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "many", true, &err), ERR_OK);
    assert_int_equal(results_groups_init(&groups, results, &err), ERR_OK);
    assert_int_equal(groups.count, 1);
    assert_int_equal(groups.items[0].block_count, 2);
    assert_int_equal(groups.items[0].case_count, 1);
    assert_int_equal(groups.items[0].result_count, 3000);
    assert_int_equal(groups.items[0].blocks[0].count, 2000);
    results_groups_fini(&groups);
    free_lines(results, file);
}

static void test_counts_of_cases(void **state)
{
    (void)state;
    struct results *results;
    struct results_counts counts;
    FILE *file = file_of_lines(&results);
    results_count(results, &counts);
    assert_int_equal(counts.total, 10);
    assert_int_equal(counts.cases, 7);
    /* As the worst of its results. */
    assert_int_equal(results_count_cases(&counts, VERDICT_FAIL), 4);
    assert_int_equal(results_count_cases(&counts, VERDICT_PASS), 1);
    assert_int_equal(counts.cases_with[LEVEL_MUST][STANDING_PASSED], 2);
    char headline[160];
    results_headline(results, headline, sizeof headline);
    assert_string_equal(headline, "4 must cases (5 results) failed");
    free_lines(results, file);

    char amount[RESULTS_MAX_AMOUNT];
    results_amount(amount, "", 1, 1);
    assert_string_equal(amount, "1 case");
    results_amount(amount, "should", 3, 5);
    assert_string_equal(amount, "3 should cases (5 results)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_waivers_are_last),
        cmocka_unit_test(test_many_repetitions),
        cmocka_unit_test(test_counts_of_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
