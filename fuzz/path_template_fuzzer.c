/* Target `path_template`: lines "METHOD TEMPLATE", an empty line, then lines "METHOD PATH". The templates become a
 * router of their own. Each path is matched a second time by the plain model below, which tries every template, and the
 * most specific match must be the router's. Where leniencies take more templates, there is a second router with these,
 * which must find one exactly when one of its templates matches. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/engine/http_rule/router.h"
#include "harness/engine/proto/wire.h"

#define MAX_RULES 16
#define MAX_PATHS 8

/* ---- a descriptor set with a method for each rule: message M { string a = 1; ... string d = 4; M m = 5; } */

static void put_text(struct buf *out, uint32_t number, const char *text)
{
    wire_put_tag(out, number, WIRE_LEN);
    wire_put_bytes(out, span_cstr(text));
}

static void put_number(struct buf *out, uint32_t number, uint64_t value)
{
    wire_put_tag(out, number, WIRE_VARINT);
    wire_put_varint(out, value);
}

static size_t begin(struct buf *out, uint32_t number)
{
    wire_put_tag(out, number, WIRE_LEN);
    return wire_len_begin(out);
}

static void put_message(struct buf *out)
{
    static const char *const names[] = {"a", "b", "c", "d", "m"};
    size_t message = begin(out, 4);
    put_text(out, 1, "M");
    for (uint32_t i = 0; i < 5; i++) {
        size_t field = begin(out, 2);
        put_text(out, 1, names[i]);
        put_number(out, 3, i + 1);
        put_number(out, 4, 1);
        put_number(out, 5, i < 4 ? SCHEMA_STRING : SCHEMA_MESSAGE);
        if (i == 4)
            put_text(out, 6, ".p.M");
        put_text(out, 10, names[i]);
        wire_len_end(out, field);
    }
    wire_len_end(out, message);
}

static void put_method(struct buf *out, unsigned index, struct span http_method, struct span path)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "PATCH"};
    char name[] = {'R', (char)('a' + index), '\0'};
    size_t method = begin(out, 2);
    put_text(out, 1, name);
    put_text(out, 2, ".p.M");
    put_text(out, 3, ".p.M");
    size_t options = begin(out, 4);
    size_t rule = begin(out, 72295728);
    uint32_t number = 0;
    while (number < 5 && !span_is(http_method, methods[number]))
        number++;
    size_t custom = number == 5 ? begin(out, 8) : 0;
    if (number == 5) {
        wire_put_tag(out, 1, WIRE_LEN);
        wire_put_bytes(out, http_method);
    }
    wire_put_tag(out, number == 5 ? 2 : number + 2, WIRE_LEN);
    wire_put_bytes(out, path);
    if (number == 5)
        wire_len_end(out, custom);
    wire_len_end(out, rule);
    wire_len_end(out, options);
    wire_len_end(out, method);
}

/* ---- the model */

static int hex(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Percent-decodes into `out`, which has room for text.len bytes; what is malformed stays. */
static size_t decode(uint8_t *out, struct span text, bool keep_slash)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = -1;
        if (text.data[i] == '%' && text.len - i > 2 && hex(text.data[i + 1]) >= 0 && hex(text.data[i + 2]) >= 0)
            value = hex(text.data[i + 1]) * 16 + hex(text.data[i + 2]);
        if (value < 0 || (keep_slash && value == '/')) {
            out[len++] = text.data[i];
        } else {
            out[len++] = (uint8_t)value;
            i += 2;
        }
    }
    return len;
}

static bool same_decoded(struct span a, struct span b)
{
    static struct buf left;
    static struct buf right;
    uint8_t *to_a = buf_reserve(fuzz_buf(&left), a.len);
    uint8_t *to_b = buf_reserve(fuzz_buf(&right), b.len);
    FUZZ_CHECK(to_a && to_b);
    size_t len_a = decode(to_a, a, false);
    size_t len_b = decode(to_b, b, false);
    return span_equal(span_of(to_a, len_a), span_of(to_b, len_b));
}

/* Takes the text up to the next '/' from the front. */
static struct span next_segment(struct span *rest)
{
    size_t end = span_index_of(*rest, '/', 1);
    struct span segment = span_of(rest->data + 1, end - 1);
    *rest = span_from(*rest, end);
    return segment;
}

static bool model_match(const struct path_template *template, struct span path)
{
    if (path.len == 0 || path.data[0] != '/')
        return false;
    if (template->verb.len > 0) {
        size_t at = path.len;
        while (at > 0 && path.data[at - 1] != ':' && path.data[at - 1] != '/')
            at--;
        if (at == 0 || path.data[at - 1] != ':' || !same_decoded(span_from(path, at), template->verb))
            return false;
        path.len = at - 1;
    }
    for (size_t i = 0; i < template->segment_count; i++) {
        const struct path_segment *segment = &template->segments[i];
        if (segment->kind == PATH_DOUBLE_STAR)
            return true;
        if (path.len == 0)
            return false;
        struct span text = next_segment(&path);
        if (text.len == 0 || (segment->kind == PATH_LITERAL && !same_decoded(text, segment->literal)))
            return false;
    }
    return path.len == 0;
}

/* Negative: a is more specific. */
static int compare(const struct router_binding *a, const struct router_binding *b)
{
    const struct path_template *left = &a->path_template;
    const struct path_template *right = &b->path_template;
    if ((left->verb.len > 0) != (right->verb.len > 0))
        return left->verb.len > 0 ? -1 : 1;
    for (size_t i = 0; i < left->segment_count && i < right->segment_count; i++) {
        if (left->segments[i].kind != right->segments[i].kind)
            return left->segments[i].kind < right->segments[i].kind ? -1 : 1;
    }
    if (left->segment_count != right->segment_count) /* the longer one goes on with "**" */
        return left->segment_count < right->segment_count ? -1 : 1;
    return (int)span_is(a->rule.method, "*") - (int)span_is(b->rule.method, "*");
}

static void check_capture(const struct path_capture *capture, const struct path_variable *variable)
{
    static struct buf decoded;
    uint8_t *out = buf_reserve(fuzz_buf(&decoded), capture->raw.len);
    FUZZ_CHECK(out && capture->variable == variable);
    FUZZ_CHECK(span_equal(capture->value, span_of(out, decode(out, capture->raw, variable->multi))));
    FUZZ_CHECK(variable->multi || span_index_of(capture->raw, '/', 0) == capture->raw.len);
}

static void check_nearest(const struct router *router, struct span method, struct span path)
{
    const struct router_binding *near[4];
    size_t count = router_nearest(router, method, path, near, 4);
    FUZZ_CHECK(count <= 4 && count <= router_binding_count(router));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(near[i] != near[j]);
    }
}

static const struct leniency_set lenient = {.bits = LENIENCY_BIT(LENIENCY_NESTED_VARIABLES) |
                                                    LENIENCY_BIT(LENIENCY_DOUBLE_STAR_MIDDLE) |
                                                    LENIENCY_BIT(LENIENCY_FIRST_COLON)};

static void check_lenient_path(const struct router *router, struct span method, struct span path)
{
    static struct arena arena;
    struct router_match match;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    bool any = false;
    bool with_method = false;
    fuzz_arena(&arena);
    for (size_t i = 0; i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        bool same_method = span_equal(binding->rule.method, method) || span_is(binding->rule.method, "*");
        bool matches = path_template_match(&binding->path_template, lenient, path, &arena, captures, NULL);
        any = any || matches;
        with_method = with_method || (matches && same_method);
    }
    enum router_result result = router_match(router, lenient, method, path, &arena, &match);
    FUZZ_CHECK(result == (with_method ? ROUTER_MATCHED : any ? ROUTER_WRONG_METHOD : ROUTER_NOT_FOUND));
    if (result != ROUTER_MATCHED)
        return;
    FUZZ_CHECK(span_equal(match.binding->rule.method, method) || span_is(match.binding->rule.method, "*"));
    path_template_match(&match.binding->path_template, lenient, path, &arena, captures, NULL);
    for (size_t i = 0; i < match.capture_count; i++)
        FUZZ_CHECK(span_equal(match.captures[i].value, captures[i].value));
}

static void check_path(const struct router *router, struct span method, struct span path)
{
    static struct arena arena;
    struct router_match match;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    const struct router_binding *best = NULL;
    bool other_method = false;
    fuzz_arena(&arena);
    for (size_t i = 0; i < router_binding_count(router); i++) {
        const struct router_binding *binding = router_binding_at(router, i);
        bool matches = model_match(&binding->path_template, path);
        FUZZ_CHECK(path_template_match(&binding->path_template, LENIENCY_NONE, path, &arena, captures, NULL) ==
                   matches);
        if (!matches)
            continue;
        if (!span_equal(binding->rule.method, method) && !span_is(binding->rule.method, "*"))
            other_method = true;
        else if (!best || compare(binding, best) < 0)
            best = binding;
    }
    enum router_result result = router_match(router, LENIENCY_NONE, method, path, &arena, &match);
    FUZZ_CHECK(result == (best ? ROUTER_MATCHED : other_method ? ROUTER_WRONG_METHOD : ROUTER_NOT_FOUND));
    check_nearest(router, method, path);
    if (!best)
        return;
    FUZZ_CHECK(match.binding == best && match.capture_count == best->path_template.variable_count);
    for (size_t i = 0; i < match.capture_count; i++)
        check_capture(&match.captures[i], &best->path_template.variables[i]);
}

/* ---- the input */

static struct span next_line(struct span *rest)
{
    size_t end = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, end);
    *rest = span_from(*rest, end + 1);
    return line;
}

/* A template that was parsed, printed from its parts, is the text. */
static void check_template(struct span text, const struct path_template *template)
{
    static struct buf printed;
    static const char *const stars[] = {[PATH_STAR] = "*", [PATH_DOUBLE_STAR] = "**"};
    size_t variable = 0;
    fuzz_buf(&printed);
    for (size_t i = 0; i < template->segment_count; i++) {
        const struct path_variable *at = variable < template->variable_count ? &template->variables[variable] : NULL;
        buf_append_byte(&printed, '/');
        if (at && at->first == i) {
            buf_append_byte(&printed, '{');
            buf_append_span(&printed, at->field_path);
            buf_append_byte(&printed, '=');
        }
        if (template->segments[i].kind == PATH_LITERAL)
            buf_append_span(&printed, template->segments[i].literal);
        else
            buf_append_cstr(&printed, stars[template->segments[i].kind]);
        if (at && i + 1 == at->first + at->count) {
            FUZZ_CHECK(at->multi == (at->count > 1 || template->segments[i].kind == PATH_DOUBLE_STAR));
            buf_append_byte(&printed, '}');
            variable++;
        }
    }
    if (template->verb.len > 0)
        buf_append_byte(&printed, ':');
    FUZZ_CHECK(buf_append_span(&printed, template->verb) && variable == template->variable_count);
    /* "{a}" and "{a=*}" are one. */
    static struct arena arena;
    struct path_template again;
    FUZZ_CHECK(path_template_parse(&again, LENIENCY_NONE, buf_span(&printed), fuzz_arena(&arena), NULL) == ERR_OK);
    FUZZ_CHECK(again.segment_count == template->segment_count && again.variable_count == template->variable_count);
    FUZZ_CHECK(span_equal(again.verb, template->verb) && text.len > 0 && text.data[0] == '/');
    for (size_t i = 0; i < again.segment_count; i++)
        FUZZ_CHECK(again.segments[i].kind == template->segments[i].kind);
}

/* Returns how many templates only the leniencies take. */
static unsigned put_rules(struct buf *set, struct span *rest, bool with_lenient)
{
    static struct arena arena;
    unsigned count = 0;
    unsigned more = 0;
    while (rest->len > 0 && count < MAX_RULES) {
        struct span line = next_line(rest);
        if (line.len == 0)
            break;
        size_t blank = span_index_of(line, ' ', 0);
        struct span text = span_from(line, blank + 1);
        struct path_template template;
        struct err err = {.code = ERR_OK};
        enum err_code code = path_template_parse(&template, LENIENCY_NONE, text, fuzz_arena(&arena), &err);
        FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
        if (code == ERR_OK)
            check_template(text, &template);
        bool only_lenient =
            code != ERR_OK && path_template_parse(&template, lenient, text, fuzz_arena(&arena), NULL) == ERR_OK;
        more += only_lenient;
        if (code == ERR_OK || (only_lenient && with_lenient))
            put_method(set, count++, span_of(line.data, blank), text);
    }
    return more;
}

static unsigned put_set(struct buf *set, struct span *rest, bool with_lenient)
{
    fuzz_buf(set);
    size_t file = begin(set, 1);
    put_text(set, 1, "p.proto");
    put_text(set, 2, "p");
    put_message(set);
    size_t service = begin(set, 6);
    put_text(set, 1, "S");
    unsigned more = put_rules(set, rest, with_lenient);
    wire_len_end(set, service);
    put_text(set, 12, "proto3");
    FUZZ_CHECK(wire_len_end(set, file));
    return more;
}

static void check_paths(struct span set, struct span rest, bool with_lenient)
{
    struct schema *schema;
    struct router *router;
    if (schema_new(&schema, set, NULL) != ERR_OK)
        return; /* a text that is not UTF-8 */
    enum err_code code = with_lenient ? router_new(&router, schema, &(struct router_options){.lenient = lenient}, NULL)
                                      : router_new(&router, schema, NULL, NULL);
    for (int i = 0; code == ERR_OK && i < MAX_PATHS && rest.len > 0; i++) {
        struct span line = next_line(&rest);
        size_t blank = span_index_of(line, ' ', 0);
        (with_lenient ? check_lenient_path : check_path)(router, span_of(line.data, blank), span_from(line, blank + 1));
    }
    router_free(router);
    schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf set;
    struct span rest = span_of(data, size);
    unsigned more = put_set(&set, &rest, false);
    check_paths(buf_span(&set), rest, false);
    if (more > 0) {
        rest = span_of(data, size);
        put_set(&set, &rest, true);
        check_paths(buf_span(&set), rest, true);
    }
    return 0;
}
