/* Custom mutator for targets whose inputs are a byte for the type and JSON: it makes documents from the type's
 * descriptor, and puts values, members and elements of the document, of another input and new ones in each other's
 * place. Most values fit their field; some are of another. */
#include "fuzz/mutators/mutator.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/json/writer.h"

#define MAX_VALUES 256u
#define MAX_DEPTH  6

static void put_message(struct mutator *mutator, const struct schema_message *message, int depth);
static void put_any_value(struct mutator *mutator, int depth);

static void put(struct mutator *mutator, const char *text)
{
    buf_append_cstr(&mutator->out, text);
}

static void put_one_of(struct mutator *mutator, const char *const *texts, unsigned count)
{
    put(mutator, texts[mutator_below(mutator, count)]);
}

#define PUT_ONE_OF(mutator, texts) put_one_of(mutator, texts, sizeof(texts) / sizeof *(texts))

static void put_number(struct mutator *mutator)
{
    static const char *const odd[] = {"-0",
                                      "1e2",
                                      "1.0",
                                      "1.5",
                                      "1e400",
                                      "-1e-400",
                                      "4294967296",
                                      "1e19",
                                      "0.1",
                                      "5e-324",
                                      "3.4028236e38",
                                      "2147483648",
                                      "-2147483649",
                                      "9007199254740993",
                                      "1.7976931348623157e308",
                                      "100000000000000000000000"};
    if (mutator_one_in(mutator, 3))
        PUT_ONE_OF(mutator, odd);
    else
        buf_printf(&mutator->out, "%lld", (long long)mutator_number(mutator));
}

static void put_float(struct mutator *mutator)
{
    static const char *const odd[] = {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"1e3\"", "\"-0\""};
    if (mutator_one_in(mutator, 5))
        PUT_ONE_OF(mutator, odd);
    else if (mutator_one_in(mutator, 2))
        buf_printf(&mutator->out, "%lld.%llue%d", (long long)mutator_number(mutator),
                   (unsigned long long)mutator_random(mutator) >> mutator_below(mutator, 64),
                   (int)mutator_below(mutator, 700) - 350);
    else
        put_number(mutator);
}

static void put_string(struct mutator *mutator)
{
    static const char *const texts[] = {"\"\"",
                                        "\"a\"",
                                        "\"\\u0000\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\xc3\xa9\"",
                                        "\"\\n\\\"\\\\\"",
                                        "\"\xf0\x9f\x98\x80\"",
                                        "\"\\/\\b\\f\\r\\t\"",
                                        "\"a b c d e f g h i j k l m n o p\"",
                                        "\"\xe2\x80\xa8\""};
    PUT_ONE_OF(mutator, texts);
}

static void put_bytes(struct mutator *mutator)
{
    static const char *const texts[] = {"\"\"",     "\"YQ==\"", "\"YQ\"", "\"-_-_\"",
                                        "\"+/+/\"", "\"YWI=\"", "\"!\"",  "\"YWJj\""};
    PUT_ONE_OF(mutator, texts);
}

static void put_enum(struct mutator *mutator, const struct schema_enum *enumeration)
{
    if (enumeration->value_count > 0 && !mutator_one_in(mutator, 5)) {
        const struct schema_enum_value *value =
            &enumeration->values[mutator_below(mutator, (unsigned)enumeration->value_count)];
        if (mutator_one_in(mutator, 4))
            buf_printf(&mutator->out, "%d", value->number);
        else
            json_write_string(&mutator->out, value->name);
    } else {
        put_number(mutator);
    }
}

static void put_map_key(struct mutator *mutator, const struct schema_field *key)
{
    if (key->type == SCHEMA_STRING)
        put_string(mutator);
    else if (key->type == SCHEMA_BOOL)
        put(mutator, mutator_one_in(mutator, 2) ? "\"true\"" : "\"false\"");
    else
        buf_printf(&mutator->out, "\"%lld\"", (long long)mutator_number(mutator));
}

static void put_scalar(struct mutator *mutator, const struct schema_field *field, int depth)
{
    bool quoted = mutator_one_in(mutator, 4);
    switch (field->type) {
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        put_float(mutator);
        break;
    case SCHEMA_BOOL:
        put(mutator, mutator_one_in(mutator, 2) ? "true" : "false");
        break;
    case SCHEMA_STRING:
        put_string(mutator);
        break;
    case SCHEMA_BYTES:
        put_bytes(mutator);
        break;
    case SCHEMA_ENUM:
        put_enum(mutator, field->enumeration);
        break;
    case SCHEMA_MESSAGE:
    case SCHEMA_GROUP:
        put_message(mutator, field->message, depth + 1);
        break;
    default:
        if (quoted)
            buf_append_byte(&mutator->out, '"');
        put_number(mutator);
        if (quoted)
            buf_append_byte(&mutator->out, '"');
        break;
    }
}

static void put_field(struct mutator *mutator, const struct schema_field *field, int depth)
{
    if (mutator_one_in(mutator, 24)) {
        put_any_value(mutator, depth);
        return;
    }
    if (mutator_one_in(mutator, 16)) {
        put(mutator, "null");
        return;
    }
    if (!field->repeated) {
        put_scalar(mutator, field, depth);
        return;
    }
    unsigned count = mutator_below(mutator, depth < 3 ? 4 : 2);
    buf_append_byte(&mutator->out, field->map ? '{' : '[');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            buf_append_byte(&mutator->out, ',');
        if (field->map) {
            put_map_key(mutator, &field->message->fields[0]);
            buf_append_byte(&mutator->out, ':');
            put_scalar(mutator, &field->message->fields[1], depth);
        } else {
            put_scalar(mutator, field, depth);
        }
    }
    buf_append_byte(&mutator->out, field->map ? '}' : ']');
}

/* Any JSON. */
static void put_any_value(struct mutator *mutator, int depth)
{
    static const char *const words[] = {"null", "true", "false", "[]", "{}", "[[]]", "{\"a\":null}", "[null]"};
    switch (mutator_below(mutator, depth < MAX_DEPTH ? 6 : 4)) {
    case 0:
        PUT_ONE_OF(mutator, words);
        break;
    case 1:
        put_float(mutator);
        break;
    case 2:
        put_string(mutator);
        break;
    case 3:
        put_number(mutator);
        break;
    case 4:
        put(mutator, "[");
        put_any_value(mutator, depth + 1);
        put(mutator, ",");
        put_any_value(mutator, depth + 1);
        put(mutator, "]");
        break;
    default:
        put(mutator, "{");
        put_string(mutator);
        put(mutator, ":");
        put_any_value(mutator, depth + 1);
        put(mutator, "}");
        break;
    }
}

static void put_any(struct mutator *mutator, int depth)
{
    const struct schema_message *inner = types_choose(mutator_below(mutator, TYPES_COUNT));
    put(mutator, "{\"@type\":\"type.googleapis.com/");
    buf_append_span(&mutator->out, inner->name);
    put(mutator, "\"");
    if (inner->well_known != SCHEMA_WKT_NONE) {
        put(mutator, ",\"value\":");
        put_message(mutator, inner, depth + 1);
    } else if (inner->field_count > 0) {
        const struct schema_field *field = &inner->fields[mutator_below(mutator, (unsigned)inner->field_count)];
        put(mutator, ",");
        json_write_string(&mutator->out, field->json_name);
        put(mutator, ":");
        put_field(mutator, field, depth + 1);
    }
    put(mutator, "}");
}

static void put_timestamp(struct mutator *mutator)
{
    buf_printf(&mutator->out, "\"%04u-%02u-%02uT%02u:%02u:%02u", mutator_below(mutator, 10001),
               mutator_below(mutator, 14), mutator_below(mutator, 33), mutator_below(mutator, 25),
               mutator_below(mutator, 61), mutator_below(mutator, 62));
    if (mutator_one_in(mutator, 2))
        buf_printf(&mutator->out, ".%0*u", 1 + (int)mutator_below(mutator, 10), mutator_below(mutator, 1000));
    if (mutator_one_in(mutator, 3))
        buf_printf(&mutator->out, "%c%02u:%02u\"", mutator_one_in(mutator, 2) ? '+' : '-', mutator_below(mutator, 25),
                   mutator_below(mutator, 61));
    else
        put(mutator, "Z\"");
}

/* Whether the type has JSON of its own; writes it. */
static bool put_well_known(struct mutator *mutator, const struct schema_message *message, int depth)
{
    static const char *const masks[] = {"\"\"", "\"a\"", "\"aB.cD,e\"", "\"a_b\"", "\"*\"", "\"fooBar,fooBar.baz\""};
    switch (message->well_known) {
    case SCHEMA_WKT_ANY:
        if (depth < MAX_DEPTH)
            put_any(mutator, depth);
        else
            put(mutator, "{}");
        return true;
    case SCHEMA_WKT_TIMESTAMP:
        put_timestamp(mutator);
        return true;
    case SCHEMA_WKT_DURATION:
        buf_printf(&mutator->out, "\"%s%llu.%0*us\"", mutator_one_in(mutator, 3) ? "-" : "",
                   (unsigned long long)mutator_random(mutator) >> (24 + mutator_below(mutator, 40)),
                   1 + (int)mutator_below(mutator, 10), mutator_below(mutator, 1000));
        return true;
    case SCHEMA_WKT_FIELD_MASK:
        PUT_ONE_OF(mutator, masks);
        return true;
    case SCHEMA_WKT_STRUCT:
        put(mutator, "{\"k\":");
        put_any_value(mutator, depth);
        put(mutator, "}");
        return true;
    case SCHEMA_WKT_LIST_VALUE:
        put(mutator, "[");
        put_any_value(mutator, depth);
        put(mutator, "]");
        return true;
    case SCHEMA_WKT_VALUE:
        put_any_value(mutator, depth);
        return true;
    case SCHEMA_WKT_WRAPPER:
        put_scalar(mutator, &message->fields[0], depth);
        return true;
    default:
        return false;
    }
}

static void put_message(struct mutator *mutator, const struct schema_message *message, int depth)
{
    if (!mutator_one_in(mutator, 32) && put_well_known(mutator, message, depth))
        return;
    unsigned count = depth >= MAX_DEPTH || message->field_count == 0 ? 0 : mutator_below(mutator, depth == 0 ? 8 : 3);
    bool comma = false;
    buf_append_byte(&mutator->out, '{');
    for (size_t i = 0; i < message->field_count; i++) {
        if (!message->fields[i].required && mutator_below(mutator, (unsigned)message->field_count) >= count)
            continue;
        const struct schema_field *field = &message->fields[i];
        if (comma)
            buf_append_byte(&mutator->out, ',');
        json_write_string(&mutator->out, mutator_one_in(mutator, 4) ? field->name : field->json_name);
        buf_append_byte(&mutator->out, ':');
        put_field(mutator, field, depth);
        comma = true;
    }
    buf_append_byte(&mutator->out, '}');
}

/* ---- the values of a document */

struct value {
    size_t begin;
    size_t end;
    struct span key; /* data NULL: an element */
};

static unsigned find_values(struct value *values, struct span text)
{
    struct json_reader reader;
    size_t open[JSON_READER_MAX_DEPTH + 1];
    unsigned count = 0;
    struct span key = {.data = NULL};
    enum json_token token;
    json_reader_init(&reader, text);
    while ((token = json_reader_next(&reader, NULL)) != JSON_END && token != JSON_ERROR) {
        if (token == JSON_OBJECT_END || token == JSON_ARRAY_END) {
            if (open[reader.depth] < MAX_VALUES)
                values[open[reader.depth]].end = reader.at;
            continue;
        }
        if (token == JSON_KEY) {
            key = reader.text;
            continue;
        }
        if (token == JSON_OBJECT_BEGIN || token == JSON_ARRAY_BEGIN)
            open[reader.depth - 1] = count;
        if (count == MAX_VALUES)
            continue;
        values[count++] = (struct value){reader.token_at, reader.at, key};
        key.data = NULL;
    }
    return token == JSON_END ? count : 0;
}

/* Which field a key means, in any message: documents are small, and a wrong guess is an input as well. */
static void put_for_key(struct mutator *mutator, const struct schema_message *message, struct span key)
{
    const struct schema_field *field = key.data ? schema_field_by_json_name(message, key) : NULL;
    if (!field)
        field = types_choose_field(message, mutator_below(mutator, 1000));
    if (field && !mutator_one_in(mutator, 8))
        put_field(mutator, field, 2);
    else
        put_any_value(mutator, 2);
}

/* The document with one value replaced, doubled or left out. */
static void change(struct mutator *mutator, const struct schema_message *message, struct span text, struct span other)
{
    struct value values[MAX_VALUES];
    struct value others[MAX_VALUES];
    unsigned count = find_values(values, text);
    if (count == 0) {
        put_message(mutator, message, 0);
        return;
    }
    const struct value *at = &values[mutator_below(mutator, count)];
    struct span old = span_of(text.data + at->begin, at->end - at->begin);
    buf_append_span(&mutator->out, span_of(text.data, at->begin));
    unsigned other_count = 0;
    switch (mutator_below(mutator, 4)) {
    case 0:
        put_for_key(mutator, message, at->key);
        break;
    case 1:
        other_count = find_values(others, other);
        if (other_count > 0) {
            const struct value *taken = &others[mutator_below(mutator, other_count)];
            buf_append_span(&mutator->out, span_of(other.data + taken->begin, taken->end - taken->begin));
            break;
        }
        put_for_key(mutator, message, at->key);
        break;
    case 2: /* one more behind it */
        buf_append_span(&mutator->out, old);
        if (at->begin > 0)
            buf_append_byte(&mutator->out, ',');
        if (at->key.data) {
            const struct schema_field *field = types_choose_field(message, mutator_below(mutator, 1000));
            json_write_string(&mutator->out, field ? field->json_name : at->key);
            buf_append_byte(&mutator->out, ':');
            put_for_key(mutator, message, field ? field->json_name : at->key);
        } else {
            put_any_value(mutator, 2);
        }
        break;
    default: {
        const struct value *taken = &values[mutator_below(mutator, count)];
        buf_append_span(&mutator->out, span_of(text.data + taken->begin, taken->end - taken->begin));
        break;
    }
    }
    buf_append_span(&mutator->out, span_from(text, at->end));
}

bool json_mutate(struct mutator *mutator, struct span in, struct span other)
{
    struct mutator_format format = mutator_format(mutator);
    bool fresh = mutator_one_in(mutator, 6);
    uint8_t choice = fresh ? (uint8_t)mutator_random(mutator) & (uint8_t)~format.direction : in.data[0];
    if (choice & format.direction)
        return false;                                                                    /* wire bytes */
    bool has_field = strcmp(mutator->target, "json_to_proto") == 0 && (choice & 3) >= 2; /* a second byte */
    const struct schema_message *message = types_choose(choice >> format.shift);
    buf_append_byte(&mutator->out, choice);
    if (has_field)
        buf_append_byte(&mutator->out, in.len > 1 && !fresh ? in.data[1] : (uint8_t)mutator_random(mutator));
    size_t head = has_field ? 2 : 1;
    const struct schema_field *field = has_field ? types_choose_field(message, mutator->out.data[1]) : NULL;
    if (fresh && field)
        put_field(mutator, field, 1);
    else if (fresh)
        put_message(mutator, message, 0);
    else
        change(mutator, message, span_from(in, head), span_from(other, 1));
    return true;
}
