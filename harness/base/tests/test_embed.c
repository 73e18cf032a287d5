/* Tests that the files of the binary are those of the repository. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/embed.h"

static void test_every_file(void **state)
{
    (void)state;
    assert_true(embed_count() > 0);
    for (size_t i = 0; i < embed_count(); i++) {
        struct embedded_file file = embed_at(i);
        struct span found;
        assert_true(embed_find(file.name, &found));
        assert_ptr_equal(found.data, file.bytes.data);
        assert_int_equal(found.len, file.bytes.len);
        assert_int_equal(file.bytes.data[file.bytes.len], 0); /* scripts/embed writes a NUL after each file */
    }
}

static void test_descriptors(void **state)
{
    (void)state;
    struct span bytes;
    assert_true(embed_find("descriptors.pb", &bytes));
    /* FileDescriptorSet.file is field 1, length-delimited. */
    assert_true(bytes.len > 100);
    assert_int_equal(bytes.data[0], 0x0a);
}

static void test_unknown(void **state)
{
    (void)state;
    struct span bytes = span_cstr("kept");
    assert_false(embed_find("descriptors", &bytes));
    assert_false(embed_find("", &bytes));
    assert_true(span_is(bytes, "kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_file), cmocka_unit_test(test_descriptors),
                                       cmocka_unit_test(test_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
