/* Tests of messages for people: levels, colour, and what is escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"

/* Runs every level with stderr sent to a file, and returns what was written. */
static const char *capture(enum log_level level)
{
    static char text[1024];
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    struct log log;
    log_init(&log, level, 0);
    log_error(&log, "e%d", 1);
    log_warn(&log, "w%s", "2");
    log_info(&log, "i3\033[31m\xff\nx\r\n");
    log_debug(&log, "d4");
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void test_levels(void **state)
{
    (void)state;
    assert_string_equal(capture(LOG_QUIET), "error: e1\n");
    assert_string_equal(capture(LOG_NORMAL), "error: e1\nwarning: w2\ni3\\x1b[31m\\xff\nx\\r\n\n");
    assert_string_equal(capture(LOG_VERBOSE), "error: e1\nwarning: w2\ni3\\x1b[31m\\xff\nx\\r\n\ndebug: d4\n");
}

static void test_no_color(void **state)
{
    (void)state;
    struct log log;
    log_init(&log, LOG_NORMAL, 1);
    assert_false(log.color);
    setenv("NO_COLOR", "1", 1);
    log_init(&log, LOG_NORMAL, 0);
    assert_false(log.color);
    unsetenv("NO_COLOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels), cmocka_unit_test(test_no_color)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
