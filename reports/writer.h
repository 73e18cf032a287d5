/* Writes a report of marked-up or plain text: raw text goes through an escape, our own text as it is. Errors of the
 * stream and of memory are sticky and looked at once, by writer_end. */
#ifndef TRANSCHECK_REPORTS_WRITER_H
#define TRANSCHECK_REPORTS_WRITER_H

#include <stdio.h>

#include "harness/base/buf.h"
#include "harness/base/err.h"

#define WRITER_MAX_TEXT (32u << 20) /* of one escaped text */

typedef bool (*writer_escape)(struct buf *out, struct span bytes);

struct writer {
    FILE *out;
    writer_escape escape;
    struct buf scratch; /* an escaped text */
    struct buf raw;     /* a text being put together, see writer_raw */
    bool failed;
};

void writer_init(struct writer *writer, FILE *out, writer_escape escape);
/* Flushes, frees the buffers, and says whether all was written. */
enum err_code writer_end(struct writer *writer, struct err *err);

/* Our own text. */
void writer_put(struct writer *writer, const char *text);
void writer_printf(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void writer_bytes(struct writer *writer, struct span bytes);
/* Escaped. */
void writer_text(struct writer *writer, struct span text);
/* Escaped, at most `max_len` bytes of it, then "...". */
void writer_text_cut(struct writer *writer, struct span text, size_t max_len);
/* An empty buffer for the functions of text.h, then writer_raw_text (or _cut) writes it escaped. */
struct buf *writer_raw(struct writer *writer);
void writer_raw_text(struct writer *writer);
void writer_raw_text_cut(struct writer *writer, size_t max_len);

#endif
