/* Tests of the wire format's walker and writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/base/hex.h"
#include "harness/engine/proto/wire.h"
#include "harness/engine/proto/wire_fault.h"

static void bytes_of(struct buf *out, const char *hex)
{
    buf_reset(out);
    assert_int_equal(hex_decode(out, span_cstr(hex), NULL), ERR_OK);
}

/* All fields of a message as text: "number:type=value " with hex for bytes; '!' where it is malformed. */
static void describe(struct buf *text, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    buf_reset(text);
    wire_reader_init(&reader, message);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        buf_printf(text, "%u:%d=", field.number, (int)field.type);
        if (field.type == WIRE_LEN || field.type == WIRE_GROUP_BEGIN)
            hex_encode(text, field.bytes);
        else
            buf_printf(text, "%llu", (unsigned long long)field.value);
        buf_append_byte(text, ' ');
    }
    if (result == WIRE_BAD) {
        buf_append_byte(text, '!');
        assert_int_equal(wire_next(&reader, &field), WIRE_BAD); /* for good */
    }
    buf_append(text, "", 0);
}

static void test_fields(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"0801", "1:0=1 "},
        {"08ffffffffffffffffff01", "1:0=18446744073709551615 "},
        {"0880808080808080808000", "1:0=0 "}, /* longer than needed, and still a varint */
        {"0900000000000000f0", "1:1=17293822569102704640 "},
        {"0dffffffff", "1:5=4294967295 "},
        {"0a00", "1:2= "},
        {"0a03616263", "1:2=616263 "},
        {"0b0c", "1:3= "},
        {"0b0801130d010000001410000c", "1:3=0801130d01000000141000 "},
        {"f8ffffff0f01", "536870911:0=1 "},
        {"888080800001", "1:0=1 "}, /* a tag of 5 bytes */
        {"08011002", "1:0=1 2:0=2 "},
        {"00", "!"}, /* field number 0 */
        {"0001", "!"},
        {"08", "!"},                       /* no value */
        {"0880", "!"},                     /* cut */
        {"08ffffffffffffffffff02", "!"},   /* the tenth byte is too large */
        {"08ffffffffffffffffffff01", "!"}, /* eleven bytes */
        {"88808080808001", "!"},           /* a tag of six bytes */
        {"f8ffffff1f01", "!"},             /* a field number beyond 2^29 - 1 */
        {"0e", "!"},                       /* wire types 6 and 7 */
        {"0f", "!"},
        {"0c", "!"},   /* an end without a beginning */
        {"0b", "!"},   /* a beginning without an end */
        {"0b14", "!"}, /* another's end */
        {"0b130c14", "!"},
        {"0b00000c", "!"},
        {"0a04616263", "!"}, /* longer than what follows */
        {"0affffffffffffffffff01", "!"},
        {"0d010203", "!"},
        {"0901020304050607", "!"},
        {"080100", "1:0=1 !"},
    };
    struct buf bytes, text;
    buf_init(&bytes, 4096);
    buf_init(&text, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bytes_of(&bytes, rows[i][0]);
        describe(&text, buf_span(&bytes));
        const char *got = text.data ? (const char *)text.data : "";
        if (strcmp(got, rows[i][1]) != 0)
            fail_msg("%s: expected %s, got %s", rows[i][0], rows[i][1], got);
    }
    buf_fini(&bytes);
    buf_fini(&text);
}

static void test_group_depth(void **state)
{
    (void)state;
    struct buf bytes, text;
    buf_init(&bytes, 4096);
    buf_init(&text, 4096);
    for (size_t depth = WIRE_MAX_GROUPS; depth <= WIRE_MAX_GROUPS + 1; depth++) {
        buf_reset(&bytes);
        for (size_t i = 0; i < depth; i++)
            buf_append_byte(&bytes, 0x0b);
        for (size_t i = 0; i < depth; i++)
            buf_append_byte(&bytes, 0x0c);
        describe(&text, buf_span(&bytes));
        assert_int_equal(text.data[text.len - 1], depth > WIRE_MAX_GROUPS ? '!' : ' ');
    }
    buf_fini(&bytes);
    buf_fini(&text);
}

/* Each prefix is either cut at the end of a field, or malformed. */
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct buf bytes;
    buf_init(&bytes, 4096);
    bytes_of(&bytes, "089601 110102030405060708 1a0568656c6c6f 2d01020304 33 3801 420161 34 b80a80808080808080808001");
    struct wire_reader reader;
    struct wire_field field;
    size_t complete = 0;
    for (size_t len = 0; len <= bytes.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, bytes.data, len);
        wire_reader_init(&reader, span_of(exact, len));
        enum wire_result result;
        while ((result = wire_next(&reader, &field)) == WIRE_FIELD)
            continue;
        complete += result == WIRE_END;
        free(exact);
    }
    assert_int_equal(complete, 7); /* the empty prefix and one after each of the six fields */
    buf_fini(&bytes);
}

static void test_packed(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x01, 0x96, 0x01, 0x80};
    struct wire_reader reader;
    uint64_t value;
    wire_reader_init(&reader, span_of(bytes, 3));
    assert_true(wire_packed_varint(&reader, &value));
    assert_int_equal(value, 1);
    assert_true(wire_packed_varint(&reader, &value));
    assert_int_equal(value, 150);
    assert_false(wire_packed_varint(&reader, &value));
    assert_ptr_equal(reader.at, reader.end);
    wire_reader_init(&reader, span_of(bytes, 4));
    while (wire_packed_varint(&reader, &value))
        continue;
    assert_ptr_equal(reader.at, bytes + 3);
    assert_int_equal(wire_fixed_get(bytes, 4), 0x80019601u);
}

static void test_zigzag(void **state)
{
    (void)state;
    static const int64_t values[] = {0, -1, 1, -2, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    static const uint64_t codes[] = {0, 1, 2, 3, 4294967294u, 4294967295u, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_true(wire_zigzag_encode(values[i]) == codes[i]);
        assert_true(wire_zigzag_decode(codes[i]) == values[i]);
    }
}

static void test_write(void **state)
{
    (void)state;
    struct buf out, text;
    buf_init(&out, 4096);
    buf_init(&text, 4096);
    wire_put_tag(&out, 1, WIRE_VARINT);
    wire_put_varint(&out, 150);
    wire_put_tag(&out, 2, WIRE_FIXED32);
    wire_put_fixed32(&out, 0x01020304);
    wire_put_tag(&out, 3, WIRE_FIXED64);
    wire_put_fixed64(&out, 0x0102030405060708);
    wire_put_tag(&out, WIRE_MAX_NUMBER, WIRE_LEN);
    assert_true(wire_put_bytes(&out, span_cstr("abc")));
    hex_encode(&text, buf_span(&out));
    assert_string_equal((char *)text.data, "0896011504030201190807060504030201faffffff0f03616263");
    buf_fini(&out);
    buf_fini(&text);
}

/* Lengths of one, two and three bytes, one inside the other, are the same as when they are known beforehand. */
static void test_late_lengths(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 129, 16380, 16381, 16384, 70000};
    static uint8_t filler[70000];
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf out, inner, expected;
        buf_init(&out, 1 << 20);
        buf_init(&inner, 1 << 20);
        buf_init(&expected, 1 << 20);
        size_t outer_at = wire_len_begin(&out);
        size_t inner_at = wire_len_begin(&out);
        buf_append(&out, filler, sizes[i]);
        assert_true(wire_len_end(&out, inner_at));
        buf_append_byte(&out, 'y');
        assert_true(wire_len_end(&out, outer_at));
        wire_put_bytes(&inner, span_of(filler, sizes[i]));
        buf_append_byte(&inner, 'y');
        wire_put_bytes(&expected, buf_span(&inner));
        assert_int_equal(out.len, expected.len);
        assert_memory_equal(out.data, expected.data, out.len);
        assert_int_equal(out.data[out.len], 0);
        buf_fini(&out);
        buf_fini(&inner);
        buf_fini(&expected);
    }
}

/* Nothing is written beyond the maximum, wherever it falls, and the failure is seen at the end. */
static void test_full(void **state)
{
    (void)state;
    for (size_t max = 0; max < 140; max++) {
        struct buf out;
        buf_init(&out, max);
        wire_put_tag(&out, 1, WIRE_LEN);
        size_t body = wire_len_begin(&out);
        for (int i = 0; i < 16; i++)
            wire_put_fixed64(&out, UINT64_MAX);
        bool ok = wire_len_end(&out, body);
        assert_int_equal(ok, max >= 131);
        assert_int_equal(out.failed, !ok);
        assert_true(out.len <= max);
        buf_fini(&out);
    }
}

/* Every reason has its words, and the words say what wire_next found. */
static void test_faults(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "the end"},
        {"80", "a tag that is cut"},
        {"808080808000", "a tag of more than 32 bits"},
        {"f8ffffff1f01", "a tag of more than 32 bits"},
        {"0001", "the field number 0"},
        {"0e", "field 1 with the wire type 6"},
        {"0c", "the end of group 1, which did not begin"},
        {"0b14", "group 1, which does not end well"},
        {"08", "field 1 with a varint that is cut"},
        {"0880", "field 1 with a varint that is cut"},
        {"08ffffffffffffffffff02", "field 1 with a varint of more than 64 bits"},
        {"0a80", "field 1 with a length that is cut"},
        {"0a04616263", "field 1 with a length of 4 and 3 bytes behind it"},
        {"fa00ffffffffffffffffff01", "field 15 with a length of 18446744073709551615 and 0 bytes behind it"},
        {"0d010203", "field 1 with 3 bytes instead of 4"},
        {"09", "field 1 with 0 bytes instead of 8"},
    };
    struct buf bytes;
    buf_init(&bytes, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[WIRE_FAULT_MAX];
        struct wire_reader reader;
        struct wire_field field;
        bytes_of(&bytes, rows[i][0]);
        assert_string_equal(wire_fault_text(buf_span(&bytes), text), rows[i][1]);
        wire_reader_init(&reader, buf_span(&bytes));
        assert_int_equal(wire_next(&reader, &field), i == 0 ? WIRE_END : WIRE_BAD);
    }
    buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_group_depth),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_zigzag),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_late_lengths),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
