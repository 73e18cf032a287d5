/* Text that is looked at many bytes at a time, against the same character by character: strings of every length up to
 * some blocks, in every alphabet, well-formed and not, each at the end of readable memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/engine/json/plain.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/json/writer.h"
#include "harness/engine/proto/wire.h"
#include "harness/base/tests/guard.h"
#include "harness/engine/tests/protojson_fixture.h"

#define TEXTS    60000
#define TEXT_MAX 140

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The borders of what may be encoded in each length, and of the surrogates. */
static const char *const characters[] = {
    "a",
    "Z",
    " ",
    "~",
    "\x7f",
    "\"",
    "\\",
    "\n",
    "\x1f",
    "\xc2\x80",
    "\xc3\xa9",
    "\xd0\xba",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xe0\xbf\xbf",
    "\xe1\x80\x80",
    "\xe9\x9d\xa2",
    "\xec\xbf\xbf",
    "\xed\x80\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf0\x9f\x98\x80",
    "\xf4\x8f\xbf\xbf",
};

/* Bytes that are wrong nearly everywhere. */
static const uint8_t wrong[] = {0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};

/* A text that mostly keeps to a few kinds of characters, as texts do. */
static size_t text_make(uint8_t text[TEXT_MAX + 4], uint64_t *seed)
{
    size_t count = sizeof characters / sizeof *characters;
    size_t want = random_next(seed) % TEXT_MAX;
    size_t first = random_next(seed) % count;
    size_t kinds = 1 + random_next(seed) % 4;
    bool ascii = random_next(seed) % 4 != 0;
    size_t len = 0;
    while (len < want) {
        size_t kind =
            random_next(seed) % 8 == 0 ? random_next(seed) % count : (first + random_next(seed) % kinds) % count;
        if (ascii && random_next(seed) % 2 == 0)
            kind = random_next(seed) % 4;
        size_t size = strlen(characters[kind]);
        memcpy(text + len, characters[kind], size);
        len += size;
    }
    if (len > 0 && random_next(seed) % 3 == 0)
        text[random_next(seed) % len] = wrong[random_next(seed) % sizeof wrong];
    return len;
}

/* Which of 32 bytes are plain, and how far plain bytes go. */
static void test_plain_bytes(void **state)
{
    (void)state;
    struct guard guard;
    uint64_t seed = 3;
    guard_init(&guard, 4096);
    for (int i = 0; i < TEXTS; i++) {
        uint8_t made[TEXT_MAX + 4];
        struct span text = guard_place(&guard, span_of(made, text_make(made, &seed)));
        uint32_t found = 0;
        bool readable = json_plain_short(text.data, text.data + text.len, &found);
#ifdef __SSE2__
        assert_int_equal(readable, text.len >= JSON_PLAIN_SHORT);
#endif
        for (size_t at = 0; readable && at < JSON_PLAIN_SHORT; at++)
            assert_int_equal(found >> at & 1, !json_plain_byte(text.data[at]));
        size_t end = 0;
        while (end < text.len && json_plain_byte(text.data[end]))
            end++;
        assert_int_equal(json_plain_end(text, 0), end);
    }
    guard_fini(&guard);
}

/* What json_string_end promises, character by character. */
static const uint8_t *end_of_string(const uint8_t *at, const uint8_t *end, bool *escaped)
{
    *escaped = false;
    while (at != end && *at != '"') {
        size_t step = escape_utf8_len(span_of(at, (size_t)(end - at)));
        if (step == 0 || *at < 0x20)
            return NULL;
        if (*at == '\\') {
            *escaped = true;
            if (end - at < 2 || !strchr("\"\\/bfnrt", at[1]) || at[1] == '\0')
                return NULL;
            step = 2;
        }
        at += step;
    }
    return at != end ? at : NULL;
}

static void test_string_end(void **state)
{
    (void)state;
    struct guard guard;
    uint64_t seed = 5;
    size_t good = 0;
    guard_init(&guard, 4096);
    for (int i = 0; i < TEXTS; i++) {
        uint8_t text[TEXT_MAX + 8];
        size_t len = text_make(text, &seed);
        for (size_t at = 0; at + 1 < len && i % 2 == 0; at++) {
            if (text[at] == '\\' && text[at + 1] < 0x80)
                text[at + 1] = (uint8_t) "\"\\/bfnrtx"[random_next(&seed) % 9];
            else if (text[at] < 0x20 || text[at] == '"')
                text[at] = '.';
        }
        text[len] = '"';
        struct span placed = guard_place(&guard, span_of(text, len + (i % 7 != 0)));
        const uint8_t *end = placed.data + placed.len;
        bool escaped = false;
        bool expected_escaped;
        const uint8_t *expected = end_of_string(placed.data, end, &expected_escaped);
        assert_ptr_equal(json_string_end(placed.data, end, &escaped), expected);
        if (expected)
            assert_int_equal(escaped, expected_escaped);
        good += expected != NULL;
    }
    assert_in_range(good, TEXTS / 10, TEXTS - TEXTS / 10);
    guard_fini(&guard);
}

/* A string in a list, every other time with bytes behind it that can be read. */
static void test_printing(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "google.protobuf.ListValue");
    struct guard guard;
    struct buf expected;
    uint64_t seed = 7;
    guard_init(&guard, 4096);
    buf_init(&expected, 4096);
    for (int i = 0; i < TEXTS; i++) {
        uint8_t text[TEXT_MAX + 8];
        struct span string = span_of(text, text_make(text, &seed));
        buf_reset(&expected);
        buf_append_byte(&expected, '[');
        bool valid = json_write_string(&expected, string);
        buf_append_cstr(&expected, i % 2 == 0 ? "]" : ",1]");
        buf_reset(&fixture->wire);
        wire_put_tag(&fixture->wire, 1, WIRE_LEN);
        size_t value = wire_len_begin(&fixture->wire);
        wire_put_tag(&fixture->wire, 3, WIRE_LEN);
        wire_put_bytes(&fixture->wire, string);
        wire_len_end(&fixture->wire, value);
        if (i % 2 != 0)
            buf_append(&fixture->wire, "\n\x09\x11\0\0\0\0\0\0\xf0\x3f", 11);
        struct span wire = guard_place(&guard, buf_span(&fixture->wire));
        enum err_code code = fixture_print_span(fixture, message, wire, NULL);
        assert_int_equal(code, valid ? ERR_OK : ERR_RANGE);
        if (valid)
            assert_true(span_equal(buf_span(&fixture->json), buf_span(&expected)));
    }
    buf_fini(&expected);
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_bytes),
        cmocka_unit_test(test_string_end),
        cmocka_unit_test_setup_teardown(test_printing, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
