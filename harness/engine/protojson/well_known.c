/* The JSON texts of Timestamp, Duration and FieldMask, and the wire bytes of what they mean. */
#include "harness/engine/protojson/well_known.h"

#include "harness/engine/json/number.h"
#include "harness/engine/json/number_take.h"
#include "harness/engine/proto/wire.h"

#define TIMESTAMP_MIN (-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX 253402300799   /* 9999-12-31T23:59:59Z */
#define DURATION_MAX  315576000000
#define NANOS_MAX     999999999

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* `count` digits at *at, which is moved behind them; -1 when they are not. */
static int digits_read(struct span text, size_t *at, size_t count)
{
    int value = 0;
    if (text.len - *at < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = text.data[*at + i];
        if (!is_digit(byte))
            return -1;
        value = value * 10 + (byte - '0');
    }
    *at += count;
    return value;
}

static bool byte_read(struct span text, size_t *at, uint8_t byte)
{
    if (*at >= text.len || text.data[*at] != byte)
        return false;
    (*at)++;
    return true;
}

/* '.' and 1 to 9 digits, or nothing. */
static bool fraction_read(struct span text, size_t *at, int32_t *nanos)
{
    static const int32_t scale[10] = {0, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    *nanos = 0;
    if (!byte_read(text, at, '.'))
        return true;
    const uint8_t *begin = text.data + *at;
    uint64_t value = 0;
    size_t count = (size_t)(number_take_digits(begin, text.data + text.len, &value) - begin);
    if (count == 0 || count > 9)
        return false;
    *nanos = (int32_t)value * scale[count];
    *at += count;
    return true;
}

/* Nothing, or '.' and 3, 6 or 9 digits; ten bytes are written. */
static size_t fraction_print(char *text, uint32_t nanos)
{
    uint32_t rest = nanos;
    text[0] = '.';
    for (size_t i = 9; i > 0; i--, rest /= 10)
        text[i] = (char)('0' + rest % 10);
    size_t len = 4 + (nanos % 1000000 != 0 ? 3u : 0u) + (nanos % 1000 != 0 ? 3u : 0u);
    return nanos == 0 ? 0 : len;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01. Years begin in March here, so that the leap day is the last of a year. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t d = days + 719468;
    int64_t era = d / 146097; /* of 400 years; d is not negative from year 1 on */
    int64_t doe = d % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t m = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2 ? 1 : 0));
}

/* Seconds of "hh:mm". */
static bool clock_read(struct span text, size_t *at, int *seconds)
{
    int hour = digits_read(text, at, 2);
    if (hour < 0 || hour > 23 || !byte_read(text, at, ':'))
        return false;
    int minute = digits_read(text, at, 2);
    *seconds = hour * 3600 + minute * 60;
    return minute >= 0 && minute <= 59;
}

/* "YYYY-MM-DDTHH:MM:SS" as seconds, when it is one. */
static bool moment_read(struct span text, size_t *at, int64_t *seconds)
{
    *at = 0;
    int year = digits_read(text, at, 4);
    if (year < 1 || !byte_read(text, at, '-'))
        return false;
    int month = digits_read(text, at, 2);
    if (month < 1 || month > 12 || !byte_read(text, at, '-'))
        return false;
    int day = digits_read(text, at, 2);
    if (day < 1 || day > month_days(year, month) || !byte_read(text, at, 'T'))
        return false;
    int clock;
    if (!clock_read(text, at, &clock) || !byte_read(text, at, ':'))
        return false;
    int second = digits_read(text, at, 2);
    *seconds = days_from_date(year, month, day) * 86400 + clock + second;
    return second >= 0 && second <= 59;
}

bool well_known_timestamp_parse(struct span text, int64_t *seconds, int32_t *nanos)
{
    size_t at;
    if (!moment_read(text, &at, seconds) || !fraction_read(text, &at, nanos))
        return false;
    if (!byte_read(text, &at, 'Z')) {
        int offset;
        bool east = byte_read(text, &at, '+');
        if ((!east && !byte_read(text, &at, '-')) || !clock_read(text, &at, &offset))
            return false;
        *seconds += east ? -offset : offset;
    }
    return at == text.len && *seconds >= TIMESTAMP_MIN && *seconds <= TIMESTAMP_MAX;
}

size_t well_known_timestamp_print(char text[WELL_KNOWN_TEXT_MAX], int64_t seconds, int32_t nanos)
{
    if (seconds < TIMESTAMP_MIN || seconds > TIMESTAMP_MAX || nanos < 0 || nanos > NANOS_MAX)
        return 0;
    int64_t shifted = seconds - TIMESTAMP_MIN; /* not negative, so that division rounds down */
    int64_t days = shifted / 86400 + TIMESTAMP_MIN / 86400;
    unsigned clock = (unsigned)(shifted % 86400);
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    number_put2(text, (unsigned)year / 100);
    number_put2(text + 2, (unsigned)year % 100);
    text[4] = '-';
    number_put2(text + 5, (unsigned)month);
    text[7] = '-';
    number_put2(text + 8, (unsigned)day);
    text[10] = 'T';
    number_put2(text + 11, clock / 3600);
    text[13] = ':';
    number_put2(text + 14, clock / 60 % 60);
    text[16] = ':';
    number_put2(text + 17, clock % 60);
    size_t len = 19 + fraction_print(text + 19, (uint32_t)nanos);
    text[len++] = 'Z';
    return len;
}

bool well_known_duration_parse(struct span text, int64_t *seconds, int32_t *nanos)
{
    size_t at = 0;
    bool negative = byte_read(text, &at, '-');
    size_t begin = at;
    int64_t value = 0;
    while (at < text.len && is_digit(text.data[at]) && value <= DURATION_MAX)
        value = value * 10 + (text.data[at++] - '0');
    if (at == begin || value > DURATION_MAX || !fraction_read(text, &at, nanos) || !byte_read(text, &at, 's') ||
        at != text.len)
        return false;
    *seconds = negative ? -value : value;
    if (negative)
        *nanos = -*nanos;
    return true;
}

size_t well_known_duration_print(char text[WELL_KNOWN_TEXT_MAX], int64_t seconds, int32_t nanos)
{
    if (seconds < -DURATION_MAX || seconds > DURATION_MAX || nanos < -NANOS_MAX || nanos > NANOS_MAX ||
        (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        return 0;
    bool negative = seconds < 0 || nanos < 0;
    size_t len = 0;
    if (negative)
        text[len++] = '-';
    len += number_print_uint64(text + len, (uint64_t)(negative ? -seconds : seconds));
    len += fraction_print(text + len, (uint32_t)(negative ? -nanos : nanos));
    text[len++] = 's';
    return len;
}

/* ---- field masks */

bool well_known_mask_path_parse(struct buf *out, struct span path)
{
    if (span_is(path, "*"))
        return buf_append_span(out, path);
    if (path.len > SIZE_MAX / 2)
        return false;
    uint8_t *to = buf_reserve(out, path.len * 2);
    size_t len = 0;
    for (size_t i = 0; to && i < path.len; i++) {
        uint8_t byte = path.data[i];
        if (byte >= 'A' && byte <= 'Z') {
            to[len++] = '_';
            byte |= 0x20;
        } else if (!(byte >= 'a' && byte <= 'z') && !is_digit(byte) && byte != '.') {
            return false;
        }
        to[len++] = byte;
    }
    if (to)
        buf_commit(out, len);
    return to && path.len > 0;
}

bool well_known_mask_path_print(struct buf *out, struct span path)
{
    if (span_is(path, "*"))
        return buf_append_span(out, path);
    bool raise = false;
    for (size_t i = 0; i < path.len; i++) {
        uint8_t byte = path.data[i];
        bool letter = byte >= 'a' && byte <= 'z';
        if (raise ? !letter : !letter && !is_digit(byte) && byte != '.' && byte != '_')
            return false;
        if (byte != '_')
            buf_append_byte(out, raise ? (uint8_t)(byte & ~0x20) : byte);
        raise = byte == '_';
    }
    return path.len > 0 && !raise;
}

/* ---- as wire bytes */

bool well_known_put_moment(struct buf *out, int64_t seconds, int32_t nanos)
{
    if (seconds != 0) {
        wire_put_tag(out, 1, WIRE_VARINT);
        wire_put_varint(out, (uint64_t)seconds);
    }
    if (nanos != 0) {
        wire_put_tag(out, 2, WIRE_VARINT);
        wire_put_varint(out, (uint64_t)(int64_t)nanos);
    }
    return !out->failed;
}

bool well_known_put_mask(struct buf *out, struct span text)
{
    size_t at = 0;
    while (text.len > 0 && at <= text.len) {
        size_t comma = span_index_of(text, ',', at);
        wire_put_tag(out, 1, WIRE_LEN);
        size_t body = wire_len_begin(out);
        if (!well_known_mask_path_parse(out, span_of(text.data + at, comma - at)))
            return out->failed;
        wire_len_end(out, body);
        at = comma + 1;
    }
    return true;
}
