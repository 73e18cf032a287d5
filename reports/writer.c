/* Writes the text of a report through an escape, with sticky errors. */
#include "reports/writer.h"

#include <errno.h>
#include <stdarg.h>

#include "harness/base/escape.h"

void writer_init(struct writer *writer, FILE *out, writer_escape escape)
{
    *writer = (struct writer){.out = out, .escape = escape};
    buf_init(&writer->scratch, WRITER_MAX_TEXT);
    buf_init(&writer->raw, WRITER_MAX_TEXT);
}

enum err_code writer_end(struct writer *writer, struct err *err)
{
    bool memory = writer->failed;
    bool io = fflush(writer->out) != 0 || ferror(writer->out);
    buf_fini(&writer->scratch);
    buf_fini(&writer->raw);
    if (io)
        return err_set(err, ERR_IO, "the report cannot be written: %s", strerror(errno));
    if (memory)
        return err_set(err, ERR_NO_MEMORY, "out of memory for the report");
    return ERR_OK;
}

void writer_put(struct writer *writer, const char *text)
{
    fputs(text, writer->out);
}

void writer_printf(struct writer *writer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(writer->out, format, args);
    va_end(args);
}

void writer_bytes(struct writer *writer, struct span bytes)
{
    if (bytes.len > 0)
        fwrite(bytes.data, 1, bytes.len, writer->out);
}

void writer_text(struct writer *writer, struct span text)
{
    buf_reset(&writer->scratch);
    if (!writer->escape(&writer->scratch, text))
        writer->failed = true;
    writer_bytes(writer, buf_span(&writer->scratch));
}

void writer_text_cut(struct writer *writer, struct span text, size_t max_len)
{
    if (text.len <= max_len) {
        writer_text(writer, text);
        return;
    }
    size_t keep = max_len;
    while (keep > 0 && (text.data[keep] & 0xc0) == 0x80) /* not inside a character */
        keep--;
    writer_text(writer, span_of(text.data, keep));
    writer_put(writer, "...");
}

struct buf *writer_raw(struct writer *writer)
{
    buf_reset(&writer->raw);
    return &writer->raw;
}

void writer_raw_text(struct writer *writer)
{
    writer->failed = writer->failed || writer->raw.failed;
    writer_text(writer, buf_span(&writer->raw));
}

void writer_raw_text_cut(struct writer *writer, size_t max_len)
{
    writer->failed = writer->failed || writer->raw.failed;
    writer_text_cut(writer, buf_span(&writer->raw), max_len);
}
