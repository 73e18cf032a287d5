/* Text that only a leniency takes: numbers, names of enums and fields, base64, field masks. */
#include "harness/engine/protojson/leniency_text.h"

#include "harness/engine/protojson/leniency_time.h"
#include "harness/base/base64.h"
#include "harness/engine/protojson/well_known.h"

static const struct span none;

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

struct span leniency_text_number(struct leniency_set set, struct span text, struct arena *arena)
{
    size_t at = 0;
    bool negative = text.len > 0 && text.data[0] == '-';
    if (text.len > 0 && text.data[0] == '+' && !leniency_has(set, LENIENCY_PLUS_SIGN))
        return none;
    if (negative || (text.len > 0 && text.data[0] == '+'))
        at++;
    if (at >= text.len || !is_digit(text.data[at]))
        return none;
    while (leniency_has(set, LENIENCY_LEADING_ZEROS) && at + 1 < text.len && text.data[at] == '0' &&
           is_digit(text.data[at + 1]))
        at++;
    if (!negative)
        return span_from(text, at);
    uint8_t *out = arena_alloc(arena, text.len + 1);
    if (!out)
        return none;
    out[0] = '-';
    memcpy(out + 1, text.data + at, text.len - at);
    return span_of(out, text.len - at + 1);
}

const struct schema_enum_value *leniency_text_enum(struct leniency_set set, const struct schema_enum *enumeration,
                                                   struct span name)
{
    for (size_t i = 0; leniency_has(set, LENIENCY_ENUM_CASE) && i < enumeration->value_count; i++) {
        if (span_equal_nocase(enumeration->values[i].name, name))
            return &enumeration->values[i];
    }
    return leniency_has(set, LENIENCY_UNKNOWN_ENUM_ZERO) && enumeration->value_count > 0 ? &enumeration->values[0]
                                                                                         : NULL;
}

const struct schema_field *leniency_text_field(struct leniency_set set, const struct schema_message *message,
                                               struct span name)
{
    for (size_t i = 0; leniency_has(set, LENIENCY_FIELD_CASE) && i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        if (!field->extension && (span_equal_nocase(field->json_name, name) || span_equal_nocase(field->name, name)))
            return field;
    }
    return NULL;
}

struct span leniency_text_mask(struct leniency_set set, struct span text, struct arena *arena)
{
    uint8_t *out = leniency_has(set, LENIENCY_MASK_NAMES) ? arena_alloc(arena, text.len + 1) : NULL;
    size_t len = 0;
    if (!out)
        return none;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t next = i + 1 < text.len ? text.data[i + 1] : 0;
        if (text.data[i] >= 'A' && text.data[i] <= 'Z')
            return none; /* a name with capitals would not come back the same from camelCase */
        if (text.data[i] != '_')
            out[len++] = text.data[i];
        else if (next < 'a' || next > 'z')
            return none;
        else
            out[len++] = (uint8_t)(text.data[++i] - 'a' + 'A');
    }
    return span_of(out, len);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool leniency_text_base64(struct buf *out, struct span text)
{
    uint32_t bits = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.len && text.data[i] != '='; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0)
            continue;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_append_byte(out, (uint8_t)(bits >> count));
        }
    }
    return !out->failed;
}

/* ---- texts of URLs */

static bool is_integer(enum schema_type type)
{
    switch (type) {
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
    case SCHEMA_BOOL:
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_ENUM:
    case SCHEMA_MESSAGE:
    case SCHEMA_GROUP:
        return false;
    default:
        return true;
    }
}

static struct span boolean(struct leniency_set set, struct span text)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "False"};
    for (size_t i = 0; leniency_has(set, LENIENCY_GO_BOOLS) && i < sizeof yes / sizeof *yes; i++) {
        if (span_is(text, yes[i]))
            return span_cstr("true");
        if (span_is(text, no[i]))
            return span_cstr("false");
    }
    if (leniency_has(set, LENIENCY_JAVA_BOOLS))
        return span_cstr(span_equal_nocase(text, span_cstr("true")) ? "true" : "false");
    return none;
}

/* An integer literal of Go: a sign, a base prefix (0x 0b 0o 0), underscores between digits and behind the prefix. */
static struct span go_integer(struct span text, struct arena *arena)
{
    uint64_t value = 0;
    unsigned base = 10;
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    size_t digits = 0;
    bool after_digit = false; /* an underscore may follow */
    if (text.len - at > 1 && text.data[at] == '0') {
        uint8_t kind = text.data[at + 1] | 0x20;
        base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
        at += kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1;
        after_digit = true;
    }
    for (; at < text.len; at++) {
        uint8_t c = text.data[at];
        uint8_t lower = c | 0x20;
        unsigned digit = is_digit(c)                    ? c - (unsigned)'0'
                         : lower >= 'a' && lower <= 'f' ? lower - (unsigned)'a' + 10
                                                        : 16;
        if (c == '_' && after_digit && at + 1 < text.len) {
            after_digit = false;
            continue;
        }
        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return none;
        value = value * base + digit;
        after_digit = true;
        digits++;
    }
    if (digits == 0)
        return none;
    char *out = arena_printf(arena, "%s%llu", text.data[0] == '-' ? "-" : "", (unsigned long long)value);
    return span_cstr(out);
}

/* The unit at *at as a number of nanoseconds; 0 when there is none. */
static uint64_t go_unit(struct span text, size_t *at)
{
    static const struct {
        const char *name;
        uint64_t nanos;
    } units[] = {{"ns", 1},       {"us", 1000},       {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
                 {"ms", 1000000}, {"s", 1000000000u}, {"m", 60000000000u}, {"h", 3600000000000u}};
    struct span rest = span_from(text, *at);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (span_starts_with(rest, units[i].name)) {
            *at += strlen(units[i].name);
            return units[i].nanos;
        }
    }
    return 0;
}

/* One number with its unit, in nanoseconds. */
static bool go_part(struct span text, size_t *at, uint64_t *nanos)
{
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t scale = 1;
    size_t digits = 0;
    for (; *at < text.len && is_digit(text.data[*at]); (*at)++, digits++) {
        if (whole > INT64_MAX / 10)
            return false;
        whole = whole * 10 + (uint64_t)(text.data[*at] - '0');
    }
    if (*at < text.len && text.data[*at] == '.') {
        for (++*at; *at < text.len && is_digit(text.data[*at]); (*at)++, digits++) {
            if (scale < 1000000000u) {
                fraction = fraction * 10 + (uint64_t)(text.data[*at] - '0');
                scale *= 10;
            }
        }
    }
    uint64_t unit = digits > 0 ? go_unit(text, at) : 0;
    if (unit == 0 || whole > INT64_MAX / unit)
        return false;
    /* Both factors are below 2^42 and 2^30: the product of the whole unit does not fit, its parts do. */
    uint64_t part = unit / scale * fraction + unit % scale * fraction / scale;
    *nanos = whole * unit + part;
    return true;
}

static struct span go_duration(struct span text, struct arena *arena)
{
    uint64_t total = 0;
    char out[WELL_KNOWN_TEXT_MAX];
    bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = text.len > 0 && (negative || text.data[0] == '+');
    if (at == text.len)
        return none;
    if (text.len - at == 1 && text.data[at] == '0')
        return span_cstr("0s");
    while (at < text.len) {
        uint64_t nanos;
        if (!go_part(text, &at, &nanos) || nanos > INT64_MAX - total)
            return none;
        total += nanos;
    }
    int64_t seconds = (int64_t)(total / 1000000000u);
    int32_t rest = (int32_t)(total % 1000000000u);
    size_t len = well_known_duration_print(out, negative ? -seconds : seconds, negative ? -rest : rest);
    return arena_dup(arena, span_of(out, len));
}

static struct span base64(struct span text, struct arena *arena)
{
    struct buf bytes;
    struct buf again;
    struct span out = none;
    buf_init(&bytes, text.len + 8);
    buf_init(&again, text.len * 2 + 8);
    if (leniency_text_base64(&bytes, text) && base64_encode(&again, buf_span(&bytes), true))
        out = arena_dup(arena, buf_span(&again));
    buf_fini(&bytes);
    buf_fini(&again);
    return out;
}

struct span leniency_text_url(struct leniency_set set, const struct schema_field *field, struct span text,
                              struct arena *arena)
{
    enum schema_well_known kind = field->message ? field->message->well_known : SCHEMA_WKT_NONE;
    if (kind == SCHEMA_WKT_TIMESTAMP || kind == SCHEMA_WKT_DURATION) {
        bool go = kind == SCHEMA_WKT_DURATION && leniency_has(set, LENIENCY_GO_DURATIONS);
        struct span found = go ? go_duration(text, arena) : none;
        return found.data ? found : leniency_time_text(set, kind, text, arena);
    }
    if (kind == SCHEMA_WKT_FIELD_MASK)
        return leniency_text_mask(set, text, arena);
    if (kind == SCHEMA_WKT_WRAPPER)
        field = &field->message->fields[0];
    if (field->message)
        return none;
    switch (field->type) {
    case SCHEMA_BOOL:
        return boolean(set, text);
    case SCHEMA_STRING:
        return none;
    case SCHEMA_BYTES:
        return leniency_has(set, LENIENCY_BASE64) ? base64(text, arena) : none;
    case SCHEMA_ENUM: {
        const struct schema_enum_value *value = leniency_text_enum(set, field->enumeration, text);
        return value ? value->name : none;
    }
    default:
        if (is_integer(field->type) && leniency_has(set, LENIENCY_GO_NUMBERS))
            return go_integer(text, arena);
        return leniency_text_number(set, text, arena);
    }
}

bool leniency_text_absent(struct leniency_set set, const struct schema_field *field, struct span text)
{
    if (!(text.len == 0 && leniency_has(set, LENIENCY_EMPTY_VALUES)) &&
        !(span_is(text, "null") && leniency_has(set, LENIENCY_NULL_VALUES)))
        return false;
    if (field->message && field->message->well_known == SCHEMA_WKT_WRAPPER)
        field = &field->message->fields[0];
    if (field->message)
        return field->message->well_known == SCHEMA_WKT_TIMESTAMP || field->message->well_known == SCHEMA_WKT_DURATION;
    return field->type != SCHEMA_STRING && field->type != SCHEMA_BYTES;
}
