/* Counts and cuts out the messages of a streamed JSON response while it arrives, whatever the proxy's framing: a JSON
 * array, newline-delimited values, concatenated values, or server-sent events. Incremental; it buffers nothing but
 * offsets, and does not validate (json_reader does that to each element).
 *
 * Of server-sent events each `data:` line is one element; as browsers do, an event counts only when the blank line
 * after it has arrived. Transcoders write one JSON value on one line, so events of several data lines are not joined.
 */
#ifndef TRANSCHECK_ENGINE_JSON_SCAN_H
#define TRANSCHECK_ENGINE_JSON_SCAN_H

#include "harness/base/span.h"

enum json_scan_framing { JSON_SCAN_ARRAY, JSON_SCAN_CONCAT /* also NDJSON */, JSON_SCAN_SSE };

struct json_scan {
    enum json_scan_framing framing;
    size_t offset; /* bytes fed so far */
    size_t depth;
    size_t element_at; /* offset of the element under way */
    bool in_element;
    bool in_string;
    bool escaped;
    bool array_open;
    bool array_closed;
    /* private */
    bool garbage;       /* ARRAY: bytes outside the array, or commas where none may be */
    bool after_element; /* ARRAY: a comma or the end must follow */
    bool after_comma;   /* ARRAY: an element must follow */
    bool after_cr;      /* SSE */
    uint8_t line[8];    /* SSE: start of the line under way */
    size_t line_len;    /* SSE: bytes in `line` */
    size_t line_at;     /* SSE: offset of the line under way */
    size_t element_len; /* SSE: of the data line that waits for its blank line */
};

typedef void json_scan_fn(void *user, size_t offset, size_t len);

void json_scan_init(struct json_scan *scan, enum json_scan_framing framing);
/* Feeds the next bytes; calls on_element for every element completed by them, with its place in the whole body. */
void json_scan_feed(struct json_scan *scan, struct span bytes, json_scan_fn *on_element, void *user);
/* Whether the body may end here: the array closed and nothing but blanks around it, or no element or event under way.
 * (For the end of a bare number in CONCAT framing, call json_scan_finish first, which completes it.) */
bool json_scan_complete(const struct json_scan *scan);
void json_scan_finish(struct json_scan *scan, json_scan_fn *on_element, void *user);

#endif
