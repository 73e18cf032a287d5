/* The pieces of text that Go's standard library puts into the messages of grpc-go. */
#include "harness/base/escape.h"
#include "harness/engine/grpc/client_view_impl.h"

/* Code points from 0x80 that Go escapes: controls, spaces other than ' ', invisible ones, private use. First and last,
 * ascending. Source: unicode.IsPrint, by blocks. */
static const uint32_t unprintable[][2] = {
    {0x80, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x1680, 0x1680},   {0x180e, 0x180e},
    {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},   {0xe000, 0xf8ff},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe0200, 0x10ffff},
};

static bool is_printable(uint32_t point)
{
    for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++) {
        if (point >= unprintable[i][0] && point <= unprintable[i][1])
            return false;
    }
    return true;
}

static void quote_ascii(struct buf *out, uint8_t c)
{
    static const char escapes[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";
    for (size_t i = 0; i + 1 < sizeof escapes; i += 2) {
        if ((uint8_t)escapes[i] == c) {
            buf_append_byte(out, '\\');
            buf_append_byte(out, (uint8_t)escapes[i + 1]);
            return;
        }
    }
    if (c < 0x20 || c == 0x7f)
        buf_printf(out, "\\x%02x", c);
    else
        buf_append_byte(out, c);
}

/* A sequence of valid UTF-8 of two bytes and more. */
static uint32_t code_point(const uint8_t *at, size_t len)
{
    uint32_t point = at[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (at[i] & 0x3fu);
    return point;
}

bool client_go_quote(struct buf *out, struct span text)
{
    buf_append_byte(out, '"');
    for (size_t at = 0; at < text.len && !out->failed;) {
        size_t len = escape_utf8_len(span_from(text, at));
        const uint8_t *bytes = text.data + at;
        at += len > 0 ? len : 1;
        if (len == 0) {
            buf_printf(out, "\\x%02x", bytes[0]);
        } else if (len == 1) {
            quote_ascii(out, bytes[0]);
        } else {
            uint32_t point = code_point(bytes, len);
            if (is_printable(point))
                buf_append(out, bytes, len);
            else
                buf_printf(out, point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
        }
    }
    return buf_append_byte(out, '"');
}

static const struct {
    int status;
    const char *text;
} http_texts[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

const char *client_http_text(int http_status)
{
    for (size_t i = 0; i < sizeof http_texts / sizeof *http_texts; i++) {
        if (http_texts[i].status == http_status)
            return http_texts[i].text;
    }
    return "";
}
