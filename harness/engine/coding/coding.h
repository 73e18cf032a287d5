/* Content codings: what compresses the body of an HTTP message, or one message of gRPC or Connect. Whole, or piece by
 * piece. Pure; the libraries' state is on the heap.
 *
 * gzip (RFC 1952, of one member or several), deflate (which in HTTP is the zlib format of RFC 1950), br (RFC 7932) and
 * zstd (RFC 8878, with the window of at most 8 MB that RFC 9659 allows under this name). A reader takes at most 17 MB
 * beside what it gives out. How much it gives out is for the caller to bound: what decodes to a thousand times its size
 * and more is easily made. */
#ifndef TRANSCHECK_ENGINE_CODING_H
#define TRANSCHECK_ENGINE_CODING_H

#include "harness/base/buf.h"

enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BR, CODING_ZSTD, CODING_COUNT };

/* Their names, by enum coding, NULL-terminated. */
extern const char *const coding_names[];
/* In any case of letters; x-gzip is gzip (RFC 9110 section 8.4.1). false: it is none of them; identity is none. */
bool coding_from_name(struct span name, enum coding *coding);
/* Whether nothing is done under this name: "identity", or an empty one. */
bool coding_is_identity(struct span name);
/* Takes the name that was applied last off a list as content-encoding has it, "gzip, br": br first. Empty when the list
 * is. */
struct span coding_take_last(struct span *list);

/* ---- encoding */

struct coding_writer;
enum coding_flush {
    CODING_KEEP,  /* what is not worth sending yet may stay inside */
    CODING_FLUSH, /* a reader can decode all that was given so far */
    CODING_END    /* nothing comes any more */
};
/* NULL: out of memory. */
struct coding_writer *coding_writer_new(enum coding coding);
void coding_writer_free(struct coding_writer *writer);
/* Appends to `out`. false: it is full, or there is no memory. */
bool coding_write(struct coding_writer *writer, struct buf *out, struct span bytes, enum coding_flush flush);
/* All of it at once. */
bool coding_encode(struct buf *out, enum coding coding, struct span bytes);

/* ---- decoding */

enum coding_result {
    CODING_WHOLE, /* the coding has come to its end, and nothing stands behind it */
    CODING_CUT,   /* all is right so far, and its end has not come */
    CODING_BAD,   /* the bytes are not of the coding, or others stand behind its end */
    CODING_FULL,  /* whoever takes what is decoded takes no more */
    CODING_NO_MEMORY
};
/* In words: "cut off", "not of this coding" ... */
const char *coding_result_text(enum coding_result result);

struct coding_reader;
/* false: no more is taken. */
typedef bool coding_sink_fn(void *user, struct span decoded);
/* NULL: out of memory. */
struct coding_reader *coding_reader_new(enum coding coding);
void coding_reader_free(struct coding_reader *reader);
/* Gives what these bytes decode to, in pieces of at most 32 KiB. Behind BAD, FULL and NO_MEMORY it stays with that. */
enum coding_result coding_read(struct coding_reader *reader, struct span coded, coding_sink_fn *sink, void *user);
/* All of it at once, appended to `out`, whose maximum is the bound. What was decoded before the end, a fault or the
 * bound stands there in any case. */
enum coding_result coding_decode(struct buf *out, enum coding coding, struct span coded);

/* The bound for what comes from the other side: so many bytes may `coded` bytes become, and never more than `max`.
 * Beyond CODING_FREE it is CODING_MAX_RATIO for each byte: deflate comes to 1032 at most, the others to far more. */
#define CODING_FREE      (16u << 20)
#define CODING_MAX_RATIO 1100
size_t coding_bound(size_t coded, size_t max);

#endif
