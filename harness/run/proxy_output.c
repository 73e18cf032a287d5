/* Keeps the last part of the proxy's output and shows its lines. */
#include "harness/run/proxy_output.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/escape.h"

#define MAX_LINE 900 /* bytes of a line shown at once: escaped, it still fits into one message */

void proxy_output_init(struct proxy_output *output, const struct log *log)
{
    memset(output, 0, sizeof *output);
    output->log = log;
    buf_init(&output->line, MAX_LINE);
}

void proxy_output_fini(struct proxy_output *output)
{
    buf_fini(&output->line);
}

void proxy_output_clear(struct proxy_output *output)
{
    output->total = 0;
    buf_reset(&output->line);
}

static void show_line(struct proxy_output *output)
{
    struct buf text;
    buf_init(&text, 4u * MAX_LINE + 64);
    escape_terminal(&text, buf_span(&output->line));
    log_info(output->log, "proxy: %s", text.data ? (const char *)text.data : "");
    buf_fini(&text);
    buf_reset(&output->line);
}

static void show(struct proxy_output *output, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] == '\n' || output->line.len == MAX_LINE)
            show_line(output);
        if (bytes.data[i] != '\n')
            buf_append_byte(&output->line, bytes.data[i]);
    }
}

void proxy_output_add(struct proxy_output *output, struct span bytes)
{
    if (output->log->level == LOG_VERBOSE)
        show(output, bytes);
    for (size_t i = 0; i < bytes.len;) {
        size_t at = (size_t)(output->total % PROXY_OUTPUT_MAX);
        size_t len = bytes.len - i < PROXY_OUTPUT_MAX - at ? bytes.len - i : PROXY_OUTPUT_MAX - at;
        memcpy(output->kept + at, bytes.data + i, len);
        output->total += len;
        i += len;
    }
}

void proxy_output_end(struct proxy_output *output)
{
    if (output->line.len > 0)
        show_line(output);
}

static bool append_lines(struct buf *out, struct span bytes)
{
    while (bytes.len > 0) {
        escape_terminal(out, span_take_line(&bytes));
        buf_append_byte(out, '\n');
    }
    return !out->failed;
}

bool proxy_output_text(struct buf *out, const struct proxy_output *output)
{
    struct buf bytes;
    size_t at = (size_t)(output->total % PROXY_OUTPUT_MAX);
    bool whole = output->total <= PROXY_OUTPUT_MAX;
    buf_init(&bytes, PROXY_OUTPUT_MAX);
    if (!whole) {
        buf_printf(out, "(%llu bytes before this are not kept)\n",
                   (unsigned long long)(output->total - PROXY_OUTPUT_MAX));
        buf_append(&bytes, output->kept + at, PROXY_OUTPUT_MAX - at);
    }
    buf_append(&bytes, output->kept, whole && at == 0 ? (size_t)output->total : at);
    bool done = !bytes.failed && append_lines(out, buf_span(&bytes));
    buf_fini(&bytes);
    return done;
}
