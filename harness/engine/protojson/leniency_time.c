/* Timestamps and durations as some peers read them: with the tolerance of strtol, strptime and absl::ParseTime. */
#include "harness/engine/protojson/leniency_time.h"

#include "harness/engine/protojson/well_known.h"

#include <stdio.h>

#define NANOS_DIGITS 9

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct span *rest, uint8_t c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    *rest = span_from(*rest, 1);
    return true;
}

static void skip_blanks(struct span *rest)
{
    while (take(rest, ' '))
        ;
}

/* One digit or more, at most `most`. */
static bool take_number(struct span *rest, size_t most, unsigned *value)
{
    size_t digits = 0;
    *value = 0;
    for (; rest->len > 0 && is_digit(rest->data[0]) && digits < most; *rest = span_from(*rest, 1), digits++)
        *value = *value * 10 + (unsigned)(rest->data[0] - '0');
    return digits > 0;
}

/* What is behind the dot, cut to nine digits; `exact`: behind these are only zeros. Empty when there is none. */
static struct span take_fraction(struct span *rest, bool *exact)
{
    struct span digits = *rest;
    size_t len = 0;
    *exact = true;
    for (; rest->len > 0 && is_digit(rest->data[0]); *rest = span_from(*rest, 1), len++)
        *exact = *exact && (len < NANOS_DIGITS || rest->data[0] == '0');
    return span_of(digits.data, len < NANOS_DIGITS ? len : NANOS_DIGITS);
}

static bool take_zone(struct span *rest, char text[8])
{
    unsigned hours;
    unsigned minutes;
    if (take(rest, 'Z')) {
        snprintf(text, 8, "Z");
        return true;
    }
    char sign = rest->len > 0 && rest->data[0] == '-' ? '-' : '+';
    if (!take(rest, (uint8_t)sign))
        return false;
    skip_blanks(rest);
    if (!take_number(rest, 2, &hours) || !take(rest, ':') || !take_number(rest, 2, &minutes))
        return false;
    snprintf(text, 8, "%c%02u:%02u", sign, hours, minutes);
    return true;
}

/* The parts are put together as RFC 3339 has them, and that is read strictly. A leap second is the one after it. */
static bool timestamp(struct span text, int64_t *seconds, int32_t *nanos)
{
    enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };
    static const uint8_t behind[PARTS] = {'-', '-', 'T', ':', ':', 0};
    unsigned part[PARTS];
    struct span fraction = span_of(NULL, 0);
    char zone[8];
    char strict[80];
    bool exact;
    while (text.len > 0 && (text.data[0] == ' ' || (text.data[0] >= '\t' && text.data[0] <= '\r')))
        text = span_from(text, 1);
    while (text.len > 1 && text.data[0] == '0' && is_digit(text.data[1]))
        text = span_from(text, 1);
    for (int i = 0; i < PARTS; i++) {
        if (!take_number(&text, i == YEAR ? 4 : 2, &part[i]) || (behind[i] && !take(&text, behind[i])))
            return false;
    }
    if (take(&text, '.'))
        fraction = take_fraction(&text, &exact);
    if (!take_zone(&text, zone) || text.len > 0)
        return false;
    bool leap = part[SECOND] == 60;
    snprintf(strict, sizeof strict, "%04u-%02u-%02uT%02u:%02u:%02u%s%.*s%s", part[YEAR], part[MONTH], part[DAY],
             part[HOUR], part[MINUTE], leap ? 59 : part[SECOND], fraction.len > 0 ? "." : "", SPAN_FMT(fraction), zone);
    if (!well_known_timestamp_parse(span_cstr(strict), seconds, nanos))
        return false;
    char printed[WELL_KNOWN_TEXT_MAX];
    if (leap) {
        *seconds += 1;
        *nanos = 0;
    }
    return well_known_timestamp_print(printed, *seconds, *nanos) > 0;
}

static bool duration(struct span text, int64_t *seconds, int32_t *nanos)
{
    char strict[40];
    struct span fraction = span_of(NULL, 0);
    bool exact = true;
    skip_blanks(&text);
    bool negative = take(&text, '-');
    if (!negative)
        take(&text, '+');
    skip_blanks(&text);
    struct span whole = text;
    while (text.len > 0 && is_digit(text.data[0]))
        text = span_from(text, 1);
    whole.len -= text.len;
    while (whole.len > 1 && whole.data[0] == '0')
        whole = span_from(whole, 1);
    if (take(&text, '.'))
        fraction = take_fraction(&text, &exact);
    else
        skip_blanks(&text);
    if (!exact || !span_is(text, "s") || whole.len > 12)
        return false;
    snprintf(strict, sizeof strict, "%s%.*s%s%.*ss", negative ? "-" : "", SPAN_FMT(whole), fraction.len > 0 ? "." : "",
             SPAN_FMT(fraction));
    return well_known_duration_parse(span_cstr(strict), seconds, nanos);
}

bool leniency_time_read(struct leniency_set set, enum schema_well_known kind, struct span text, int64_t *seconds,
                        int32_t *nanos)
{
    if (!leniency_has(set, LENIENCY_LOOSE_TIMES))
        return false;
    return kind == SCHEMA_WKT_TIMESTAMP ? timestamp(text, seconds, nanos) : duration(text, seconds, nanos);
}

struct span leniency_time_text(struct leniency_set set, enum schema_well_known kind, struct span text,
                               struct arena *arena)
{
    char out[WELL_KNOWN_TEXT_MAX];
    int64_t seconds;
    int32_t nanos;
    if (!leniency_time_read(set, kind, text, &seconds, &nanos))
        return span_of(NULL, 0);
    size_t len = kind == SCHEMA_WKT_TIMESTAMP ? well_known_timestamp_print(out, seconds, nanos)
                                              : well_known_duration_print(out, seconds, nanos);
    return arena_dup(arena, span_of(out, len));
}
