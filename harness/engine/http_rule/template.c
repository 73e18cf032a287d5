/* Parses path templates, and matches paths against one. */
#include "harness/engine/http_rule/template.h"

#include <assert.h>
#include <stdio.h>

#include "harness/engine/http_rule/path_segments.h"
#include "harness/engine/http_rule/query.h"

#define MAX_NESTING 8 /* of variables, when they may nest */

struct parser {
    struct leniency_set lenient;
    struct span whole;
    struct span text; /* without the verb */
    size_t at;
    struct path_segment segments[PATH_TEMPLATE_MAX_SEGMENTS];
    size_t segment_count;
    struct path_variable variables[PATH_TEMPLATE_MAX_VARIABLES];
    size_t variable_count;
    size_t double_star; /* SIZE_MAX: none so far */
    size_t nesting;
    struct span verb;
    struct err *err;
};

static enum err_code expected(const struct parser *parser, const char *what)
{
    char found[8] = "the end";
    if (parser->at < parser->whole.len) {
        uint8_t c = parser->whole.data[parser->at];
        snprintf(found, sizeof found, c > 0x20 && c < 0x7f ? "'%c'" : "0x%02x", c);
    }
    return err_set(parser->err, ERR_SYNTAX, "path template: offset %zu: expected %s, found %s", parser->at, what,
                   found);
}

static uint8_t peek(const struct parser *parser)
{
    return parser->at < parser->text.len ? parser->text.data[parser->at] : 0;
}

static bool is_ident(uint8_t c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* FieldPath = IDENT { "." IDENT } */
static enum err_code parse_field_path(struct parser *parser, struct span *out)
{
    size_t start = parser->at;
    for (;;) {
        size_t ident = parser->at;
        while (is_ident(peek(parser), parser->at == ident))
            parser->at++;
        if (parser->at == ident)
            return expected(parser, "a field name");
        if (peek(parser) != '.')
            break;
        parser->at++;
    }
    *out = span_of(parser->text.data + start, parser->at - start);
    return ERR_OK;
}

static enum err_code add_segment(struct parser *parser, struct path_segment segment)
{
    if (parser->segment_count == PATH_TEMPLATE_MAX_SEGMENTS)
        return err_set(parser->err, ERR_LIMIT, "path template: more than %d segments", PATH_TEMPLATE_MAX_SEGMENTS);
    if (segment.kind == PATH_DOUBLE_STAR)
        parser->double_star = parser->segment_count;
    parser->segments[parser->segment_count++] = segment;
    return ERR_OK;
}

/* Whether a segment may follow those so far. */
static enum err_code check_order(const struct parser *parser, bool double_star)
{
    if (parser->double_star == SIZE_MAX)
        return ERR_OK;
    if (!leniency_has(parser->lenient, LENIENCY_DOUBLE_STAR_MIDDLE))
        return expected(parser, "the end of the path, since ** must be its last part");
    return double_star ? expected(parser, "no second **") : ERR_OK;
}

/* Segment without Variable: "*", "**" or LITERAL. A colon is part of a literal except where the verb begins. */
static enum err_code parse_plain(struct parser *parser)
{
    struct path_segment segment = {.kind = PATH_LITERAL};
    struct span rest = span_from(parser->text, parser->at);
    enum err_code code = check_order(parser, span_starts_with(rest, "**"));
    if (code != ERR_OK)
        return code;
    size_t start = parser->at;
    if (peek(parser) == '*') {
        parser->at++;
        segment.kind = PATH_STAR;
        if (peek(parser) == '*') {
            parser->at++;
            segment.kind = PATH_DOUBLE_STAR;
        }
    } else {
        bool behind_equals = parser->text.data[start - 1] == '='; /* of "{a=": another one is a slip */
        while (parser->at < parser->text.len &&
               !strchr(behind_equals && parser->at == start ? "/{}*=" : "/{}*", peek(parser)))
            parser->at++;
        if (parser->at == start)
            return expected(parser, "a segment: a literal, *, ** or a variable");
        segment.literal = span_of(parser->text.data + start, parser->at - start);
    }
    return add_segment(parser, segment);
}

static bool same_variable(const struct parser *parser, struct span field_path)
{
    for (size_t i = 0; i < parser->variable_count; i++) {
        if (span_equal(parser->variables[i].field_path, field_path))
            return true;
    }
    return false;
}

static enum err_code parse_variable(struct parser *parser);

/* Segments, after the '=' of a variable or a slash in it. */
static enum err_code parse_inner(struct parser *parser)
{
    if (peek(parser) != '{')
        return parse_plain(parser);
    if (!leniency_has(parser->lenient, LENIENCY_NESTED_VARIABLES))
        return expected(parser, "no variable inside a variable");
    if (parser->nesting == MAX_NESTING)
        return err_set(parser->err, ERR_LIMIT, "path template: variables nest deeper than %d", MAX_NESTING);
    parser->nesting++;
    enum err_code code = parse_variable(parser);
    parser->nesting--;
    return code;
}

static enum err_code parse_variable(struct parser *parser)
{
    struct path_variable variable = {.first = parser->segment_count};
    parser->at++;
    size_t start = parser->at;
    enum err_code code = parse_field_path(parser, &variable.field_path);
    if (code != ERR_OK)
        return code;
    if (peek(parser) == '=') {
        do {
            parser->at++;
            code = parse_inner(parser);
        } while (code == ERR_OK && peek(parser) == '/');
    } else {
        code = check_order(parser, false);
        if (code == ERR_OK)
            code = add_segment(parser, (struct path_segment){.kind = PATH_STAR});
    }
    if (code != ERR_OK)
        return code;
    if (peek(parser) != '}')
        return expected(parser, "'/' or '}'");
    if (same_variable(parser, variable.field_path)) { /* asked here, where those inside of it are known, too */
        parser->at = start;
        return expected(parser, "another variable: this one is in the template already");
    }
    parser->at++;
    variable.count = parser->segment_count - variable.first;
    variable.multi = variable.count > 1 || parser->segments[variable.first].kind == PATH_DOUBLE_STAR;
    if (parser->variable_count == PATH_TEMPLATE_MAX_VARIABLES)
        return err_set(parser->err, ERR_LIMIT, "path template: more than %d variables", PATH_TEMPLATE_MAX_VARIABLES);
    parser->variables[parser->variable_count++] = variable;
    return ERR_OK;
}

/* Splits off the verb: what is behind the last colon that follows the last slash and the last closing brace. */
static enum err_code split_verb(struct parser *parser)
{
    struct span text = parser->text;
    for (size_t i = text.len; i > 0; i--) {
        uint8_t c = text.data[i - 1];
        if (c == '/' || c == '}')
            return ERR_OK;
        if (c == ':') {
            parser->verb = span_from(text, i);
            parser->text.len = i - 1;
            for (parser->at = i; parser->at < text.len; parser->at++) {
                if (strchr("{}*", text.data[parser->at]))
                    return expected(parser, "a literal as verb");
            }
            if (parser->verb.len == 0)
                return expected(parser, "a verb behind the colon");
            parser->at = 0;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static enum err_code parse_segments(struct parser *parser)
{
    for (size_t i = 0; i < parser->text.len; i++) {
        uint8_t c = parser->text.data[i];
        parser->at = i;
        if (c <= 0x20 || c == 0x7f || c == '?' || c == '#')
            return expected(parser, "no control character, blank, ? or #");
    }
    parser->at = 0;
    if (span_is(parser->text, "/") && leniency_has(parser->lenient, LENIENCY_ROOT_TEMPLATE))
        return add_segment(parser, (struct path_segment){.kind = PATH_LITERAL});
    enum err_code code = split_verb(parser);
    if (code != ERR_OK)
        return code;
    do {
        if (peek(parser) != '/')
            return expected(parser, "a slash");
        parser->at++;
        code = peek(parser) == '{' ? parse_variable(parser) : parse_plain(parser);
        if (code != ERR_OK)
            return code;
    } while (parser->at < parser->text.len);
    return ERR_OK;
}

enum err_code path_template_parse(struct path_template *out, struct leniency_set lenient, struct span text,
                                  struct arena *arena, struct err *err)
{
    struct parser parser = {.lenient = lenient, .text = arena_dup(arena, text), .double_star = SIZE_MAX, .err = err};
    parser.whole = parser.text;
    if (!parser.text.data)
        return err_set(err, ERR_LIMIT, "path template: out of memory");
    enum err_code code = parse_segments(&parser);
    if (code != ERR_OK)
        return code;
    *out = (struct path_template){.segment_count = parser.segment_count,
                                  .double_star = parser.double_star,
                                  .variable_count = parser.variable_count,
                                  .verb = parser.verb};
    out->segments = arena_calloc(arena, parser.segment_count, sizeof *out->segments);
    out->variables = arena_calloc(arena, parser.variable_count, sizeof *out->variables);
    if (!out->segments || !out->variables)
        return err_set(err, ERR_LIMIT, "path template: out of memory");
    memcpy(out->segments, parser.segments, parser.segment_count * sizeof *out->segments);
    memcpy(out->variables, parser.variables, parser.variable_count * sizeof *out->variables);
    return ERR_OK;
}

/* ---- matching */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static uint8_t hex_value(uint8_t c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

uint8_t path_segments_byte(struct span text, size_t *at)
{
    uint8_t c = text.data[*at];
    if (c == '%' && text.len - *at >= 3 && is_hex(text.data[*at + 1]) && is_hex(text.data[*at + 2])) {
        c = (uint8_t)(hex_value(text.data[*at + 1]) * 16 + hex_value(text.data[*at + 2]));
        *at += 3;
    } else {
        *at += 1;
    }
    return c;
}

bool path_segments_alike(struct span segment, struct span literal, bool any_case)
{
    size_t i = 0;
    size_t j = 0;
    while (i < segment.len && j < literal.len) {
        uint8_t a = path_segments_byte(segment, &i);
        uint8_t b = path_segments_byte(literal, &j);
        if (a != b && !(any_case && path_segments_lower(a) == path_segments_lower(b)))
            return false;
    }
    return i == segment.len && j == literal.len;
}

bool path_segments_split(struct path_segments *out, struct span path)
{
    out->path = path;
    out->count = 0;
    if (path.len == 0 || path.data[0] != '/')
        return false;
    for (size_t at = 0; at < path.len && out->count < PATH_SEGMENTS_MAX;) {
        size_t end = span_index_of(path, '/', at + 1);
        out->items[out->count++] = span_of(path.data + at + 1, end - at - 1);
        at = end;
        out->more = at < path.len;
    }
    return true;
}

bool path_segments_cut_verb(struct path_segments *segments, bool first, struct span *verb)
{
    struct span path = segments->path;
    size_t colon = path.len;
    for (size_t i = path.len; i > 0 && path.data[i - 1] != '/'; i--) {
        if (path.data[i - 1] == ':' && (first || colon == path.len))
            colon = i - 1;
    }
    if (colon == path.len)
        return false;
    *verb = span_from(path, colon + 1);
    segments->path.len = colon;
    if (!segments->more) {
        struct span *last = &segments->items[segments->count - 1];
        last->len = (size_t)(path.data + colon - last->data);
    }
    return true;
}

/* Whether "**" is the last segment: then the path may go on, and where it is cut does not matter. */
static bool is_open(const struct path_template *path_template)
{
    return path_template->double_star == path_template->segment_count - 1;
}

/* The segment of the path that a segment of the template stands for; of "**" the one behind the first. */
static size_t path_index(const struct path_template *path_template, const struct path_segments *segments, size_t i)
{
    return i <= path_template->double_star ? i : segments->count + i - path_template->segment_count;
}

static bool segments_match(const struct path_template *path_template, const struct path_segments *segments,
                           struct leniency_set lenient)
{
    size_t count = path_template->segment_count;
    bool any = path_template->double_star < count;
    size_t fixed = any ? count - 1 : count;
    if (segments->count < fixed || (!any && segments->count > fixed) || (!is_open(path_template) && segments->more))
        return false;
    bool any_case = leniency_has(lenient, LENIENCY_LITERAL_CASE);
    for (size_t i = 0; i < count; i++) {
        const struct path_segment *segment = &path_template->segments[i];
        if (segment->kind == PATH_DOUBLE_STAR)
            continue;
        size_t at = path_index(path_template, segments, i);
        struct span item = segments->items[at];
        bool inner = segment->kind == PATH_STAR && (at + 1 < segments->count || segments->more);
        bool root = segment->kind == PATH_LITERAL && segment->literal.len == 0;
        if (item.len == 0 && !root && !(inner && leniency_has(lenient, LENIENCY_EMPTY_SEGMENTS)))
            return false;
        if (segment->kind == PATH_LITERAL && !path_segments_alike(item, segment->literal, any_case))
            return false;
    }
    return true;
}

/* The raw text that a variable covers: from its first segment to the end of its last, or of the path for "**". */
static struct span variable_raw(const struct path_template *path_template, const struct path_variable *variable,
                                const struct path_segments *segments)
{
    size_t star = path_template->double_star;
    size_t last = variable->first + variable->count - 1;
    size_t first = path_index(path_template, segments, variable->first);
    const uint8_t *end = segments->path.data + segments->path.len;
    bool empty = segments->count + 1 == path_template->segment_count; /* "**" covers nothing */
    if (first >= segments->count || (variable->first == star && last == star && !is_open(path_template) && empty))
        return span_of(end, 0);
    if (last != star || !is_open(path_template)) {
        last = last == star ? segments->count + last - path_template->segment_count
                            : path_index(path_template, segments, last);
        end = segments->items[last].data + segments->items[last].len;
    }
    return span_of(segments->items[first].data, (size_t)(end - segments->items[first].data));
}

/* As query_unescape, but triplets of characters that RFC 6570 calls reserved stay. */
static struct span unescape_unreserved(struct span text, struct arena *arena, bool *malformed)
{
    uint8_t *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!out)
        return span_of(NULL, 0);
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint8_t c = path_segments_byte(text, &at);
        if (at - start == 3 && c != 0 && strchr(":/?#[]@!$&'()*+,;=", c)) {
            memcpy(out + len, text.data + start, 3);
            len += 3;
            continue;
        }
        if (at - start == 1 && c == '%' && malformed)
            *malformed = true;
        out[len++] = c;
    }
    out[len] = 0;
    return span_of(out, len);
}

bool path_template_match(const struct path_template *path_template, struct leniency_set lenient, struct span path,
                         struct arena *arena, struct path_capture *captures, bool *malformed)
{
    struct path_segments segments;
    struct span verb;
    if (!path_segments_split(&segments, path))
        return false;
    bool first_colon = leniency_has(lenient, LENIENCY_FIRST_COLON);
    if (path_template->verb.len > 0 || first_colon) {
        bool cut = path_segments_cut_verb(&segments, first_colon, &verb);
        bool any_case = leniency_has(lenient, LENIENCY_LITERAL_CASE);
        if (cut != (path_template->verb.len > 0) || (cut && !path_segments_alike(verb, path_template->verb, any_case)))
            return false;
    }
    if (!segments_match(path_template, &segments, lenient))
        return false;
    assert(path_template->variable_count <= PATH_TEMPLATE_MAX_VARIABLES);
    for (size_t i = 0; i < path_template->variable_count; i++) {
        const struct path_variable *variable = &path_template->variables[i];
        captures[i].variable = variable;
        captures[i].raw = variable_raw(path_template, variable, &segments);
        bool keep_slash = variable->multi && !leniency_has(lenient, LENIENCY_FULL_EXPANSION);
        if (keep_slash && leniency_has(lenient, LENIENCY_KEEP_RESERVED))
            captures[i].value = unescape_unreserved(captures[i].raw, arena, malformed);
        else
            captures[i].value = query_unescape(captures[i].raw, keep_slash, false, arena, malformed);
    }
    return true;
}
