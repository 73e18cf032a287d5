/* The writer of results has two files, and what one of them meets is not the other's loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "harness/run/results_writer.h"

static const char two_lines[] =
    "{\"type\":\"event\",\"t\":1,\"text\":\"first\"}\n{\"type\":\"event\",\"t\":2,\"text\":\"second\"}\n";

/* Two lines to both files; whether the writer says that `file` has them. */
static bool write_two(FILE *file, FILE *copy, int *error)
{
    struct results_writer *writer = NULL;
    struct err err;
    assert_int_equal(results_writer_new(&writer, file, copy, NULL, NULL, &err), ERR_OK);
    bool first = results_writer_event(writer, 1, "first", NULL);
    bool second = results_writer_event(writer, 2, "second", NULL);
    *error = results_writer_error(writer);
    assert_int_equal(first, second);
    results_writer_free(writer);
    return second;
}

static void test_both(void **state)
{
    (void)state;
    char *texts[2] = {NULL, NULL};
    size_t lens[2];
    FILE *file = open_memstream(&texts[0], &lens[0]);
    FILE *copy = open_memstream(&texts[1], &lens[1]);
    int error;
    assert_true(write_two(file, copy, &error));
    assert_int_equal(error, 0);
    fclose(file);
    fclose(copy);
    assert_string_equal(texts[0], two_lines);
    assert_string_equal(texts[1], two_lines);
    free(texts[0]);
    free(texts[1]);
}

static void test_file_is_on_a_full_disk(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *copy = open_memstream(&text, &len);
    FILE *full = fopen("/dev/full", "we");
    int error;
    assert_non_null(full);
    assert_false(write_two(full, copy, &error));
    assert_int_equal(error, ENOSPC);
    fclose(full);
    fclose(copy);
    assert_string_equal(text, two_lines);
    free(text);
}

static void test_copy_is_on_a_full_disk(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    FILE *full = fopen("/dev/full", "we");
    int error;
    assert_non_null(full);
    assert_true(write_two(file, full, &error)); /* the owner of the copy knows */
    assert_int_equal(error, 0);
    fclose(full);
    fclose(file);
    assert_string_equal(text, two_lines);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_file_is_on_a_full_disk),
        cmocka_unit_test(test_copy_is_on_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
