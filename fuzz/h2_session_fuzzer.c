/* Target `h2_session`: the first byte holds options, the rest is what a server sends to our HTTP/2 client, which has
 * two requests under way. The same bytes in small pieces must tell the same story, what the client writes must be whole
 * frames, and each stream ends once. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/escape.h"
#include "harness/net/h2_check.h"

#define STREAMS      2
#define PREFACE_LEN  24u
#define FRAME_HEAD   9u
#define MAX_OUTPUT   ((size_t)8 << 20)
#define BYTEWISE_MAX 1024u /* longer inputs come in larger pieces: each takes as long as an input */

/* What happened to each stream, and to the connection. Streams are told apart: where the client resets one because of
 * its frames, the end of that one comes when this is written, which depends on the pieces. */
struct texts {
    struct buf of[STREAMS + 1];
    bool over; /* a GOAWAY came and no stream is left: nghttp2 does not look at what is received from then on */
};

struct story {
    struct h2 *h2;
    struct texts *texts;
    struct buf *wire;
    int32_t ids[STREAMS];
    struct h2_check checks[STREAMS];
    bool closed[STREAMS];
    bool goaway;
    int32_t data_of; /* the stream whose bytes stand at the end of the text; 0: none */
    size_t data_len;
    bool manual;
    bool reset_early;
};

static int index_of(const struct story *story, int32_t stream)
{
    int i = 0;
    while (i < STREAMS && story->ids[i] != stream)
        i++;
    FUZZ_CHECK(i < STREAMS);
    return i;
}

/* Begins a line, which may go on. */
static struct buf *tell(struct story *story, const char *what, int32_t stream, uint32_t number)
{
    struct buf *text = &story->texts->of[stream == 0 ? STREAMS : index_of(story, stream)];
    story->data_of = 0;
    buf_printf(text, "\n%s %u ", what, number);
    return text;
}

static bool on_write(void *user, struct span bytes)
{
    struct story *story = user;
    return story->wire->len <= MAX_OUTPUT && buf_append_span(story->wire, bytes);
}

static void on_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    struct story *story = user;
    struct h2_check *check = &story->checks[index_of(story, stream)];
    FUZZ_CHECK(kind != H2_REQUEST && !story->closed[index_of(story, stream)]);
    struct buf *text = tell(story, end ? "headers-end" : "headers", stream, kind);
    size_t bytes = 0;
    for (size_t i = 0; i < fields->count; i++) {
        buf_append_span(text, fields->items[i].name);
        buf_append_byte(text, '=');
        buf_append_span(text, fields->items[i].value);
        bytes += fields->items[i].name.len + fields->items[i].value.len;
    }
    FUZZ_CHECK(bytes <= H2_MAX_HEADER_BYTES);
    h2_check_section(check, fields, end);
    if (end)
        h2_check_end(check);
    FUZZ_CHECK(escape_utf8_valid(span_cstr(check->problem)));
    if (story->reset_early)
        h2_rst(story->h2, stream, H2_CODE_CANCEL);
}

static void on_data(void *user, int32_t stream, struct span bytes)
{
    struct story *story = user;
    FUZZ_CHECK(bytes.len > 0);
    if (story->data_of != stream)
        tell(story, "data", stream, 0);
    story->data_of = stream;
    story->data_len += bytes.len;
    buf_append_span(&story->texts->of[index_of(story, stream)], bytes);
    h2_check_data(&story->checks[index_of(story, stream)], bytes.len);
    if (story->manual)
        h2_consume(story->h2, stream, bytes.len);
}

static void on_data_end(void *user, int32_t stream, size_t len, bool end)
{
    struct story *story = user;
    FUZZ_CHECK(story->data_len <= len); /* padding is not handed out */
    story->data_len = 0;
    tell(story, end ? "data-end" : "data", stream, (uint32_t)len);
    if (end)
        h2_check_end(&story->checks[index_of(story, stream)]);
}

static void on_rst(void *user, int32_t stream, uint32_t code)
{
    index_of(user, stream);
    tell(user, "rst", stream, code);
}

static void on_goaway(void *user, int32_t last_stream, uint32_t code, struct span debug)
{
    struct story *story = user;
    story->goaway = true;
    buf_printf(tell(story, "goaway", 0, code), "%d ", last_stream);
    buf_append_span(&story->texts->of[STREAMS], debug);
}

static void on_close(void *user, int32_t stream, uint32_t code)
{
    struct story *story = user;
    int i = index_of(story, stream);
    FUZZ_CHECK(!story->closed[i]);
    story->closed[i] = true;
    tell(story, "close", stream, code);
}

static void open_streams(struct story *story)
{
    static const char *const pairs[][2] = {
        {":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/v1/echo"}, {"te", "trailers"}};
    struct field items[5];
    struct fields fields = {.items = items, .count = 5, .cap = 5};
    for (size_t i = 0; i < 5; i++)
        items[i] = (struct field){span_cstr(pairs[i][0]), span_cstr(pairs[i][1])};
    for (int i = 0; i < STREAMS; i++) {
        h2_check_init(&story->checks[i], false);
        story->ids[i] = h2_request(story->h2, &fields, i == 0);
        FUZZ_CHECK(story->ids[i] == 2 * i + 1);
    }
    FUZZ_CHECK(h2_data(story->h2, story->ids[1], span_cstr("{\"a\":1}"), true));
    h2_flush(story->h2);
}

/* The preface, then frames. Returns the streams (one bit each) that the client has reset. */
static unsigned check_wire(struct span wire)
{
    unsigned resets = 0;
    FUZZ_CHECK(wire.len >= PREFACE_LEN && memcmp(wire.data, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PREFACE_LEN) == 0);
    for (size_t at = PREFACE_LEN; at < wire.len;) {
        FUZZ_CHECK(wire.len - at >= FRAME_HEAD);
        const uint8_t *head = wire.data + at;
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        FUZZ_CHECK(len <= wire.len - at - FRAME_HEAD && len <= 16384 && head[3] <= 9);
        for (unsigned i = 0; i < STREAMS; i++) { /* promised streams are reset as well */
            if (head[3] == 3 && memcmp(head + 5, (const uint8_t[]){0, 0, 0, (uint8_t)(2 * i + 1)}, 4) == 0)
                resets |= 1u << i;
        }
        at += FRAME_HEAD + len;
    }
    return resets;
}

/* Gives the client the bytes in pieces; 0: all at once. */
static enum err_code play(struct texts *texts, unsigned *resets, struct buf *wire, struct span input, uint8_t options,
                          size_t piece)
{
    static const struct h2_callbacks callbacks = {.write = on_write,
                                                  .on_headers = on_headers,
                                                  .on_data = on_data,
                                                  .on_data_end = on_data_end,
                                                  .on_rst = on_rst,
                                                  .on_goaway = on_goaway,
                                                  .on_close = on_close};
    struct story story = {.texts = texts, .wire = fuzz_buf(wire), .manual = options & 1};
    for (int i = 0; i <= STREAMS; i++)
        fuzz_buf(&texts->of[i]);
    story.reset_early = options & 2 ? true : false;
    struct h2_options h2_options = {.manual_window = story.manual, .initial_window = options & 4 ? 65535 : 0};
    struct err err = {.code = ERR_OK};
    enum err_code code = ERR_OK;
    FUZZ_CHECK(h2_new(&story.h2, &h2_options, &callbacks, &story, NULL) == ERR_OK);
    open_streams(&story);
    while (input.len > 0 && code == ERR_OK) {
        size_t len = piece == 0 || piece > input.len ? input.len : piece;
        code = h2_receive(story.h2, span_of(input.data, len), &err);
        input = span_from(input, len);
    }
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(h2_open_streams(story.h2) <= STREAMS);
    texts->over = story.goaway && h2_open_streams(story.h2) == 0;
    if (wire->len <= MAX_OUTPUT)
        *resets |= check_wire(buf_span(wire));
    h2_free(story.h2);
    return code;
}

/* Where the connection is over in one of the pieces, what followed is told only of the whole. */
static bool same_story(const struct buf *whole, const struct buf *pieces, bool over)
{
    struct span all = buf_span(whole);
    if (over && all.len > pieces->len)
        all.len = pieces->len;
    return span_equal(all, buf_span(pieces));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct texts whole;
    static struct texts pieces;
    static struct buf wire;
    if (size == 0 || size > 65536)
        return 0;
    struct span input = span_of(data + 1, size - 1);
    unsigned resets = 0;
    enum err_code code = play(&whole, &resets, &wire, input, data[0], 0);
    const size_t sizes[] = {input.len <= BYTEWISE_MAX ? 1 : 7, 10};
    for (size_t i = 0; i < 2; i++) {
        enum err_code again = play(&pieces, &resets, &wire, input, data[0], sizes[i]);
        if (code != ERR_OK || again != ERR_OK)
            continue;
        for (unsigned text = 0; text <= STREAMS; text++)
            FUZZ_CHECK(resets & (1u << text) || same_story(&whole.of[text], &pieces.of[text], pieces.over));
    }
    return 0;
}
