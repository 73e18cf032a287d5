/* The limit of open files is raised as far as it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/net/open_files.h"

static void raises_the_soft_limit(void **state)
{
    (void)state;
    struct rlimit low = {.rlim_cur = 50, .rlim_max = 90};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(open_files_limit(), 50);
    struct rlimit old = open_files_raise();
    assert_int_equal(old.rlim_cur, 50);
    assert_int_equal(old.rlim_max, 90);
    assert_int_equal(open_files_limit(), 90);
    assert_int_equal(open_files_raise().rlim_cur, 90); /* nothing is left to raise */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(raises_the_soft_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
