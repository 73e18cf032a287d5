/* The path template language of google.api.http and its matching, with percent-decoding of variables.
 * Source: googleapis google/api/http.proto, "Path template syntax":
 *   Template = "/" Segments [ Verb ]; Segments = Segment { "/" Segment }; Segment = "*" | "**" | LITERAL | Variable;
 *   Variable = "{" FieldPath [ "=" Segments ] "}"; Verb = ":" LITERAL. */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_TEMPLATE_H
#define TRANSCHECK_ENGINE_HTTP_RULE_TEMPLATE_H

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/engine/leniency.h"

#define PATH_TEMPLATE_MAX_SEGMENTS  64
#define PATH_TEMPLATE_MAX_VARIABLES 32

enum path_segment_kind { PATH_LITERAL, PATH_STAR, PATH_DOUBLE_STAR };

struct path_segment {
    enum path_segment_kind kind;
    struct span literal; /* as written in the template */
};

struct path_variable {
    struct span field_path; /* "book.name" */
    size_t first;           /* index of its first segment */
    size_t count;           /* how many segments of the template it covers */
    bool multi;             /* covers more than one segment of a path, or may: reserved expansion, %2F stays */
};

struct path_template {
    struct path_segment *segments;
    size_t segment_count;
    size_t double_star; /* index of the "**", which is the last segment unless a leniency allowed more; else SIZE_MAX */
    struct path_variable *variables;
    size_t variable_count;
    struct span verb; /* without the colon; empty when there is none */
};

struct path_capture {
    const struct path_variable *variable;
    struct span raw;   /* as on the wire, without the leading slash */
    struct span value; /* decoded once: everything for single segments, all but %2F/%2f for multi (in the arena) */
};

/* ERR_SYNTAX with the offset in the template and what was expected; refused are an empty segment, a nested variable,
 * "**" that is not last, a variable that covers part of a segment, the same variable twice. Leniencies that count:
 * LENIENCY_NESTED_VARIABLES ("{a=x/{b}}": both are bound), LENIENCY_DOUBLE_STAR_MIDDLE (one "**" anywhere; such a
 * template matches paths of at most PATH_TEMPLATE_MAX_SEGMENTS segments), LENIENCY_ROOT_TEMPLATE ("/", one empty
 * literal). */
enum err_code path_template_parse(struct path_template *out, struct leniency_set lenient, struct span text,
                                  struct arena *arena, struct err *err);

/* Matches `path` (raw, from the leading slash, no query). An empty segment matches neither "*" nor a literal.
 * The verb, when the template has one, must be the text behind the last colon of the last segment.
 * On a match fills captures[variable_count] (caller's storage of PATH_TEMPLATE_MAX_VARIABLES) and returns true.
 * A malformed percent triplet in a captured value stays literal; *malformed (may be NULL) is set.
 * Time is linear in the path for templates without "**" and with it (it is last). Leniencies that count: with
 * LENIENCY_FIRST_COLON the verb is behind the first colon, and a path with a colon matches no template without a verb;
 * with LENIENCY_FULL_EXPANSION %2F is decoded in multi-segment variables, too (what google.api.Http calls
 * fully_decode_reserved_expansion), without it and with LENIENCY_KEEP_RESERVED no reserved character of RFC 6570 is;
 * with LENIENCY_EMPTY_SEGMENTS "*" matches an empty segment that is not the last one of the path. */
bool path_template_match(const struct path_template *path_template, struct leniency_set lenient, struct span path,
                         struct arena *arena, struct path_capture *captures, bool *malformed);

#endif
