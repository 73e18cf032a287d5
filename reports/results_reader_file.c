/* Cuts a file of results into lines, each with its place in the file. */
#include "reports/results_reader_store.h"

#define READ_SIZE (256u << 10)

void results_reader_init(struct results_reader *reader, FILE *file)
{
    *reader = (struct results_reader){.file = file};
    buf_init(&reader->window, RESULTS_MAX_LINE + READ_SIZE + 1);
}

void results_reader_fini(struct results_reader *reader)
{
    buf_fini(&reader->window);
}

/* Hands out `len` bytes at the start of what is not consumed yet. */
static enum results_read take(struct results_reader *reader, size_t len, size_t newline, struct span *line,
                              uint64_t *offset)
{
    if (len > RESULTS_MAX_LINE)
        return RESULTS_READ_TOO_LONG;
    *line = span_of(reader->window.data + reader->start, len);
    *offset = reader->offset + reader->start;
    reader->start += len + newline;
    reader->scanned = reader->start;
    return newline ? RESULTS_READ_LINE : RESULTS_READ_TAIL;
}

/* What was handed out goes away only when more is read, so that a window full of short lines is moved once. */
static enum results_read refill(struct results_reader *reader)
{
    buf_consume(&reader->window, reader->start);
    reader->offset += reader->start;
    reader->scanned -= reader->start;
    reader->start = 0;
    uint8_t *room = buf_reserve(&reader->window, READ_SIZE);
    if (!room)
        return RESULTS_READ_IO;
    size_t got = fread(room, 1, READ_SIZE, reader->file);
    buf_commit(&reader->window, got);
    if (got < READ_SIZE && ferror(reader->file))
        return RESULTS_READ_IO;
    reader->at_end = got < READ_SIZE;
    return RESULTS_READ_LINE;
}

enum results_read results_reader_next(struct results_reader *reader, struct span *line, uint64_t *offset)
{
    for (;;) {
        size_t at = span_index_of(buf_span(&reader->window), '\n', reader->scanned);
        if (at < reader->window.len)
            return take(reader, at - reader->start, 1, line, offset);
        reader->scanned = reader->window.len;
        size_t rest = reader->window.len - reader->start;
        if (rest > RESULTS_MAX_LINE)
            return RESULTS_READ_TOO_LONG;
        if (reader->at_end)
            return rest == 0 ? RESULTS_READ_END : take(reader, rest, 0, line, offset);
        enum results_read got = refill(reader);
        if (got != RESULTS_READ_LINE)
            return got;
    }
}
