/* Every report format of the table: named, made from the samples, harmless to show, and honest about a full disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/escape.h"
#include "reports/formats.h"
#include "reports/tests/results_samples.h"

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
        const struct report_format *format = &report_formats[i];
        assert_true(strlen(format->name) > 0 &&
                    strspn(format->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(format->name));
        assert_non_null(strchr(format->media_type, '/'));
        assert_true(strlen(format->extension) > 0 && format->extension[0] != '.');
        assert_true(strlen(format->summary) > 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(format->name, report_formats[j].name);
    }
    assert_ptr_equal(report_formats[REPORT_junit].write, report_junit);
    assert_string_equal(report_formats[REPORT_junit].name, "junit");
}

/* The samples hold every verdict and hostile text. */
static void test_harmless(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct results *results = sample_results(both);
        for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
            size_t len;
            char *text = sample_report(report_formats[i].write, results, &len);
            assert_true(len > 0);
            assert_true(escape_utf8_valid(span_of(text, len)));
            for (size_t at = 0; at < len; at++) {
                if ((uint8_t)text[at] < 0x20 && text[at] != '\n' && text[at] != '\t')
                    fail_msg("%s has the byte %02x", report_formats[i].name, (unsigned)(uint8_t)text[at]);
            }
            free(text);
        }
        results_free(results);
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
        struct err err = {0};
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        assert_int_equal(report_formats[i].write(full, results, &err), ERR_IO);
        fclose(full);
    }
    results_free(results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_harmless),
                                       cmocka_unit_test(test_full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
