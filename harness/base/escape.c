/* Escapes for the terminal, HTML, XML, JSON and the shell, and the UTF-8 that they rest on. */
#include "harness/base/escape.h"

#include <stdio.h>

/* RFC 3629, section 4: the byte ranges of well-formed UTF-8. */
size_t escape_utf8_len(struct span s)
{
    if (s.len == 0)
        return 0;
    uint8_t first = s.data[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (s.len < len)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (s.data[1] < low || s.data[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool escape_utf8_valid(struct span s)
{
    size_t at = 0;
    while (at < s.len) {
        if (s.data[at] < 0x80) {
            at++;
            continue;
        }
        size_t len = escape_utf8_len(span_from(s, at));
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

bool escape_utf8_replace(struct buf *out, struct span bytes)
{
    for (size_t at = 0; at < bytes.len && !out->failed;) {
        struct span rest = span_from(bytes, at);
        size_t len = escape_utf8_len(rest);
        if (len > 0)
            buf_append(out, rest.data, len);
        else
            buf_append_cstr(out, "\xef\xbf\xbd");
        at += len > 0 ? len : 1;
    }
    return !out->failed;
}

/* One step through hostile text: `len` bytes that form `code`, or one byte that is not UTF-8. */
struct step {
    size_t len;
    uint32_t code;
    bool valid;
};

static struct step step_next(struct span s)
{
    size_t len = escape_utf8_len(s);
    const uint8_t *p = s.data;
    switch (len) {
    case 1:
        return (struct step){1, p[0], true};
    case 2:
        return (struct step){2, (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu), true};
    case 3:
        return (struct step){3, (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu), true};
    case 4:
        return (struct step){4, (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu),
                             true};
    default:
        return (struct step){1, p[0], false};
    }
}

/* Characters that a person cannot see or that change how their neighbours are shown: controls, soft hyphen, bidi and
 * zero-width controls, line separators, interlinear marks, tags, and what is no character at all. */
static bool is_deceptive(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return true;
    if (c < 0x300)
        return c == 0xad;
    return c == 0x61c || c == 0x180e || c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool put_visible(struct buf *out, struct step step)
{
    if (step.valid && step.code >= 0x80)
        return buf_printf(out, "\\u{%x}", step.code);
    if (step.code == '\n')
        return buf_append_cstr(out, "\\n");
    if (step.code == '\r')
        return buf_append_cstr(out, "\\r");
    if (step.code == '\t')
        return buf_append_cstr(out, "\\t");
    return buf_printf(out, "\\x%02x", step.code);
}

static const char *entity(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool put_text(struct buf *out, struct span bytes, bool markup)
{
    while (bytes.len > 0 && !out->failed) {
        struct step step = step_next(bytes);
        const char *named = markup && step.valid ? entity(step.code) : NULL;
        if (named)
            buf_append_cstr(out, named);
        else if (!step.valid || is_deceptive(step.code))
            put_visible(out, step);
        else
            buf_append(out, bytes.data, step.len);
        bytes = span_from(bytes, step.len);
    }
    return !out->failed;
}

bool escape_terminal(struct buf *out, struct span bytes)
{
    return put_text(out, bytes, false);
}

bool escape_terminal_cut(struct buf *out, struct span bytes, size_t max_len)
{
    if (bytes.len <= max_len)
        return put_text(out, bytes, false);
    /* Do not cut inside a character: what is left of it would look like invalid bytes. */
    size_t keep = max_len;
    for (size_t back = 1; back <= 3 && back <= max_len; back++) {
        size_t len = escape_utf8_len(span_from(bytes, max_len - back));
        if (len > back)
            keep = max_len - back;
        if (len > 0)
            break;
    }
    put_text(out, span_of(bytes.data, keep), false);
    return buf_printf(out, "... (%zu more bytes)", bytes.len - keep);
}

bool escape_html(struct buf *out, struct span bytes)
{
    return put_text(out, bytes, true);
}

/* The same text serves: escape_terminal leaves no control, surrogate or noncharacter, which is all that XML 1.0
 * (section 2.2, production Char) forbids, and &#39; is the numeric form both languages know. */
bool escape_xml(struct buf *out, struct span bytes)
{
    return put_text(out, bytes, true);
}

static bool put_json_code(struct buf *out, uint32_t c)
{
    if (c < 0x10000)
        return buf_printf(out, "\\u%04x", c);
    return buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* Bytes that stand for themselves in a JSON string, ASCII only. */
static bool json_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<';
}

bool escape_json(struct buf *out, struct span bytes)
{
    buf_append_byte(out, '"');
    while (bytes.len > 0 && !out->failed) {
        size_t plain = 0;
        while (plain < bytes.len && json_plain(bytes.data[plain]))
            plain++;
        if (plain > 0) {
            buf_append(out, bytes.data, plain);
            bytes = span_from(bytes, plain);
            continue;
        }
        struct step step = step_next(bytes);
        if (!step.valid)
            buf_printf(out, "\\\\x%02x", step.code);
        else if (step.code == '"' || step.code == '\\')
            buf_printf(out, "\\%c", (char)step.code);
        else if (step.code == '\n')
            buf_append_cstr(out, "\\n");
        else if (step.code == '<' || is_deceptive(step.code))
            put_json_code(out, step.code);
        else
            buf_append(out, bytes.data, step.len);
        bytes = span_from(bytes, step.len);
    }
    return buf_append_byte(out, '"');
}

/* Letters, digits and punctuation that mean nothing to a shell anywhere in a word. */
static bool is_bare_word(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("-_./:@%+,", c)))
            return false;
    }
    return bytes.len > 0;
}

bool escape_printf(struct buf *out, struct span bytes)
{
    buf_append_byte(out, '\'');
    for (size_t i = 0; i < bytes.len && !out->failed; i++) {
        uint8_t c = bytes.data[i];
        /* An interactive shell takes ! for history, in double quotes too; printf takes a - in front for an option. */
        if (c < 0x20 || c >= 0x7f || c == '\'' || c == '\\' || c == '!' || (c == '-' && i == 0))
            buf_printf(out, "\\%03o", c);
        else if (c == '%')
            buf_append_cstr(out, "%%");
        else
            buf_append_byte(out, c);
    }
    return buf_append_byte(out, '\'');
}

/* In single quotes. */
static bool put_quoted(struct buf *out, struct span bytes)
{
    buf_append_byte(out, '\'');
    for (size_t i = 0; i < bytes.len && !out->failed; i++) {
        if (bytes.data[i] == '\'')
            buf_append_cstr(out, "'\\''");
        else
            buf_append_byte(out, bytes.data[i]);
    }
    return buf_append_byte(out, '\'');
}

bool escape_shell(struct buf *out, struct span bytes)
{
    bool plain = true;
    if (is_bare_word(bytes))
        return buf_append_span(out, bytes);
    for (size_t i = 0; i < bytes.len; i++)
        plain = plain && bytes.data[i] >= 0x20 && bytes.data[i] < 0x7f;
    if (plain)
        return put_quoted(out, bytes);
    /* $(...) drops line feeds at the end. */
    size_t feeds = 0;
    while (feeds < bytes.len && bytes.data[bytes.len - 1 - feeds] == '\n')
        feeds++;
    if (feeds < bytes.len) {
        buf_append_cstr(out, "\"$(printf ");
        escape_printf(out, span_of(bytes.data, bytes.len - feeds));
        buf_append_cstr(out, ")\"");
    }
    buf_append_cstr(out, feeds > 0 ? "$'" : "");
    for (size_t i = 0; i < feeds && !out->failed; i++)
        buf_append_cstr(out, "\\n");
    return buf_append_cstr(out, feeds > 0 ? "'" : "");
}

const char *escape_quote(struct span bytes, char text[ESCAPE_QUOTE_MAX])
{
    size_t len = 0;
    size_t at = 0;
    text[len++] = '"';
    for (; at < bytes.len && len < ESCAPE_QUOTE_MAX - 10; at++) {
        uint8_t byte = bytes.data[at];
        if (byte >= 0x20 && byte < 0x7f && byte != '"')
            text[len++] = (char)byte;
        else
            len += (size_t)snprintf(text + len, 5, "\\x%02x", byte);
    }
    snprintf(text + len, 5, at < bytes.len ? "...\"" : "\"");
    return text;
}
