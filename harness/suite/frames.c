/* Takes a body of length-prefixed messages apart. */
#include "harness/suite/frames.h"

#include "harness/engine/grpc/frame.h"
#include "harness/suite/decoded.h"

static bool add(struct check *check, struct frames *out, size_t *cap, uint8_t flags, struct span bytes)
{
    struct frames_item *items = arena_grow(&check->kept, out->items, out->count, out->count + 1, cap, sizeof *items);
    if (!items) {
        check_give_up(check, "more messages than the harness keeps");
        return false;
    }
    out->items = items;
    items[out->count++] = (struct frames_item){.flags = flags, .bytes = bytes};
    return true;
}

struct frames_form frames_form_of(const struct fields *fields, const char *field, uint8_t flags)
{
    return (struct frames_form){
        .flags = (uint8_t)(FRAMES_FLAG_COMPRESSED | flags), .field = field, .encoding = fields_value(fields, field)};
}

void frames_read(struct check *check, struct span body, const struct frames_form *form, struct frames *out)
{
    size_t cap = 0;
    size_t len = body.len;
    *out = (struct frames){0};
    while (body.len > 0) {
        const uint8_t *p = body.data;
        if (body.len < FRAME_PREFIX_LEN) {
            out->wrong = check_text(check, "a message cut short: %zu bytes in all", len);
            return;
        }
        uint32_t size = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
        if (p[0] & ~form->flags) {
            out->wrong =
                check_text(check, "no length-prefixed messages: flags %02x in the prefix %02x %02x%02x%02x%02x", p[0],
                           p[0], p[1], p[2], p[3], p[4]);
            return;
        }
        if (size > body.len - FRAME_PREFIX_LEN) {
            out->wrong = check_text(check, "a message cut short: its prefix promises %u bytes, and %zu follow", size,
                                    body.len - FRAME_PREFIX_LEN);
            return;
        }
        struct span bytes = span_of(p + FRAME_PREFIX_LEN, size);
        if ((p[0] & FRAMES_FLAG_COMPRESSED) && !(p[0] & FRAMES_FLAG_TRAILERS))
            out->wrong = decoded_message(check, form->field, form->encoding, &bytes);
        if (out->wrong || !add(check, out, &cap, p[0], bytes))
            return;
        body = span_from(body, FRAME_PREFIX_LEN + (size_t)size);
    }
}
