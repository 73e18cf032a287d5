/* Temporary files: without a name, where TMPDIR says, elsewhere when that takes none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/temporary.h"

/* Where the file is, as /proc tells. */
static const char *place_of(FILE *file)
{
    static char place[512];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(file));
    ssize_t len = readlink(link, place, sizeof place - 1);
    assert_true(len > 0);
    place[len] = '\0';
    return place;
}

static void test_where_tmpdir_says(void **state)
{
    (void)state;
    char folder[] = "/var/tmp/transcheck-temporary-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    FILE *file = temporary_file();
    assert_non_null(file);
    assert_int_equal(strncmp(place_of(file), folder, strlen(folder)), 0);
    char text[8] = "";
    assert_true(fputs("text", file) >= 0);
    rewind(file);
    assert_int_equal(fread(text, 1, sizeof text, file), 4);
    assert_string_equal(text, "text");
    assert_int_equal(rmdir(folder), 0); /* no name is left in it */
    assert_true(fcntl(fileno(file), F_GETFD) & FD_CLOEXEC);
    struct stat st;
    assert_int_equal(fstat(fileno(file), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    fclose(file);
}

static void test_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    FILE *file = temporary_file();
    assert_non_null(file);
    assert_int_equal(strncmp(place_of(file), "/tmp/", 5), 0);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_where_tmpdir_says), cmocka_unit_test(test_elsewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
