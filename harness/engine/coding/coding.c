/* The names of codings, and what encoding and decoding share. */
#include "harness/engine/coding/coding.h"

const char *const coding_names[] = {
    [CODING_GZIP] = "gzip", [CODING_DEFLATE] = "deflate", [CODING_BR] = "br", [CODING_ZSTD] = "zstd", NULL};

bool coding_from_name(struct span name, enum coding *coding)
{
    if (span_equal_nocase(name, span_cstr("x-gzip")))
        name = span_cstr(coding_names[CODING_GZIP]);
    for (int i = 0; i < CODING_COUNT; i++) {
        if (span_equal_nocase(name, span_cstr(coding_names[i]))) {
            *coding = (enum coding)i;
            return true;
        }
    }
    return false;
}

bool coding_is_identity(struct span name)
{
    return name.len == 0 || span_equal_nocase(name, span_cstr("identity"));
}

/* RFC 9110 section 5.6.1.2: empty elements count for nothing. */
struct span coding_take_last(struct span *list)
{
    struct span name = span_of(list->data, 0);
    while (name.len == 0 && list->len > 0) {
        size_t at = list->len;
        while (at > 0 && list->data[at - 1] != ',')
            at--;
        name = span_trim(span_from(*list, at), " \t");
        list->len = at > 0 ? at - 1 : 0;
    }
    return name;
}

size_t coding_bound(size_t coded, size_t max)
{
    size_t bound = CODING_FREE;
    if (coded > bound / CODING_MAX_RATIO)
        bound = coded > SIZE_MAX / CODING_MAX_RATIO ? SIZE_MAX : coded * CODING_MAX_RATIO;
    return bound < max ? bound : max;
}

bool coding_encode(struct buf *out, enum coding coding, struct span bytes)
{
    struct coding_writer *writer = coding_writer_new(coding);
    bool done = writer && coding_write(writer, out, bytes, CODING_END);
    coding_writer_free(writer);
    return done;
}

const char *coding_result_text(enum coding_result result)
{
    static const char *const texts[] = {[CODING_WHOLE] = "whole",
                                        [CODING_CUT] = "cut off before its end",
                                        [CODING_BAD] = "not of this coding, or with something behind its end",
                                        [CODING_FULL] = "more than the limit when it is decoded",
                                        [CODING_NO_MEMORY] = "out of memory"};
    return texts[result];
}

static bool append(void *user, struct span decoded)
{
    struct buf *out = user;
    size_t room = out->max - out->len;
    bool fits = decoded.len <= room;
    return buf_append_span(out, fits ? decoded : span_of(decoded.data, room)) && fits;
}

enum coding_result coding_decode(struct buf *out, enum coding coding, struct span coded)
{
    struct coding_reader *reader = coding_reader_new(coding);
    enum coding_result result = reader ? coding_read(reader, coded, append, out) : CODING_NO_MEMORY;
    if (result == CODING_FULL && out->failed)
        result = CODING_NO_MEMORY;
    coding_reader_free(reader);
    return result;
}
