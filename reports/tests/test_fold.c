/* Tests of folding: whatever is folded comes back, and what repeats costs nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "reports/fold.h"
#include "reports/tests/unfold.h"

/* Folds, checks that the text comes back, and returns how long it was in between. */
static size_t round_trip(struct fold *fold, struct span base, struct span text)
{
    struct buf folded;
    struct buf back;
    buf_init(&folded, 2 * FOLD_MAX_TEXT);
    buf_init(&back, 2 * FOLD_MAX_TEXT);
    assert_true(fold_text(fold, &folded, text));
    buf_append_span(&back, base);
    assert_true(unfold(&back, buf_span(&folded)));
    assert_int_equal(back.len, base.len + text.len);
    assert_true(span_equal(span_from(buf_span(&back), base.len), text));
    size_t len = folded.len;
    buf_fini(&folded);
    buf_fini(&back);
    return len;
}

static size_t alone(const char *base, const char *text)
{
    struct fold *fold = fold_new(span_cstr(base));
    assert_non_null(fold);
    size_t len = round_trip(fold, span_cstr(base), span_cstr(text));
    fold_free(fold);
    return len;
}

static void test_what_does_not_repeat(void **state)
{
    (void)state;
    assert_int_equal(alone("", ""), 0);
    assert_int_equal(alone("", "a"), 1);
    assert_int_equal(alone("abc", "the quick brown fox"), 19);
    assert_int_equal(alone("", "abcabcabcab"), 11); /* a reference would be no shorter */
}

static void test_what_repeats(void **state)
{
    (void)state;
    char run[5001];
    memset(run, 'a', 5000);
    run[5000] = '\0';
    assert_in_range(alone("", run), 2, 16);
    assert_in_range(alone("", "content-type: application/grpc, content-type: application/grpc"), 33, 45);
    assert_int_equal(alone("content-type: application/grpc", "content-type: application/grpc"), strlen("&0,u;"));
    /* From the base into the text. */
    assert_in_range(alone("0123456789abcdef", "ghijklmnop0123456789abcdefghijklmnop"), 11, 25);
}

/* A text leaves nothing behind for the next one. */
static void test_texts_are_folded_alone(void **state)
{
    (void)state;
    struct span base = span_cstr("x-transcheck-case: 1, content-type: application/json");
    struct fold *fold = fold_new(base);
    struct span first = span_cstr("something that only the first text has, content-type: application/json");
    size_t len = round_trip(fold, base, first);
    size_t unlike = round_trip(fold, base, span_cstr("something that only the first text has"));
    assert_int_equal(unlike, 38);
    assert_int_equal(round_trip(fold, base, first), len);
    fold_free(fold);
}

static void test_any_text(void **state)
{
    (void)state;
    uint64_t seed = 1;
    uint8_t base[3000];
    uint8_t text[20000];
    for (unsigned round = 0; round < 200; round++) {
        unsigned letters = 1 + round % 7;
        for (size_t i = 0; i < sizeof base; i++)
            base[i] = (uint8_t)('a' + (seed = seed * 6364136223846793005u + 1442695040888963407u) % 61 % letters);
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t back = (seed >> 33) % 4000;
            text[i] =
                back < i && (seed >> 20) % 50 != 0 ? text[i - back - (back == 0)] : base[(seed >> 40) % sizeof base];
        }
        struct span view = span_of(base, round % 5 == 0 ? round % sizeof base : sizeof base);
        struct fold *fold = fold_new(view);
        for (size_t len = round; len <= sizeof text; len = len * 3 + 1)
            round_trip(fold, view, span_of(text, len));
        fold_free(fold);
    }
}

static void test_limits(void **state)
{
    (void)state;
    uint8_t *text = malloc(FOLD_MAX_TEXT + 1);
    assert_non_null(text);
    memset(text, 'a', FOLD_MAX_TEXT + 1);
    assert_null(fold_new(span_of(text, FOLD_MAX_TEXT + 1)));
    struct fold *fold = fold_new(span_of(text, FOLD_MAX_TEXT));
    assert_non_null(fold);
    struct buf out;
    buf_init(&out, 10);
    assert_false(fold_text(fold, &out, span_of(text, FOLD_MAX_TEXT + 1)));
    assert_false(fold_text(fold, &out, span_cstr("bcdefghijklmn"))); /* `out` is full */
    assert_true(round_trip(fold, span_of(text, FOLD_MAX_TEXT), span_of(text, FOLD_MAX_TEXT)) < 20);
    buf_fini(&out);
    fold_free(fold);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_repeat),
        cmocka_unit_test(test_what_repeats),
        cmocka_unit_test(test_texts_are_folded_alone),
        cmocka_unit_test(test_any_text),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
