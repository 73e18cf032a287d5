/* Encoding, by each library. */
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "harness/engine/coding/coding.h"
#include "harness/engine/coding/coding_impl.h"

#define PIECE (16u << 10)

struct coding_writer {
    enum coding coding;
    z_stream zlib;
    BrotliEncoderState *br;
    ZSTD_CStream *zstd;
};

struct coding_writer *coding_writer_new(enum coding coding)
{
    struct coding_writer *writer = calloc(1, sizeof *writer);
    bool made = false;
    if (!writer)
        return NULL;
    writer->coding = coding;
    if (coding == CODING_BR)
        made = (writer->br = BrotliEncoderCreateInstance(NULL, NULL, NULL)) != NULL &&
               BrotliEncoderSetParameter(writer->br, BROTLI_PARAM_QUALITY, 5);
    else if (coding == CODING_ZSTD)
        made = (writer->zstd = ZSTD_createCStream()) != NULL && !ZSTD_isError(ZSTD_initCStream(writer->zstd, 3));
    else
        made = deflateInit2(&writer->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, coding_window_bits(coding), 8,
                            Z_DEFAULT_STRATEGY) == Z_OK;
    if (made)
        return writer;
    coding_writer_free(writer);
    return NULL;
}

void coding_writer_free(struct coding_writer *writer)
{
    if (!writer)
        return;
    if (writer->coding == CODING_BR)
        BrotliEncoderDestroyInstance(writer->br);
    else if (writer->coding == CODING_ZSTD)
        ZSTD_freeCStream(writer->zstd);
    else
        deflateEnd(&writer->zlib);
    free(writer);
}

static bool write_zlib(struct coding_writer *writer, struct buf *out, struct span bytes, enum coding_flush flush)
{
    static const int modes[] = {[CODING_KEEP] = Z_NO_FLUSH, [CODING_FLUSH] = Z_SYNC_FLUSH, [CODING_END] = Z_FINISH};
    z_stream *z = &writer->zlib;
    uint8_t piece[PIECE];
    do {
        size_t part = bytes.len < CODING_PART ? bytes.len : CODING_PART;
        z->next_in = (Bytef *)(uintptr_t)bytes.data;
        z->avail_in = (uInt)part;
        bytes = span_from(bytes, part);
        do {
            z->next_out = piece;
            z->avail_out = sizeof piece;
            int result = deflate(z, bytes.len > 0 ? Z_NO_FLUSH : modes[flush]);
            if (result == Z_STREAM_ERROR || !buf_append(out, piece, sizeof piece - z->avail_out))
                return false;
        } while (z->avail_out == 0);
    } while (bytes.len > 0);
    return true;
}

static bool write_br(struct coding_writer *writer, struct buf *out, struct span bytes, enum coding_flush flush)
{
    static const BrotliEncoderOperation operations[] = {[CODING_KEEP] = BROTLI_OPERATION_PROCESS,
                                                        [CODING_FLUSH] = BROTLI_OPERATION_FLUSH,
                                                        [CODING_END] = BROTLI_OPERATION_FINISH};
    const uint8_t *next = bytes.data;
    size_t left = bytes.len;
    do {
        size_t none = 0;
        size_t made = 0;
        if (!BrotliEncoderCompressStream(writer->br, operations[flush], &left, &next, &none, NULL, NULL))
            return false;
        const uint8_t *data = BrotliEncoderTakeOutput(writer->br, &made);
        if (!buf_append(out, data, made))
            return false;
    } while (left > 0 || BrotliEncoderHasMoreOutput(writer->br));
    return true;
}

static bool write_zstd(struct coding_writer *writer, struct buf *out, struct span bytes, enum coding_flush flush)
{
    static const ZSTD_EndDirective directives[] = {
        [CODING_KEEP] = ZSTD_e_continue, [CODING_FLUSH] = ZSTD_e_flush, [CODING_END] = ZSTD_e_end};
    ZSTD_inBuffer in = {.src = bytes.data, .size = bytes.len};
    uint8_t piece[PIECE];
    for (;;) {
        ZSTD_outBuffer made = {.dst = piece, .size = sizeof piece};
        size_t left = ZSTD_compressStream2(writer->zstd, &made, &in, directives[flush]);
        if (ZSTD_isError(left) || !buf_append(out, piece, made.pos))
            return false;
        if (flush == CODING_KEEP ? in.pos == in.size : left == 0)
            return true;
    }
}

bool coding_write(struct coding_writer *writer, struct buf *out, struct span bytes, enum coding_flush flush)
{
    if (writer->coding == CODING_BR)
        return write_br(writer, out, bytes, flush);
    if (writer->coding == CODING_ZSTD)
        return write_zstd(writer, out, bytes, flush);
    return write_zlib(writer, out, bytes, flush);
}
