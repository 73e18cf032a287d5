/* Target `coding`: the first byte names a coding. The rest comes back from it, and is read as if it were of it: in any
 * pieces it gives the same bytes and the same end, never more than the bound, and what is whole comes back once it is
 * encoded again. */
#include "fuzz/fuzz.h"
#include "harness/engine/coding/coding.h"

#define BOUND (60u << 10) /* no multiple of what a reader gives out at once */

static bool append(void *user, struct span decoded)
{
    FUZZ_CHECK(decoded.len > 0 && decoded.len <= 32768);
    return buf_append_span(user, decoded);
}

static void comes_back(enum coding coding, struct span plain)
{
    struct buf coded;
    struct buf out;
    buf_init(&coded, 2 * BOUND);
    buf_init(&out, BOUND);
    FUZZ_CHECK(coding_encode(&coded, coding, plain));
    FUZZ_CHECK(coding_decode(&out, coding, buf_span(&coded)) == CODING_WHOLE);
    FUZZ_CHECK(span_equal(buf_span(&out), plain));
    buf_fini(&coded);
    buf_fini(&out);
}

/* In pieces whose lengths the bytes themselves say. */
static enum coding_result read_in_pieces(struct buf *out, enum coding coding, struct span coded)
{
    struct coding_reader *reader = coding_reader_new(coding);
    enum coding_result result = coding_read(reader, span_of(NULL, 0), append, out);
    while (coded.len > 0) {
        size_t len = 1 + coded.data[0] % 8;
        len = len < coded.len ? len : coded.len;
        result = coding_read(reader, span_of(coded.data, len), append, out);
        coded = span_from(coded, len);
    }
    coding_reader_free(reader);
    return result;
}

static void is_read(enum coding coding, struct span coded)
{
    struct buf whole;
    struct buf pieces;
    buf_init(&whole, BOUND);
    buf_init(&pieces, 16 * BOUND);
    enum coding_result result = coding_decode(&whole, coding, coded);
    enum coding_result again = read_in_pieces(&pieces, coding, coded);
    FUZZ_CHECK(whole.len <= BOUND && coding_result_text(result)[0] != '\0');
    FUZZ_CHECK(result != CODING_FULL || whole.len == BOUND);
    FUZZ_CHECK(result == CODING_FULL || again == result);
    FUZZ_CHECK(pieces.len >= whole.len && span_equal(span_of(pieces.data, whole.len), buf_span(&whole)));
    if (result == CODING_WHOLE)
        comes_back(coding, buf_span(&whole));
    buf_fini(&whole);
    buf_fini(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > BOUND)
        return 0;
    enum coding coding = (enum coding)(data[0] % CODING_COUNT);
    struct span bytes = span_of(data + 1, size - 1);
    comes_back(coding, bytes);
    is_read(coding, bytes);
    return 0;
}
