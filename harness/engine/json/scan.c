/* Cuts a streamed JSON response into its messages, byte by byte. */
#include "harness/engine/json/scan.h"

void json_scan_init(struct json_scan *scan, enum json_scan_framing framing)
{
    *scan = (struct json_scan){.framing = framing};
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void element_end(struct json_scan *scan, size_t end, json_scan_fn *on_element, void *user)
{
    scan->in_element = false;
    scan->after_element = true;
    if (on_element)
        on_element(user, scan->element_at, end - scan->element_at);
}

static void element_begin(struct json_scan *scan, uint8_t c)
{
    scan->element_at = scan->offset;
    scan->in_element = true;
    scan->in_string = c == '"';
    scan->escaped = false;
    scan->depth = c == '{' || c == '[';
}

/* A byte inside a string. */
static void string_byte(struct json_scan *scan, uint8_t c, json_scan_fn *on_element, void *user)
{
    if (scan->escaped) {
        scan->escaped = false;
    } else if (c == '\\') {
        scan->escaped = true;
    } else if (c == '"') {
        scan->in_string = false;
        if (scan->depth == 0)
            element_end(scan, scan->offset + 1, on_element, user);
    }
}

/* A byte between elements. */
static void outside_byte(struct json_scan *scan, uint8_t c)
{
    if (is_blank(c))
        return;
    if (scan->framing == JSON_SCAN_ARRAY) {
        if (!scan->array_open && !scan->array_closed && !scan->garbage && c == '[') {
            scan->array_open = true;
            return;
        }
        if (scan->array_open && c == ']') {
            scan->array_open = false;
            scan->array_closed = true;
            scan->garbage = scan->garbage || scan->after_comma;
            return;
        }
        if (!scan->array_open || (c == ',' && !scan->after_element)) {
            scan->garbage = true;
            return;
        }
        if (c == ',') {
            scan->after_element = false;
            scan->after_comma = true;
            return;
        }
        scan->garbage = scan->garbage || scan->after_element;
        scan->after_comma = false;
        scan->after_element = false;
    }
    element_begin(scan, c);
}

/* Whether `c` ends a number or a literal that stands by itself. */
static bool ends_scalar(const struct json_scan *scan, uint8_t c)
{
    if (is_blank(c))
        return true;
    if (scan->framing == JSON_SCAN_ARRAY)
        return c == ',' || c == ']';
    return c == '{' || c == '[' || c == '"';
}

static void json_byte(struct json_scan *scan, uint8_t c, json_scan_fn *on_element, void *user)
{
    if (scan->in_string) {
        string_byte(scan, c, on_element, user);
    } else if (scan->in_element && scan->depth > 0) {
        if (c == '"')
            scan->in_string = true;
        else if (c == '{' || c == '[')
            scan->depth++;
        else if ((c == '}' || c == ']') && --scan->depth == 0)
            element_end(scan, scan->offset + 1, on_element, user);
    } else if (!scan->in_element) {
        outside_byte(scan, c);
    } else if (ends_scalar(scan, c)) {
        element_end(scan, scan->offset, on_element, user);
        outside_byte(scan, c);
    }
}

/* The data line that waits for the blank line after it. */
static void sse_dispatch(struct json_scan *scan, json_scan_fn *on_element, void *user)
{
    if (scan->in_element)
        element_end(scan, scan->element_at + scan->element_len, on_element, user);
}

/* The line under way ends before the byte at scan->offset. */
static void sse_line_end(struct json_scan *scan, json_scan_fn *on_element, void *user)
{
    size_t len = scan->offset - scan->line_at;
    if (len == 0) {
        sse_dispatch(scan, on_element, user);
    } else if (len >= 5 && memcmp(scan->line, "data:", 5) == 0) {
        sse_dispatch(scan, on_element, user);
        size_t skip = len > 5 && scan->line[5] == ' ' ? 6 : 5;
        scan->element_at = scan->line_at + skip;
        scan->element_len = len - skip;
        scan->in_element = true;
    }
}

/* Lines end in LF, CR LF or CR (WHATWG HTML, "Server-sent events"). */
static void sse_byte(struct json_scan *scan, uint8_t c, json_scan_fn *on_element, void *user)
{
    bool second_of_crlf = scan->after_cr && c == '\n';
    scan->after_cr = c == '\r';
    if (c == '\n' || c == '\r') {
        if (!second_of_crlf)
            sse_line_end(scan, on_element, user);
        scan->line_at = scan->offset + 1;
        scan->line_len = 0;
    } else if (scan->line_len < sizeof scan->line) {
        scan->line[scan->line_len++] = c;
    }
}

void json_scan_feed(struct json_scan *scan, struct span bytes, json_scan_fn *on_element, void *user)
{
    for (size_t i = 0; i < bytes.len; i++, scan->offset++) {
        if (scan->framing == JSON_SCAN_SSE)
            sse_byte(scan, bytes.data[i], on_element, user);
        else
            json_byte(scan, bytes.data[i], on_element, user);
    }
}

bool json_scan_complete(const struct json_scan *scan)
{
    switch (scan->framing) {
    case JSON_SCAN_ARRAY:
        return scan->array_closed && !scan->garbage;
    case JSON_SCAN_SSE:
        return !scan->in_element && scan->line_len == 0;
    default:
        return !scan->in_element;
    }
}

void json_scan_finish(struct json_scan *scan, json_scan_fn *on_element, void *user)
{
    if (scan->framing == JSON_SCAN_CONCAT && scan->in_element && !scan->in_string && scan->depth == 0)
        element_end(scan, scan->offset, on_element, user);
}
