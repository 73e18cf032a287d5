/* Target `metadata`: the input is a header value. Every coding of headers, and every escape that text from the wire
 * goes through, is held against what it promises: it comes back, or what comes out can do no harm where it goes. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/escape.h"
#include "harness/base/hex.h"
#include "harness/engine/json/reader.h"
#include "harness/base/base64.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/protojson/well_known.h"

static struct buf first;
static struct buf second;
static struct buf third;

static void check_message(struct span value)
{
    fuzz_buf(&first);
    for (size_t i = 0; i < value.len; i++)
        buf_printf(&first, "%%%02X", value.data[i]);
    FUZZ_CHECK(metadata_message_decode(fuzz_buf(&second), buf_span(&first)));
    FUZZ_CHECK(span_equal(buf_span(&second), value));
    FUZZ_CHECK(metadata_message_decode(fuzz_buf(&second), value) && second.len <= value.len);
}

static void check_base64(struct span value)
{
    for (int pad = 0; pad < 2; pad++) {
        FUZZ_CHECK(base64_encode(fuzz_buf(&first), value, pad));
        FUZZ_CHECK(!pad || first.len % 4 == 0);
        FUZZ_CHECK(base64_decode(fuzz_buf(&second), buf_span(&first)) && span_equal(buf_span(&second), value));
    }
    bool taken = base64_decode(fuzz_buf(&first), value);
    FUZZ_CHECK(taken || first.len == 0);
    if (!taken)
        return;
    FUZZ_CHECK(base64_encode(fuzz_buf(&second), buf_span(&first), false));
    FUZZ_CHECK(base64_decode(fuzz_buf(&third), buf_span(&second)) && span_equal(buf_span(&first), buf_span(&third)));
}

static void check_hex(struct span value)
{
    FUZZ_CHECK(hex_encode(fuzz_buf(&first), value) && first.len == 2 * value.len);
    FUZZ_CHECK(hex_decode(fuzz_buf(&second), buf_span(&first), NULL) == ERR_OK);
    FUZZ_CHECK(span_equal(buf_span(&second), value));
    hex_decode(fuzz_buf(&second), value, NULL);
}

static bool all_digits(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
    }
    return value.len > 0;
}

static void check_numbers(struct span value)
{
    uint32_t code;
    uint64_t ns;
    char text[16] = "";
    uint64_t number = UINT64_MAX;
    if (value.len <= 10 && all_digits(value)) {
        memcpy(text, value.data, value.len);
        number = strtoull(text, NULL, 10);
    }
    bool taken = status_parse(value, &code);
    FUZZ_CHECK(taken == (number <= UINT32_MAX) && (!taken || code == number));
    if (taken) {
        int http = status_to_http(code);
        FUZZ_CHECK((http == 200) == (code == 0) && (code == 0 || (http >= 400 && http <= 599)));
        FUZZ_CHECK((status_name(code) != NULL) == (code < GRPC_STATUS_COUNT));
        FUZZ_CHECK(status_from_http((int)(code & 1023)) != GRPC_OK);
    }
    struct span digits = span_of(value.data, value.len > 0 ? value.len - 1 : 0);
    bool timeout = value.len > 1 && value.len <= 9 && all_digits(digits) &&
                   strchr("HMSmun", value.data[value.len - 1]) && value.data[value.len - 1];
    FUZZ_CHECK(metadata_timeout_parse(value, &ns) == timeout);
}

static void check_times(struct span value)
{
    int64_t seconds;
    int32_t nanos;
    int64_t again_seconds;
    int32_t again_nanos;
    char text[WELL_KNOWN_TEXT_MAX];
    if (well_known_timestamp_parse(value, &seconds, &nanos)) {
        size_t len = well_known_timestamp_print(text, seconds, nanos);
        FUZZ_CHECK(len > 0 && well_known_timestamp_parse(span_of(text, len), &again_seconds, &again_nanos));
        FUZZ_CHECK(seconds == again_seconds && nanos == again_nanos);
    }
    if (well_known_duration_parse(value, &seconds, &nanos)) {
        size_t len = well_known_duration_print(text, seconds, nanos);
        FUZZ_CHECK(len > 0 && well_known_duration_parse(span_of(text, len), &again_seconds, &again_nanos));
        FUZZ_CHECK(seconds == again_seconds && nanos == again_nanos);
    }
    fuzz_buf(&first);
    if (well_known_mask_path_parse(&first, value)) {
        fuzz_buf(&second);
        FUZZ_CHECK(well_known_mask_path_print(&second, buf_span(&first)) && span_equal(buf_span(&second), value));
    }
}

static void check_no_control(struct span text, bool newline)
{
    FUZZ_CHECK(escape_utf8_valid(text));
    for (size_t i = 0; i < text.len; i++)
        FUZZ_CHECK((text.data[i] >= 0x20 && text.data[i] != 0x7f) || (newline && text.data[i] == '\n'));
}

static void check_escapes(struct span value)
{
    FUZZ_CHECK(escape_terminal(fuzz_buf(&first), value));
    check_no_control(buf_span(&first), false);
    FUZZ_CHECK(escape_terminal_cut(fuzz_buf(&first), value, 16));
    check_no_control(buf_span(&first), false);
    for (int form = 0; form < 2; form++) {
        FUZZ_CHECK(form ? escape_xml(fuzz_buf(&first), value) : escape_html(fuzz_buf(&first), value));
        check_no_control(buf_span(&first), false);
        for (size_t i = 0; i < first.len; i++)
            FUZZ_CHECK(first.data[i] == 0 || !strchr("<>\"'", first.data[i]));
    }
    FUZZ_CHECK(escape_json(fuzz_buf(&first), value) && json_validate(buf_span(&first), NULL) == ERR_OK);
    check_no_control(buf_span(&first), false);
    FUZZ_CHECK(escape_shell(fuzz_buf(&first), value));
    for (size_t i = 0; i < first.len; i++)
        FUZZ_CHECK(first.data[i] >= 0x20 && first.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span value = span_of(data, size);
    if (size > 65536)
        return 0;
    check_message(value);
    check_base64(value);
    check_hex(value);
    check_numbers(value);
    check_times(value);
    check_escapes(value);
    return 0;
}
