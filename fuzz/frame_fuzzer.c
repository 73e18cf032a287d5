/* Target `frame`: the input is a gRPC body. It is parsed whole, byte by byte and cut in many other ways; each time
 * every piece is held against the five bytes of its prefix as they stand in the body, which is all that framing is. */
#include "fuzz/fuzz.h"
#include "harness/engine/grpc/frame.h"

#define PAIR_LEN 14u /* cuts up to here are tried in every pair: two prefixes and some bytes */
#define CUT_LEN  64u /* and up to here each alone */

/* Where the parse stands in the whole body. */
struct model {
    struct span body;
    uint32_t max_len;
    size_t at;    /* bytes taken */
    size_t start; /* of the message under way */
    bool bad;
};

static uint32_t declared_len(const uint8_t *prefix)
{
    uint32_t len = 0;
    for (size_t i = 1; i < FRAME_PREFIX_LEN; i++)
        len = len * 256 + prefix[i];
    return len;
}

static bool prefix_complete(const struct model *model)
{
    return model->at - model->start >= FRAME_PREFIX_LEN;
}

static bool prefix_legal(const struct model *model)
{
    const uint8_t *prefix = model->body.data + model->start;
    return prefix[0] <= 1 && declared_len(prefix) <= model->max_len;
}

static void check_piece(struct model *model, const struct frame_piece *piece, size_t taken)
{
    model->at += taken;
    FUZZ_CHECK(prefix_complete(model) && prefix_legal(model));
    const uint8_t *prefix = model->body.data + model->start;
    size_t payload = model->start + FRAME_PREFIX_LEN;
    FUZZ_CHECK(piece->flags == prefix[0]);
    FUZZ_CHECK(piece->len == declared_len(prefix));
    FUZZ_CHECK(piece->bytes.len <= taken);
    FUZZ_CHECK(piece->offset == model->at - piece->bytes.len - payload);
    FUZZ_CHECK(piece->bytes.data == model->body.data + model->at - piece->bytes.len);
    FUZZ_CHECK(piece->last == (model->at - payload == piece->len));
    FUZZ_CHECK(piece->bytes.len > 0 || piece->len == 0);
    uint8_t again[FRAME_PREFIX_LEN];
    frame_prefix_write(again, piece->flags, piece->len);
    FUZZ_CHECK(memcmp(again, prefix, sizeof again) == 0);
    if (piece->last)
        model->start = model->at;
}

static void check_bad(struct model *model, struct frame_parser *parser, size_t taken, const struct err *err)
{
    model->at += taken;
    model->bad = true;
    FUZZ_CHECK(model->at - model->start == FRAME_PREFIX_LEN && !prefix_legal(model));
    FUZZ_CHECK(err->code == (model->body.data[model->start] > 1 ? ERR_SYNTAX : ERR_LIMIT) && err->text[0] != '\0');
    struct span legal = span_of("\0\0\0\0\0", FRAME_PREFIX_LEN);
    struct frame_piece piece;
    FUZZ_CHECK(frame_parser_next(parser, &legal, &piece, NULL) == FRAME_BAD);
    FUZZ_CHECK(!frame_parser_at_boundary(parser));
}

/* Gives the parser the body up to `end`. */
static void feed(struct model *model, struct frame_parser *parser, size_t end)
{
    struct span in = span_of(model->body.data + model->at, end - model->at);
    while (!model->bad) {
        struct frame_piece piece;
        struct err err = {.code = ERR_OK};
        size_t before = in.len;
        enum frame_result result = frame_parser_next(parser, &in, &piece, &err);
        FUZZ_CHECK(in.len <= before);
        if (result == FRAME_BAD) {
            check_bad(model, parser, before - in.len, &err);
        } else if (result == FRAME_DONE) {
            check_piece(model, &piece, before - in.len);
        } else {
            FUZZ_CHECK(in.len == 0);
            model->at += before;
            FUZZ_CHECK(!prefix_complete(model) || prefix_legal(model));
            break;
        }
        FUZZ_CHECK(model->bad || frame_parser_at_boundary(parser) == (model->at == model->start));
    }
}

/* Parses the body, cut at these places (ascending). */
static void parse(struct span body, uint32_t max_len, const size_t *cuts, size_t count)
{
    struct model model = {.body = body, .max_len = max_len};
    struct frame_parser parser;
    frame_parser_init(&parser, max_len);
    for (size_t i = 0; i < count && !model.bad; i++)
        feed(&model, &parser, cuts[i]);
    if (!model.bad)
        feed(&model, &parser, body.len);
}

/* Pieces of 1 to 16 bytes, in an order that depends on the body alone, so that a crash repeats. */
static void parse_in_bits(struct span body, uint32_t max_len)
{
    struct model model = {.body = body, .max_len = max_len};
    struct frame_parser parser;
    uint32_t mix = 2166136261u;
    frame_parser_init(&parser, max_len);
    while (!model.bad && model.at < body.len) {
        mix = (mix ^ body.data[model.at]) * 16777619u;
        size_t step = 1 + (mix >> 28);
        feed(&model, &parser, body.len - model.at < step ? body.len : model.at + step);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t limits[] = {0, 16, 4u * 1024u * 1024u, UINT32_MAX};
    struct span body = span_of(data, size);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        parse(body, limits[i], NULL, 0);
        parse_in_bits(body, limits[i]);
    }
    for (size_t first = 0; first <= size && first <= CUT_LEN; first++) {
        parse(body, limits[2], &first, 1);
        for (size_t second = first; second <= size && second <= PAIR_LEN; second++)
            parse(body, limits[2], (const size_t[]){first, second}, 2);
    }
    return 0;
}
