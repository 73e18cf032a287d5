/* Rewrites what some peers take for JSON as RFC 8259 has it. */
#include "harness/engine/json/lenient.h"

#include "harness/base/buf.h"

struct rewriter {
    struct leniency_set set;
    struct span in;
    size_t at;
    struct buf out;
    size_t depth;
    bool endless; /* a comment without an end was met: no other has one, and none is looked for */
    /* The comma that was written last with nothing but blanks after it, and an element before it. */
    bool comma;
    size_t comma_at; /* in `out` */
    uint8_t last;    /* the last byte written that is no blank; 0: none */
};

bool json_lenient_applies(struct leniency_set set)
{
    return (set.bits & (LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE + 1) - 1)) != 0;
}
_Static_assert(LENIENCY_TRAILING_COMMA == 0, "the leniencies of JSON text come first, trailing garbage last of them");

static bool has(const struct rewriter *rewriter, enum leniency which)
{
    return leniency_has(rewriter->set, which);
}

/* The byte `ahead` of the place; 0 at the end. */
static uint8_t peek(const struct rewriter *rewriter, size_t ahead)
{
    return ahead < rewriter->in.len - rewriter->at ? rewriter->in.data[rewriter->at + ahead] : 0;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$';
}

static void copy(struct rewriter *rewriter, size_t len)
{
    buf_append(&rewriter->out, rewriter->in.data + rewriter->at, len);
    rewriter->at += len;
}

/* Blanks in place of `len` bytes; line ends stay. */
static void blank(struct rewriter *rewriter, size_t len)
{
    for (; len > 0; len--)
        buf_append_byte(&rewriter->out, rewriter->in.data[rewriter->at++] == '\n' ? '\n' : ' ');
}

/* false: no comment, or one without an end. */
static bool comment_rewrite(struct rewriter *rewriter)
{
    struct span in = rewriter->in;
    if (peek(rewriter, 0) != '/' || !has(rewriter, LENIENCY_COMMENTS))
        return false;
    if (peek(rewriter, 1) == '/') {
        blank(rewriter, span_index_of(in, '\n', rewriter->at) - rewriter->at);
        return true;
    }
    if (peek(rewriter, 1) != '*' || rewriter->endless)
        return false;
    for (size_t at = rewriter->at + 3; at < in.len; at++) {
        if (in.data[at] == '/' && in.data[at - 1] == '*') {
            blank(rewriter, at + 1 - rewriter->at);
            return true;
        }
    }
    rewriter->endless = true;
    return false;
}

/* ---- strings */

/* The code unit of \uXXXX `ahead`; -1 when there is none. */
static int32_t unit_at(const struct rewriter *rewriter, size_t ahead)
{
    int32_t unit = 0;
    if (peek(rewriter, ahead) != '\\' || peek(rewriter, ahead + 1) != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        uint8_t c = peek(rewriter, ahead + i);
        uint8_t lower = c | 0x20;
        if (!is_digit(c) && !(lower >= 'a' && lower <= 'f'))
            return -1;
        unit = unit << 4 | (is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return unit;
}

/* Whether the backslash here stands before a character that has no escape. \v, which libprotobuf's old parser knows,
 * becomes the control character. */
static bool unknown_escape_rewrite(struct rewriter *rewriter)
{
    uint8_t c = peek(rewriter, 1);
    if (!has(rewriter, LENIENCY_UNKNOWN_ESCAPES) || c < 0x20 || strchr("\"\\/bfnrtu", c))
        return false;
    if (c == 'v')
        buf_append_cstr(&rewriter->out, "\\u000b");
    rewriter->at += c == 'v' ? 2 : 1;
    if (c != 'v' && c < 0x80)
        copy(rewriter, 1); /* a longer one is copied byte by byte */
    return true;
}

static void escape_rewrite(struct rewriter *rewriter, uint8_t quote)
{
    int32_t unit = unit_at(rewriter, 0);
    if (unit >= 0xd800 && unit <= 0xdfff && has(rewriter, LENIENCY_LONE_SURROGATES)) {
        int32_t low = unit_at(rewriter, 6);
        if (unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
            copy(rewriter, 12);
            return;
        }
        buf_append_cstr(&rewriter->out, "\\ufffd");
        rewriter->at += 6;
    } else if (quote == '\'' && peek(rewriter, 1) == '\'') {
        rewriter->at++;
        copy(rewriter, 1);
    } else if (!unknown_escape_rewrite(rewriter)) {
        copy(rewriter, rewriter->in.len - rewriter->at < 2 ? 1 : 2);
    }
}

static void string_rewrite(struct rewriter *rewriter)
{
    uint8_t quote = peek(rewriter, 0);
    buf_append_byte(&rewriter->out, '"');
    rewriter->at++;
    while (rewriter->at < rewriter->in.len) {
        uint8_t c = peek(rewriter, 0);
        if (c == quote) {
            buf_append_byte(&rewriter->out, '"');
            rewriter->at++;
            return;
        }
        if (c == '\\') {
            escape_rewrite(rewriter, quote);
        } else if (c == '"') {
            buf_append_cstr(&rewriter->out, "\\\"");
            rewriter->at++;
        } else if (c < 0x20 && has(rewriter, LENIENCY_CONTROL_CHARACTERS)) {
            buf_printf(&rewriter->out, "\\u%04x", c);
            rewriter->at++;
        } else {
            copy(rewriter, 1);
        }
    }
}

/* ---- words and numbers */

static bool word_is(const struct rewriter *rewriter, size_t len, const char *word)
{
    return span_is(span_of(rewriter->in.data + rewriter->at, len), word);
}

/* Whether what is here, `len` bytes long, is a key without quotes. */
static bool is_bare_key(const struct rewriter *rewriter, size_t len)
{
    if (!has(rewriter, LENIENCY_UNQUOTED_KEYS) || (rewriter->last != '{' && rewriter->last != ','))
        return false;
    while (is_blank(peek(rewriter, len)))
        len++;
    return peek(rewriter, len) == ':';
}

/* True and the like; false: no boolean. */
static bool boolean_rewrite(struct rewriter *rewriter, size_t len)
{
    struct span word = span_of(rewriter->in.data + rewriter->at, len);
    bool yes = span_equal_nocase(word, span_cstr("true"));
    if (!has(rewriter, LENIENCY_BOOL_CASE) || (!yes && !span_equal_nocase(word, span_cstr("false"))))
        return false;
    buf_append_cstr(&rewriter->out, yes ? "true" : "false");
    rewriter->at += len;
    return true;
}

/* A word, a sign and Infinity, or an integer that is a key; false: none of them. */
static bool word_rewrite(struct rewriter *rewriter)
{
    size_t sign = peek(rewriter, 0) == '-' && (peek(rewriter, 1) == 'I' || is_digit(peek(rewriter, 1)));
    size_t len = sign;
    if (!is_word(peek(rewriter, len)))
        return false;
    bool number = is_digit(peek(rewriter, len));
    while (is_word(peek(rewriter, len)))
        len++;
    bool key = (sign == 0 || number) && is_bare_key(rewriter, len);
    if (number && !key)
        return false;
    if (!key && boolean_rewrite(rewriter, len))
        return true;
    bool nan =
        word_is(rewriter, len, "NaN") || word_is(rewriter, len, "Infinity") || word_is(rewriter, len, "-Infinity");
    bool quoted = key || (nan && has(rewriter, LENIENCY_UNQUOTED_NAN));
    if (quoted)
        buf_append_byte(&rewriter->out, '"');
    copy(rewriter, len);
    if (quoted)
        buf_append_byte(&rewriter->out, '"');
    return true;
}

static bool number_rewrite(struct rewriter *rewriter)
{
    size_t sign = peek(rewriter, 0) == '-' || peek(rewriter, 0) == '+';
    size_t zeros = 0;
    if (!is_digit(peek(rewriter, sign)))
        return false;
    while (has(rewriter, LENIENCY_LEADING_ZEROS) && peek(rewriter, sign + zeros) == '0' &&
           is_digit(peek(rewriter, sign + zeros + 1)))
        zeros++;
    uint8_t first = peek(rewriter, 0);
    for (size_t i = 0; i < zeros; i++)
        buf_append_byte(&rewriter->out, ' ');
    if (sign)
        buf_append_byte(&rewriter->out, first == '+' && has(rewriter, LENIENCY_PLUS_SIGN) ? ' ' : first);
    rewriter->at += sign + zeros;
    while (is_digit(peek(rewriter, 0)) || (peek(rewriter, 0) && strchr("+-.eE", peek(rewriter, 0))))
        copy(rewriter, 1);
    return true;
}

/* ---- the whole */

static void mark_rewrite(struct rewriter *rewriter, uint8_t c)
{
    bool closes = c == '}' || c == ']';
    if (closes && rewriter->comma && has(rewriter, LENIENCY_TRAILING_COMMA))
        rewriter->out.data[rewriter->comma_at] = ' ';
    bool after_element = rewriter->last != 0 && rewriter->last != '[' && rewriter->last != '{' && rewriter->last != ',';
    rewriter->comma = c == ',' && after_element;
    rewriter->comma_at = rewriter->out.len;
    rewriter->depth += c == '{' || c == '[';
    rewriter->depth -= closes && rewriter->depth > 0;
    copy(rewriter, 1);
    rewriter->last = c;
}

/* A string, a word or a number. */
static bool scalar_rewrite(struct rewriter *rewriter, uint8_t c)
{
    if (c == '"' || (c == '\'' && has(rewriter, LENIENCY_SINGLE_QUOTES)))
        string_rewrite(rewriter);
    else if (!word_rewrite(rewriter) && !number_rewrite(rewriter))
        return false;
    rewriter->last = '"';
    rewriter->comma = false;
    return true;
}

static void text_rewrite(struct rewriter *rewriter)
{
    while (rewriter->at < rewriter->in.len && !rewriter->out.failed) {
        uint8_t c = peek(rewriter, 0);
        if (is_blank(c)) {
            copy(rewriter, 1);
            continue;
        }
        if (comment_rewrite(rewriter))
            continue;
        bool complete = scalar_rewrite(rewriter, c);
        if (!complete) {
            mark_rewrite(rewriter, c);
            complete = c == '}' || c == ']';
        }
        if (complete && rewriter->depth == 0 && has(rewriter, LENIENCY_TRAILING_GARBAGE))
            return;
    }
}

struct span json_lenient_text(struct span text, struct leniency_set set, struct arena *arena)
{
    struct rewriter rewriter = {.set = set, .in = text};
    struct span out = span_of(NULL, 0);
    buf_init(&rewriter.out, text.len * 6 + 16);
    if (leniency_has(set, LENIENCY_BYTE_ORDER_MARK) && span_starts_with(text, "\xef\xbb\xbf"))
        blank(&rewriter, 3);
    text_rewrite(&rewriter);
    if (!rewriter.out.failed)
        out = arena_dup(arena, buf_span(&rewriter.out));
    buf_fini(&rewriter.out);
    return out;
}
