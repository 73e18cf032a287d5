/* The table of leniencies: name and summary of each. */
#include "harness/engine/leniency.h"

#include <assert.h>

_Static_assert(LENIENCY_COUNT <= 64, "a set is one word");

static const struct {
    const char *name;
    const char *summary;
} table[LENIENCY_COUNT] = {
    [LENIENCY_TRAILING_COMMA] = {"trailing-comma", "a comma before the end of an object or array"},
    [LENIENCY_COMMENTS] = {"comments", "/* ... */ and // ... between tokens of JSON"},
    [LENIENCY_SINGLE_QUOTES] = {"single-quotes", "strings and keys in single quotes"},
    [LENIENCY_UNQUOTED_KEYS] = {"unquoted-keys", "keys that are identifiers or integers, without quotes"},
    [LENIENCY_LEADING_ZEROS] = {"leading-zeros", "numbers as 007, quoted or not"},
    [LENIENCY_PLUS_SIGN] = {"plus-sign", "numbers as +5, quoted or not"},
    [LENIENCY_UNQUOTED_NAN] = {"unquoted-nan", "NaN, Infinity and -Infinity without quotes"},
    [LENIENCY_BOOL_CASE] = {"bool-case", "True, TRUE, False ... as booleans, without quotes"},
    [LENIENCY_UNKNOWN_ESCAPES] = {"unknown-escapes", "a backslash before any character, which stands for itself"},
    [LENIENCY_LONE_SURROGATES] = {"lone-surrogates", "unpaired surrogates in escapes, which become U+FFFD"},
    [LENIENCY_CONTROL_CHARACTERS] = {"control-characters", "raw control bytes in strings"},
    [LENIENCY_BYTE_ORDER_MARK] = {"byte-order-mark", "U+FEFF before the JSON value"},
    [LENIENCY_TRAILING_GARBAGE] = {"trailing-garbage", "anything behind the first JSON value, which counts alone"},
    [LENIENCY_UNKNOWN_FIELDS] = {"unknown-fields", "keys that name no field, and unknown enum names: passed over"},
    [LENIENCY_FIELD_CASE] = {"field-case", "keys that name a field in any case"},
    [LENIENCY_DUPLICATE_KEYS] = {"duplicate-keys", "a key given again: the last one counts"},
    [LENIENCY_NULL_ELEMENTS] = {"null-elements", "null in an array: passed over"},
    [LENIENCY_NULL_MAP_VALUES] = {"null-map-values", "null as the value of a map: the entry is passed over"},
    [LENIENCY_SINGLE_AS_LIST] = {"single-as-list", "one value where an array is expected"},
    [LENIENCY_QUOTED_BOOLS] = {"quoted-bools", "\"true\" and \"false\" as booleans, also as True and TRUE"},
    [LENIENCY_NUMERIC_BOOLS] = {"numeric-bools", "0 and 1 as booleans"},
    [LENIENCY_SCALARS_AS_STRINGS] = {"scalars-as-strings", "numbers, true and false where a string is expected"},
    [LENIENCY_BASE64] = {"lenient-base64", "bytes outside base64's alphabets, wrong padding, a letter left over"},
    [LENIENCY_MASK_NAMES] = {"mask-names", "field masks with names as they are declared (foo_bar)"},
    [LENIENCY_ENUM_CASE] = {"enum-case", "names of enum values in any case"},
    [LENIENCY_UNKNOWN_ENUM_ZERO] = {"unknown-enum-zero", "unknown names of enum values, which become 0"},
    [LENIENCY_GO_BOOLS] = {"go-bools", "1, t, T, TRUE, True, 0, f ... as booleans in a URL (strconv.ParseBool)"},
    [LENIENCY_JAVA_BOOLS] = {"java-bools", "any text as a boolean in a URL: true in any case, else false"},
    [LENIENCY_GO_NUMBERS] = {"go-numbers", "0x1f, 0b1, 0o7, 017, 1_000 and +5 as integers in a URL"},
    [LENIENCY_GO_DURATIONS] = {"go-durations", "1h30m, 250ms as durations in a URL (time.ParseDuration)"},
    [LENIENCY_EMPTY_VALUES] = {"empty-values", "an empty query value that is no number, boolean ...: passed over"},
    [LENIENCY_NULL_VALUES] = {"null-values", "null as the query value of anything but a string: passed over"},
    [LENIENCY_UNKNOWN_QUERY] = {"unknown-query", "query parameters that may not be bound: passed over"},
    [LENIENCY_PLUS_IS_SPACE] = {"plus-is-space", "a plus in the query is a blank"},
    [LENIENCY_VALUELESS_QUERY] = {"valueless-query", "query parameters without '=' or without a name: passed over"},
    [LENIENCY_QUERY_LAST_WINS] = {"query-last-wins", "a field or oneof given again in the query: the last one counts"},
    [LENIENCY_QUERY_BEATS_PATH] = {"query-beats-path", "a field of the path in the query, too: the query counts"},
    [LENIENCY_QUERY_BESIDE_BODY] = {"query-beside-body", "query parameters for fields that the body covers: bound"},
    [LENIENCY_QUERY_MAPS] = {"query-maps", "map entries in the query as field[key]=value"},
    [LENIENCY_QUERY_JSON] = {"query-json", "Struct, Value and ListValue in the query as JSON text"},
    [LENIENCY_UNEXPECTED_BODY] = {"unexpected-body", "a body where the binding takes none: passed over"},
    [LENIENCY_FORM_BODY] = {"form-body", "an application/x-www-form-urlencoded body under \"*\": as query parameters"},
    [LENIENCY_BODY_BEATS_PATH] = {"body-beats-path", "a field of the path in the body, too: the body counts"},
    [LENIENCY_TRAILING_SLASH] = {"trailing-slash",
                                 "slashes at the end of the path: passed over; no verb is before them"},
    [LENIENCY_MERGE_SLASHES] = {"merge-slashes", "several slashes in the path count as one"},
    [LENIENCY_DECODE_FIRST] = {"decode-first", "the path is percent-decoded before it is routed: %2F separates"},
    [LENIENCY_MALFORMED_PERCENT] = {"malformed-percent", "a % without two digits in the path stays as it is"},
    [LENIENCY_FULL_EXPANSION] = {"full-expansion", "%2F is decoded in variables of several segments, too"},
    [LENIENCY_KEEP_RESERVED] = {"keep-reserved", "no reserved character is decoded in variables of several segments"},
    [LENIENCY_LITERAL_CASE] = {"literal-case", "literals and verbs of templates in any case"},
    [LENIENCY_LAST_REGISTERED] = {"last-registered", "of templates that match, the last declared one counts"},
    [LENIENCY_FIRST_COLON] = {"first-colon", "the first colon of the last segment begins the verb, always"},
    [LENIENCY_KNOWN_VERBS] = {"known-verbs", "what is the verb of any template is never a part of a value"},
    [LENIENCY_EMPTY_SEGMENTS] = {"empty-segments", "an empty segment before the last one is matched by *"},
    [LENIENCY_ROOT_TEMPLATE] = {"root-template", "the template /, which matches the path / alone"},
    [LENIENCY_NESTED_VARIABLES] = {"nested-variables", "variables inside of variables in templates"},
    [LENIENCY_DOUBLE_STAR_MIDDLE] = {"double-star-middle", "segments behind ** in templates"},
    [LENIENCY_DUPLICATE_BINDINGS] = {"duplicate-bindings", "an HTTP method and path bound twice: the last one counts"},
    [LENIENCY_AUTO_MAPPING] = {"auto-mapping", "methods without a rule: POST /package.Service/Method, body \"*\""},
    [LENIENCY_NESTED_BINDINGS] = {"nested-bindings", "additional_bindings inside of additional_bindings"},
    [LENIENCY_PATCH_MASK] = {"patch-mask", "the field mask of a PATCH that has none: what the body field names"},
    [LENIENCY_WELL_KNOWN_VARIABLES] = {"well-known-variables", "a Timestamp, Duration, FieldMask or wrapper in a path"},
    [LENIENCY_LOOSE_TIMES] = {"loose-times", "timestamps and durations with blanks, a plus, other numbers of digits"},
    [LENIENCY_PARTIAL_MESSAGES] = {"partial-messages", "messages of proto2 without some of their required fields"},
};

const char *leniency_name(enum leniency which)
{
    assert(which < LENIENCY_COUNT);
    return table[which].name;
}

const char *leniency_summary(enum leniency which)
{
    assert(which < LENIENCY_COUNT);
    return table[which].summary;
}

bool leniency_find(enum leniency *out, struct span name)
{
    for (size_t i = 0; i < LENIENCY_COUNT; i++) {
        if (span_is(name, table[i].name)) {
            *out = (enum leniency)i;
            return true;
        }
    }
    return false;
}

bool leniency_add_names(struct leniency_set *set, struct span names, struct span *unknown)
{
    for (size_t at = 0; at <= names.len;) {
        size_t end = span_index_of(names, ',', at);
        struct span name = span_of(names.data + at, end - at);
        enum leniency which;
        if (!leniency_find(&which, name)) {
            *unknown = name;
            return false;
        }
        leniency_add(set, which);
        at = end + 1;
    }
    return true;
}
