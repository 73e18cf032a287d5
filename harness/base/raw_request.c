/* Writes the bytes of a raw request. */
#include "harness/base/raw_request.h"

#include "harness/base/h2_frame.h"

static void put_marker(struct buf *out, const struct fields *marker)
{
    for (size_t i = 0; i < marker->count; i++) {
        buf_append_cstr(out, i > 0 ? "\r\n" : "");
        buf_append_span(out, marker->items[i].name);
        buf_append_cstr(out, ": ");
        buf_append_span(out, marker->items[i].value);
    }
}

/* Appends what the word at the beginning of `text` stands for. Its length; 0: no word stands there. */
static size_t put_word(struct buf *out, struct span text, const struct raw_words *words)
{
    static const char authority[] = "$AUTHORITY";
    static const char scheme[] = "$SCHEME";
    if (span_starts_with(text, authority)) {
        buf_append_span(out, words->authority);
        return sizeof authority - 1;
    }
    if (span_starts_with(text, scheme)) {
        buf_append_cstr(out, words->scheme);
        return sizeof scheme - 1;
    }
    if (span_starts_with(text, RAW_REQUEST_MARKER)) {
        put_marker(out, words->marker);
        return sizeof RAW_REQUEST_MARKER - 1;
    }
    return 0;
}

static void put_text(struct buf *out, struct span text, const struct raw_words *words)
{
    while (text.len > 0) {
        size_t plain = span_index_of(text, '$', 0);
        buf_append(out, text.data, plain);
        text = span_from(text, plain);
        size_t word = put_word(out, text, words);
        if (word == 0 && text.len > 0)
            buf_append_byte(out, text.data[word++]);
        text = span_from(text, word);
    }
}

/* A string literal: RFC 7541 sections 5.1 and 5.2. */
static void put_string(struct buf *out, struct span text)
{
    size_t len = text.len;
    buf_append_byte(out, (uint8_t)(len < 127 ? len : 127));
    if (len >= 127) {
        for (len -= 127; len >= 128; len >>= 7)
            buf_append_byte(out, (uint8_t)(len | 128));
        buf_append_byte(out, (uint8_t)len);
    }
    buf_append_span(out, text);
}

static void put_fields(struct buf *out, const struct fields *fields, const struct raw_words *words)
{
    for (size_t i = 0; i < fields->count; i++) {
        struct buf value;
        buf_init(&value, out->max);
        put_text(&value, fields->items[i].value, words);
        buf_append_byte(out, 0); /* literal, not indexed, with a name of its own */
        put_string(out, fields->items[i].name);
        put_string(out, buf_span(&value));
        buf_fini(&value);
    }
}

static void put_frame(struct buf *out, const struct raw_frame *frame, const struct raw_words *words)
{
    uint8_t head[H2_FRAME_HEAD];
    struct buf payload;
    buf_init(&payload, out->max);
    put_fields(&payload, &frame->fields, words);
    if (frame->marked)
        put_fields(&payload, words->marker, words);
    buf_append_span(&payload, frame->payload);
    h2_frame_head(head, payload.len, frame->type, frame->flags, frame->stream);
    buf_append(out, head, sizeof head);
    buf_append_span(out, buf_span(&payload));
    out->failed = out->failed || payload.failed;
    buf_fini(&payload);
}

bool raw_request_write(struct buf *out, const struct raw_request *raw, const struct raw_words *words)
{
    put_text(out, raw->bytes, words);
    for (size_t i = 0; i < raw->frame_count; i++)
        put_frame(out, &raw->frames[i], words);
    return !out->failed;
}
