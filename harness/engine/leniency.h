/* What a transcoder may let pass although ProtoJSON, RFC 8259 or google/api/http.proto does not: one name for each
 * thing that some peer is known to let pass. Everything is off by default; a profile or a command line selects by name.
 * A set is one word that is looked at where the strict reading has just failed, or once per request, so that nothing is
 * paid for what is off. Owns nothing. */
#ifndef TRANSCHECK_ENGINE_LENIENCY_H
#define TRANSCHECK_ENGINE_LENIENCY_H

#include "harness/base/span.h"

enum leniency {
    /* JSON text */
    LENIENCY_TRAILING_COMMA,
    LENIENCY_COMMENTS,
    LENIENCY_SINGLE_QUOTES,
    LENIENCY_UNQUOTED_KEYS,
    LENIENCY_LEADING_ZEROS,
    LENIENCY_PLUS_SIGN,
    LENIENCY_UNQUOTED_NAN,
    LENIENCY_BOOL_CASE,
    LENIENCY_UNKNOWN_ESCAPES,
    LENIENCY_LONE_SURROGATES,
    LENIENCY_CONTROL_CHARACTERS,
    LENIENCY_BYTE_ORDER_MARK,
    LENIENCY_TRAILING_GARBAGE,
    /* JSON to messages */
    LENIENCY_UNKNOWN_FIELDS,
    LENIENCY_FIELD_CASE,
    LENIENCY_DUPLICATE_KEYS,
    LENIENCY_NULL_ELEMENTS,
    LENIENCY_NULL_MAP_VALUES,
    LENIENCY_SINGLE_AS_LIST,
    LENIENCY_QUOTED_BOOLS,
    LENIENCY_NUMERIC_BOOLS,
    LENIENCY_SCALARS_AS_STRINGS,
    LENIENCY_BASE64,
    LENIENCY_MASK_NAMES,
    LENIENCY_ENUM_CASE,
    LENIENCY_UNKNOWN_ENUM_ZERO,
    /* Text of a URL */
    LENIENCY_GO_BOOLS,
    LENIENCY_JAVA_BOOLS,
    LENIENCY_GO_NUMBERS,
    LENIENCY_GO_DURATIONS,
    LENIENCY_EMPTY_VALUES,
    LENIENCY_NULL_VALUES,
    /* Query */
    LENIENCY_UNKNOWN_QUERY,
    LENIENCY_PLUS_IS_SPACE,
    LENIENCY_VALUELESS_QUERY,
    LENIENCY_QUERY_LAST_WINS,
    LENIENCY_QUERY_BEATS_PATH,
    LENIENCY_QUERY_BESIDE_BODY,
    LENIENCY_QUERY_MAPS,
    LENIENCY_QUERY_JSON,
    /* Body */
    LENIENCY_UNEXPECTED_BODY,
    LENIENCY_FORM_BODY,
    LENIENCY_BODY_BEATS_PATH,
    /* Path */
    LENIENCY_TRAILING_SLASH,
    LENIENCY_MERGE_SLASHES,
    LENIENCY_DECODE_FIRST,
    LENIENCY_MALFORMED_PERCENT,
    LENIENCY_FULL_EXPANSION,
    LENIENCY_KEEP_RESERVED,
    LENIENCY_LITERAL_CASE,
    LENIENCY_LAST_REGISTERED,
    LENIENCY_FIRST_COLON,
    LENIENCY_KNOWN_VERBS,
    LENIENCY_EMPTY_SEGMENTS,
    LENIENCY_ROOT_TEMPLATE,
    LENIENCY_NESTED_VARIABLES,
    LENIENCY_DOUBLE_STAR_MIDDLE,
    LENIENCY_DUPLICATE_BINDINGS,
    LENIENCY_AUTO_MAPPING,
    /* Later ones, whatever they are of: corpora of the fuzz targets hold the numbers */
    LENIENCY_NESTED_BINDINGS,
    LENIENCY_PATCH_MASK,
    LENIENCY_WELL_KNOWN_VARIABLES,
    LENIENCY_LOOSE_TIMES,
    LENIENCY_PARTIAL_MESSAGES,
    LENIENCY_COUNT
};

struct leniency_set {
    uint64_t bits;
};

#define LENIENCY_NONE       ((struct leniency_set){0})
#define LENIENCY_BIT(which) (UINT64_C(1) << (which))
#define LENIENCY_ALL        (UINT64_MAX >> (64 - LENIENCY_COUNT))

static inline bool leniency_has(struct leniency_set set, enum leniency which)
{
    return (set.bits & LENIENCY_BIT(which)) != 0;
}

static inline void leniency_add(struct leniency_set *set, enum leniency which)
{
    set->bits |= LENIENCY_BIT(which);
}

/* "trailing-comma", and one line that says what it lets pass. */
const char *leniency_name(enum leniency which);
const char *leniency_summary(enum leniency which);
/* false when there is no such name. */
bool leniency_find(enum leniency *out, struct span name);
/* Adds what the names, joined by commas, say. false with *unknown, a view of the first name that is none; the names
 * before it are added. */
bool leniency_add_names(struct leniency_set *set, struct span names, struct span *unknown);

#endif
