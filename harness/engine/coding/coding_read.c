/* Decoding, by each library. */
#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "harness/engine/coding/coding.h"
#include "harness/engine/coding/coding_impl.h"

#define PIECE           (32u << 10)
#define ZSTD_WINDOW_LOG 23 /* RFC 9659 */

struct coding_reader {
    enum coding coding;
    enum coding_result result;
    bool inside; /* of zstd: a frame has begun */
    z_stream zlib;
    BrotliDecoderState *br;
    ZSTD_DStream *zstd;
    uint8_t piece[PIECE];
};

struct coding_reader *coding_reader_new(enum coding coding)
{
    struct coding_reader *reader = calloc(1, sizeof *reader);
    bool made = false;
    if (!reader)
        return NULL;
    reader->coding = coding;
    reader->result = CODING_CUT;
    if (coding == CODING_BR)
        made = (reader->br = BrotliDecoderCreateInstance(NULL, NULL, NULL)) != NULL;
    else if (coding == CODING_ZSTD)
        made = (reader->zstd = ZSTD_createDStream()) != NULL &&
               !ZSTD_isError(ZSTD_DCtx_setParameter(reader->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
    else
        made = inflateInit2(&reader->zlib, coding_window_bits(coding)) == Z_OK;
    if (made)
        return reader;
    coding_reader_free(reader);
    return NULL;
}

void coding_reader_free(struct coding_reader *reader)
{
    if (!reader)
        return;
    if (reader->coding == CODING_BR)
        BrotliDecoderDestroyInstance(reader->br);
    else if (reader->coding == CODING_ZSTD)
        ZSTD_freeDStream(reader->zstd);
    else
        inflateEnd(&reader->zlib);
    free(reader);
}

/* One step: takes of `in`, and sets how many bytes of reader->piece it made. The result is CODING_CUT where the library
 * asks for more, or for room. */
typedef enum coding_result step_fn(struct coding_reader *reader, struct span *in, size_t *made);

static enum coding_result step_zlib(struct coding_reader *reader, struct span *in, size_t *made)
{
    z_stream *z = &reader->zlib;
    size_t part = in->len < CODING_PART ? in->len : CODING_PART;
    if (reader->result == CODING_WHOLE && (reader->coding == CODING_DEFLATE || inflateReset(z) != Z_OK))
        return CODING_BAD; /* something behind the end; of gzip it is another member */
    z->next_in = (Bytef *)(uintptr_t)in->data;
    z->avail_in = (uInt)part;
    z->next_out = reader->piece;
    z->avail_out = sizeof reader->piece;
    int result = inflate(z, Z_NO_FLUSH);
    *made = sizeof reader->piece - z->avail_out;
    *in = span_from(*in, part - z->avail_in);
    if (result == Z_STREAM_END)
        return CODING_WHOLE;
    if (result == Z_MEM_ERROR)
        return CODING_NO_MEMORY;
    return result == Z_OK || result == Z_BUF_ERROR ? CODING_CUT : CODING_BAD;
}

static enum coding_result step_br(struct coding_reader *reader, struct span *in, size_t *made)
{
    size_t left = in->len;
    size_t room = sizeof reader->piece;
    const uint8_t *next = in->data;
    uint8_t *out = reader->piece;
    if (reader->result == CODING_WHOLE)
        return CODING_BAD;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(reader->br, &left, &next, &room, &out, NULL);
    *made = sizeof reader->piece - room;
    *in = span_from(*in, in->len - left);
    if (result == BROTLI_DECODER_RESULT_SUCCESS)
        return CODING_WHOLE;
    if (result != BROTLI_DECODER_RESULT_ERROR)
        return CODING_CUT;
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(reader->br);
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
               ? CODING_NO_MEMORY
               : CODING_BAD;
}

static enum coding_result step_zstd(struct coding_reader *reader, struct span *in, size_t *made)
{
    /* The first byte of a frame alone: a whole frame at once goes another way, which refuses more. */
    ZSTD_inBuffer from = {.src = in->data, .size = reader->inside ? in->len : 1};
    ZSTD_outBuffer to = {.dst = reader->piece, .size = sizeof reader->piece};
    size_t left = ZSTD_decompressStream(reader->zstd, &to, &from);
    *made = to.pos;
    *in = span_from(*in, from.pos);
    if (ZSTD_isError(left))
        return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? CODING_NO_MEMORY : CODING_BAD;
    reader->inside = left > 0;
    return left == 0 ? CODING_WHOLE : CODING_CUT;
}

enum coding_result coding_read(struct coding_reader *reader, struct span coded, coding_sink_fn *sink, void *user)
{
    static step_fn *const steps[] = {
        [CODING_GZIP] = step_zlib, [CODING_DEFLATE] = step_zlib, [CODING_BR] = step_br, [CODING_ZSTD] = step_zstd};
    size_t made = 0;
    bool more = coded.len > 0;
    while (more && reader->result <= CODING_CUT) {
        size_t before = coded.len;
        made = 0;
        reader->result = steps[reader->coding](reader, &coded, &made);
        if (made > 0 && !sink(user, span_of(reader->piece, made)))
            reader->result = CODING_FULL;
        /* A piece that was filled may not be the last of what was taken in. */
        more = coded.len > 0 || (made == sizeof reader->piece && reader->result == CODING_CUT);
        if (coded.len == before && made == 0 && reader->result <= CODING_CUT && coded.len > 0)
            reader->result = CODING_BAD; /* the library does not go on */
    }
    return reader->result;
}
