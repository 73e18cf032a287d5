/* Builds the routes of a schema, and finds the one that a request names. */
#include "harness/engine/http_rule/router.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/json/path.h"
#include "harness/engine/http_rule/path_segments.h"
#include "harness/base/escape.h"
#include "harness/base/name_table.h"

#define MAX_MEMORY  (64u << 20)
#define MAX_LITERAL 1024u /* bytes of a literal segment, decoded */
#define NONE        UINT32_MAX

/* One position in a template. A node is reached by exactly one sequence of segments, so a search visits it at most once
 * and costs no more than the number of nodes, whatever the path; behind a "**" in the middle, which only a leniency
 * allows, once for each segment of the path. */
struct node {
    uint32_t star;     /* child for "*" */
    uint32_t any;      /* child for "**" with segments behind it */
    uint32_t ends;     /* first binding that ends here; chained by entries[].next */
    uint32_t ends_any; /* first binding that ends here with "**" */
};

struct router {
    struct arena arena;
    struct leniency_set lenient; /* of the templates */
    struct router_binding *bindings;
    uint32_t *next; /* parallel to bindings */
    size_t count;
    size_t cap;
    struct node *nodes;
    size_t node_count;
    struct name_table literals; /* number of the parent node (4 bytes) and decoded literal -> node */
};

static enum err_code no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "routes: need more than %u bytes of memory", MAX_MEMORY);
}

/* ---- checking the rules */

/* http.proto: a field with a primitive (non-message) type. */
static bool is_leaf(const struct router *router, const struct schema_field *field)
{
    if (!field->message)
        return true;
    if (!leniency_has(router->lenient, LENIENCY_WELL_KNOWN_VARIABLES))
        return false;
    switch (field->message->well_known) {
    case SCHEMA_WKT_TIMESTAMP:
    case SCHEMA_WKT_DURATION:
    case SCHEMA_WKT_FIELD_MASK:
    case SCHEMA_WKT_WRAPPER:
        return true;
    default:
        return false;
    }
}

static enum err_code resolve_variable(struct router *router, struct router_field_path *out,
                                      const struct schema_message *message, struct span text, struct err *err)
{
    const struct schema_field *fields[ROUTER_MAX_FIELD_PATH];
    size_t count = 0;
    for (size_t at = 0; at <= text.len;) {
        size_t end = span_index_of(text, '.', at);
        struct span name = span_of(text.data + at, end - at);
        if (count == ROUTER_MAX_FIELD_PATH)
            return err_set(err, ERR_LIMIT, "variable %.*s: deeper than %d fields", SPAN_FMT(text),
                           ROUTER_MAX_FIELD_PATH);
        const struct schema_field *field = message ? schema_field_by_name(message, name) : NULL;
        if (!field)
            return err_set(err, ERR_NOT_FOUND, "variable %.*s: no such field", SPAN_FMT(text));
        if (field->repeated)
            return err_set(err, ERR_SYNTAX, "variable %.*s: goes through a repeated or map field", SPAN_FMT(text));
        fields[count++] = field;
        message = field->message;
        at = end + 1;
    }
    if (!is_leaf(router, fields[count - 1]))
        return err_set(err, ERR_SYNTAX, "variable %.*s: is a message", SPAN_FMT(text));
    out->fields = arena_alloc(&router->arena, count * sizeof *fields);
    if (!out->fields)
        return no_memory(err);
    memcpy(out->fields, fields, count * sizeof *fields);
    out->count = count;
    return ERR_OK;
}

/* What two variables, or a variable and the body, can never bind together. */
static enum err_code check_conflicts(const struct router_binding *binding, struct err *err)
{
    for (size_t i = 0; i < binding->path_template.variable_count; i++) {
        const struct router_field_path *a = &binding->variable_fields[i];
        struct span name = binding->path_template.variables[i].field_path;
        if (a->count == 1 && a->fields[0] == binding->body_field)
            return err_set(err, ERR_SYNTAX, "variable %.*s: is the body, too", SPAN_FMT(name));
        for (size_t j = 0; j < i; j++) {
            const struct router_field_path *b = &binding->variable_fields[j];
            struct span other = binding->path_template.variables[j].field_path;
            size_t shorter = a->count < b->count ? a->count : b->count;
            size_t same = 0;
            while (same < shorter && a->fields[same] == b->fields[same])
                same++;
            if (same == shorter)
                return err_set(err, ERR_SYNTAX, "variable %.*s: overlaps variable %.*s", SPAN_FMT(name),
                               SPAN_FMT(other));
            if (a->fields[same]->oneof_index >= 0 && a->fields[same]->oneof_index == b->fields[same]->oneof_index)
                return err_set(err, ERR_SYNTAX, "variable %.*s: is of the same oneof as variable %.*s", SPAN_FMT(name),
                               SPAN_FMT(other));
        }
    }
    return ERR_OK;
}

static enum err_code resolve_bodies(struct router_binding *binding, struct err *err)
{
    struct span body = binding->rule.body;
    struct span response_body = binding->rule.response_body;
    char quoted[ESCAPE_QUOTE_MAX];
    binding->body_all = span_is(body, "*");
    if (body.len > 0 && !binding->body_all) {
        binding->body_field = schema_field_by_name(binding->method->input, body);
        if (!binding->body_field)
            return err_set(err, ERR_NOT_FOUND, "body: the request message has no top-level field %s",
                           escape_quote(body, quoted));
    }
    if (response_body.len > 0) {
        binding->response_body_field = schema_field_by_name(binding->method->output, response_body);
        if (!binding->response_body_field)
            return err_set(err, ERR_NOT_FOUND, "response_body: the response message has no top-level field %s",
                           escape_quote(response_body, quoted));
    }
    return ERR_OK;
}

static enum err_code add_binding(struct router *router, const struct schema_method *method,
                                 const struct http_rule *rule, size_t index, struct err *err)
{
    struct arena *arena = &router->arena;
    struct router_binding *grown =
        arena_grow(arena, router->bindings, router->count, router->count + 1, &router->cap, sizeof *grown);
    if (!grown)
        return no_memory(err);
    router->bindings = grown;
    struct router_binding *binding = &grown[router->count];
    *binding = (struct router_binding){.method = method, .rule = *rule, .index = index};
    enum err_code code = path_template_parse(&binding->path_template, router->lenient, rule->path, arena, err);
    if (code == ERR_OK)
        code = resolve_bodies(binding, err);
    if (code != ERR_OK)
        return code;
    const struct path_template *path_template = &binding->path_template;
    binding->variable_fields = arena_calloc(arena, path_template->variable_count, sizeof *binding->variable_fields);
    if (!binding->variable_fields)
        return no_memory(err);
    for (size_t i = 0; i < path_template->variable_count && code == ERR_OK; i++)
        code = resolve_variable(router, &binding->variable_fields[i], method->input,
                                path_template->variables[i].field_path, err);
    if (code == ERR_OK)
        code = check_conflicts(binding, err);
    router->count++;
    return code;
}

/* What peers bind a method to that has no rule: its gRPC path. */
static enum err_code map_method(struct router *router, const struct schema_method *method, struct err *err)
{
    char *path = arena_printf(&router->arena, "/%.*s", SPAN_FMT(method->full_name));
    const struct http_rule rule = {
        .method = span_cstr("POST"), .path = span_cstr(path ? path : ""), .body = span_cstr("*")};
    return path ? add_binding(router, method, &rule, 0, err) : no_memory(err);
}

static enum err_code add_method(struct router *router, const struct schema_method *method, struct span rule,
                                struct err *err)
{
    struct http_rule *rules;
    size_t count = 0;
    if (!rule.data) /* none; an empty one is refused as one without a pattern */
        return leniency_has(router->lenient, LENIENCY_AUTO_MAPPING) ? map_method(router, method, err) : ERR_OK;
    enum err_code code = http_rule_parse(&rules, &count, router->lenient, rule, &router->arena, err);
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        char quoted[ESCAPE_QUOTE_MAX];
        code = add_binding(router, method, &rules[i], i, err);
        if (code != ERR_OK)
            err_prefix(err, "binding %zu, %s", i, escape_quote(rules[i].path, quoted));
    }
    if (code != ERR_OK)
        err_prefix(err, "%.*s", SPAN_FMT(method->full_name));
    return code;
}

/* ---- the tree */

static bool any_case(const struct router *router)
{
    return leniency_has(router->lenient, LENIENCY_LITERAL_CASE);
}

/* The key of a literal edge: parent and decoded text. 0 when the literal is longer than any in a template. */
static size_t literal_key(const struct router *router, uint8_t key[4 + MAX_LITERAL], uint32_t parent,
                          struct span literal)
{
    bool lower = any_case(router);
    memcpy(key, &parent, 4);
    size_t len = 4;
    for (size_t at = 0; at < literal.len;) {
        if (len == 4 + MAX_LITERAL)
            return 0;
        key[len] = path_segments_byte(literal, &at);
        key[len] = lower ? path_segments_lower(key[len]) : key[len];
        len++;
    }
    return len;
}

static uint32_t node_add(struct router *router)
{
    router->nodes[router->node_count] = (struct node){.star = NONE, .any = NONE, .ends = NONE, .ends_any = NONE};
    return (uint32_t)router->node_count++;
}

static enum err_code step_literal(struct router *router, uint32_t *at, struct span literal, struct err *err)
{
    uint8_t key[4 + MAX_LITERAL];
    size_t len = literal_key(router, key, *at, literal);
    if (len == 0)
        return err_set(err, ERR_LIMIT, "a literal of the path is longer than %u bytes", MAX_LITERAL);
    uint32_t child;
    if (name_table_find(&router->literals, span_of(key, len), &child)) {
        *at = child;
        return ERR_OK;
    }
    struct span copy = arena_dup(&router->arena, span_of(key, len));
    if (!copy.data)
        return no_memory(err);
    child = node_add(router);
    if (name_table_add(&router->literals, copy, child) != NAME_TABLE_ADDED)
        return err_set(err, ERR_LIMIT, "too many path literals with one hash");
    *at = child;
    return ERR_OK;
}

static enum err_code insert(struct router *router, uint32_t index, struct err *err)
{
    const struct router_binding *binding = &router->bindings[index];
    const struct path_template *path_template = &binding->path_template;
    uint32_t at = 0;
    uint32_t *list = NULL;
    for (size_t i = 0; i < path_template->segment_count; i++) {
        const struct path_segment *segment = &path_template->segments[i];
        if (segment->kind == PATH_LITERAL) {
            enum err_code code = step_literal(router, &at, segment->literal, err);
            if (code != ERR_OK)
                return code;
        } else if (segment->kind == PATH_STAR) {
            if (router->nodes[at].star == NONE) {
                uint32_t child = node_add(router);
                router->nodes[at].star = child;
            }
            at = router->nodes[at].star;
        } else if (i + 1 == path_template->segment_count) {
            list = &router->nodes[at].ends_any;
        } else {
            if (router->nodes[at].any == NONE) {
                uint32_t child = node_add(router);
                router->nodes[at].any = child;
            }
            at = router->nodes[at].any;
        }
    }
    if (!list)
        list = &router->nodes[at].ends;
    while (*list != NONE) {
        const struct router_binding *other = &router->bindings[*list];
        char quoted[2][ESCAPE_QUOTE_MAX];
        bool same = span_equal(other->rule.method, binding->rule.method) &&
                    path_segments_alike(other->path_template.verb, path_template->verb, any_case(router));
        if (same && leniency_has(router->lenient, LENIENCY_DUPLICATE_BINDINGS)) {
            router->next[index] = router->next[*list]; /* takes its place */
            break;
        }
        if (same)
            return err_set(
                err, ERR_SYNTAX, "%.*s: binding %zu, %s: the same HTTP method and path are bound by %.*s, %s",
                SPAN_FMT(binding->method->full_name), binding->index, escape_quote(binding->rule.path, quoted[0]),
                SPAN_FMT(other->method->full_name), escape_quote(other->rule.path, quoted[1]));
        list = &router->next[*list];
    }
    *list = index;
    return ERR_OK;
}

static enum err_code build_tree(struct router *router, struct err *err)
{
    size_t segments = 0;
    for (size_t i = 0; i < router->count; i++)
        segments += router->bindings[i].path_template.segment_count;
    router->nodes = arena_calloc(&router->arena, segments + 1, sizeof *router->nodes);
    router->next = arena_calloc(&router->arena, router->count, sizeof *router->next);
    if (!router->nodes || !router->next || !name_table_init(&router->literals, segments, &router->arena))
        return no_memory(err);
    node_add(router);
    for (size_t i = 0; i < router->count; i++) {
        router->next[i] = NONE;
        enum err_code code = insert(router, (uint32_t)i, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code router_new(struct router **out, const struct schema *schema, const struct router_options *options,
                         struct err *err)
{
    static const struct router_options strict;
    *out = NULL;
    if (!options)
        options = &strict;
    struct router *router = calloc(1, sizeof *router);
    if (!router)
        return err_set(err, ERR_NO_MEMORY, "routes: out of memory");
    arena_init(&router->arena, MAX_MEMORY);
    router->lenient = options->lenient;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < schema_service_count(schema) && code == ERR_OK; i++) {
        const struct schema_service *service = schema_service_at(schema, i);
        for (size_t j = 0; j < service->method_count && code == ERR_OK; j++) {
            const struct schema_method *method = &service->methods[j];
            code = add_method(router, method, http_config_rule(options->config, method), err);
        }
    }
    if (code == ERR_OK)
        code = build_tree(router, err);
    if (code == ERR_OK)
        *out = router;
    else
        router_free(router);
    return code;
}

void router_free(struct router *router)
{
    if (!router)
        return;
    arena_fini(&router->arena);
    free(router);
}

size_t router_binding_count(const struct router *router)
{
    return router->count;
}

const struct router_binding *router_binding_at(const struct router *router, size_t index)
{
    assert(index < router->count);
    return &router->bindings[index];
}

/* ---- matching */

struct search {
    const struct router *router;
    struct span method;
    struct path_segments *segments;
    struct span verb;     /* the verb looked for; empty: none */
    bool last_registered; /* the last declared of all that match, not the most specific */
    bool empty_segments;  /* "*" matches them, too */
    const struct router_binding *found;
    struct router_match *match; /* for the Allow list */
};

static void allow_add(struct router_match *match, struct span method)
{
    size_t len = strlen(match->allow);
    const char *at = match->allow;
    match->other_methods = true;
    while (*at) {
        size_t part = strcspn(at, ",");
        if (part == method.len && memcmp(at, method.data, part) == 0)
            return;
        at += part;
        at += strspn(at, ", ");
    }
    if (len + method.len + 3 <= sizeof match->allow)
        snprintf(match->allow + len, sizeof match->allow - len, "%s%.*s", len > 0 ? ", " : "", SPAN_FMT(method));
}

/* Notes what one list gave. true: the search is over. */
static bool search_take(struct search *search, const struct router_binding *binding)
{
    if (!binding)
        return false;
    if (!search->found || binding > search->found)
        search->found = binding;
    return !search->last_registered;
}

/* Looks in one list for the verb and the HTTP method; the exact method comes before "*". */
static bool search_list(struct search *search, uint32_t at)
{
    const struct router *router = search->router;
    const struct router_binding *any = NULL;
    for (; at != NONE; at = router->next[at]) {
        const struct router_binding *binding = &router->bindings[at];
        struct span verb = binding->path_template.verb;
        if ((verb.len > 0) != (search->verb.len > 0) || !path_segments_alike(search->verb, verb, any_case(router)))
            continue;
        if (span_equal(binding->rule.method, search->method))
            return search_take(search, binding);
        if (span_is(binding->rule.method, "*"))
            any = binding;
        else
            allow_add(search->match, binding->rule.method);
    }
    return search_take(search, any);
}

/* Recursion is as deep as the longest template. */
static bool search_node(struct search *search, uint32_t at, size_t depth)
{
    const struct router *router = search->router;
    const struct path_segments *segments = search->segments;
    const struct node *node = &router->nodes[at];
    if (depth == segments->count && !segments->more && search_list(search, node->ends))
        return true;
    bool full =
        depth < segments->count &&
        (segments->items[depth].len > 0 || (search->empty_segments && (depth + 1 < segments->count || segments->more)));
    if (full || (depth == 0 && span_is(segments->path, "/"))) {
        uint8_t key[4 + MAX_LITERAL];
        uint32_t child;
        size_t len = literal_key(router, key, at, segments->items[depth]);
        if (len > 0 && name_table_find(&router->literals, span_of(key, len), &child) &&
            search_node(search, child, depth + 1))
            return true;
    }
    if (full && node->star != NONE && search_node(search, node->star, depth + 1))
        return true;
    for (size_t next = depth; node->any != NONE && !segments->more && next < segments->count; next++) {
        if (search_node(search, node->any, next))
            return true;
    }
    return search_list(search, node->ends_any);
}

/* The path as the leniencies see it. data NULL: out of memory. */
static struct span path_leniently(struct span path, struct leniency_set lenient, struct arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    bool merge = leniency_has(lenient, LENIENCY_MERGE_SLASHES);
    bool decode = leniency_has(lenient, LENIENCY_DECODE_FIRST);
    uint8_t *out = arena_alloc(arena, 3 * path.len + 1);
    size_t len = 0;
    if (!out)
        return span_of(NULL, 0);
    for (size_t at = 0; at < path.len;) {
        bool triplet = path.data[at] == '%';
        uint8_t byte = path.data[at];
        if (decode)
            byte = path_segments_byte(path, &at);
        else
            at++;
        if (merge && byte == '/' && len > 0 && out[len - 1] == '/')
            continue;
        if (decode && triplet && byte != '/' && byte != ':') { /* decoded here; the copy is decoded once more */
            out[len++] = '%';
            out[len++] = (uint8_t)hex[byte >> 4];
            byte = (uint8_t)hex[byte & 15];
        }
        out[len++] = byte;
    }
    while (leniency_has(lenient, LENIENCY_TRAILING_SLASH) && len > 1 && out[len - 1] == '/')
        len--;
    return span_of(out, len);
}

static bool is_verb(const struct router *router, struct span text)
{
    for (size_t i = 0; i < router->count; i++) {
        struct span verb = router->bindings[i].path_template.verb;
        if (verb.len > 0 && path_segments_equal(text, verb))
            return true;
    }
    return false;
}

static const struct router_binding *find(const struct router *router, const struct path_segments *segments,
                                         struct leniency_set lenient, struct span method, bool verbs,
                                         struct router_match *match)
{
    struct path_segments cut = *segments;
    struct search search = {.router = router,
                            .method = method,
                            .segments = &cut,
                            .match = match,
                            .last_registered = leniency_has(lenient, LENIENCY_LAST_REGISTERED),
                            .empty_segments = leniency_has(lenient, LENIENCY_EMPTY_SEGMENTS)};
    bool first_colon = leniency_has(lenient, LENIENCY_FIRST_COLON);
    bool has_verb = verbs && path_segments_cut_verb(&cut, first_colon, &search.verb);
    if (has_verb && search.verb.len > 0)
        search_node(&search, 0, 0);
    bool always = first_colon || (leniency_has(lenient, LENIENCY_KNOWN_VERBS) && is_verb(router, search.verb));
    if (!(has_verb && always) && (!search.found || search.last_registered)) {
        cut = *segments;
        search.verb = span_of(NULL, 0);
        search_node(&search, 0, 0);
    }
    return search.found;
}

enum router_result router_match(const struct router *router, struct leniency_set lenient, struct span method,
                                struct span path, struct arena *arena, struct router_match *match)
{
    const uint64_t changing = LENIENCY_BIT(LENIENCY_TRAILING_SLASH) | LENIENCY_BIT(LENIENCY_MERGE_SLASHES) |
                              LENIENCY_BIT(LENIENCY_DECODE_FIRST);
    const uint64_t letters = LENIENCY_BIT(LENIENCY_LITERAL_CASE);
    struct path_segments segments;
    lenient.bits = (lenient.bits & ~letters) | (router->lenient.bits & letters); /* the tree is made for it, or not */
    match->binding = NULL;
    match->capture_count = 0;
    match->malformed_percent = false;
    match->other_methods = false;
    match->allow[0] = '\0';
    bool verbs = !(leniency_has(lenient, LENIENCY_TRAILING_SLASH) && path.len > 0 && path.data[path.len - 1] == '/');
    if (!verbs) /* then a colon begins none in the template's eyes, either */
        lenient.bits &= ~LENIENCY_BIT(LENIENCY_FIRST_COLON);
    if (lenient.bits & changing) {
        path = path_leniently(path, lenient, arena);
        if (!path.data)
            return ROUTER_BAD;
    }
    if (!path_segments_split(&segments, path))
        return ROUTER_NOT_FOUND;
    const struct router_binding *found = find(router, &segments, lenient, method, verbs, match);
    if (!found)
        return match->other_methods ? ROUTER_WRONG_METHOD : ROUTER_NOT_FOUND;
    match->binding = found;
    match->capture_count = found->path_template.variable_count;
    bool same =
        path_template_match(&found->path_template, lenient, path, arena, match->captures, &match->malformed_percent);
    assert(same);
    (void)same;
    for (size_t i = 0; i < match->capture_count; i++) {
        if (!match->captures[i].value.data)
            return ROUTER_BAD;
    }
    return ROUTER_MATCHED;
}

/* ---- what came near */

/* Whether the first half of either is the same: a slip further on is likely. */
static bool begins_alike(struct span segment, struct span literal)
{
    size_t longer = segment.len > literal.len ? segment.len : literal.len;
    size_t same = 0;
    while (same < segment.len && same < literal.len && segment.data[same] == literal.data[same])
        same++;
    return same > 0 && same * 2 >= longer;
}

/* How much of the path a template has from its beginning on: literals count more than wildcards, and those with a slip
 * less; other lengths less. 0: not even the first segment. */
static size_t likeness(const struct path_template *path_template, const struct path_segments *segments)
{
    size_t points = 0;
    size_t i = 0;
    size_t count = path_template->segment_count;
    for (; i < count && i < segments->count; i++) {
        const struct path_segment *segment = &path_template->segments[i];
        struct span item = segments->items[i];
        if (segment->kind == PATH_LITERAL && path_segments_equal(item, segment->literal))
            points += 5;
        else if (segment->kind == PATH_LITERAL && begins_alike(item, segment->literal))
            points += 3;
        else if (segment->kind == PATH_DOUBLE_STAR || (segment->kind == PATH_STAR && item.len > 0))
            points += 2;
        else
            break;
    }
    if (points == 0)
        return 0;
    size_t longer = count > segments->count ? count : segments->count;
    return points * 4 > longer - i ? points * 4 - (longer - i) : 1;
}

size_t router_nearest(const struct router *router, struct span method, struct span path,
                      const struct router_binding **out, size_t cap)
{
    enum { MOST = 16 };
    struct path_segments segments;
    size_t points[MOST];
    size_t count = 0;
    if (!path_segments_split(&segments, path))
        return 0;
    cap = cap < MOST ? cap : MOST;
    for (size_t i = 0; i < router->count; i++) {
        const struct router_binding *binding = &router->bindings[i];
        size_t have = likeness(&binding->path_template, &segments);
        if (have == 0)
            continue;
        have = have * 2 + span_equal(binding->rule.method, method);
        size_t at = count < cap ? count++ : cap;
        for (; at > 0 && points[at - 1] < have; at--) {
            if (at == cap)
                continue;
            points[at] = points[at - 1];
            out[at] = out[at - 1];
        }
        if (at < cap) {
            points[at] = have;
            out[at] = binding;
        }
    }
    while (count > 0 && points[count - 1] * 2 < points[0])
        count--;
    return count;
}
