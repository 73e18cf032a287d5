/* The table of gRPC clients, and what their rules have in common. */
#include "harness/engine/grpc/client_view_impl.h"

const struct client_kind client_kinds[CLIENT_VIEW_KINDS] = {
    {"grpc-go", "1.84 to 1.85", "1.85.0", 85, client_go_say},
    {"grpc-go", "1.69 to 1.73", "1.70.0", 70, client_go_say},
    {"grpc-go", "1.19 (2019)", "1.19.1", 19, client_go_say},
    {"grpcio", "1.85 (C-core)", "1.85.3", 85, client_core_say},
    {"@grpc/grpc-js", "1.14", "1.14.7", 14, client_js_say},
};

static const char *const end_names[CLIENT_END_COUNT] = {
    [CLIENT_END_TRAILERS] = "trailers", [CLIENT_END_HEADERS] = "headers", [CLIENT_END_DATA] = "data",
    [CLIENT_END_RST] = "rst",           [CLIENT_END_GOAWAY] = "goaway",   [CLIENT_END_CLOSED] = "closed",
    [CLIENT_END_RESET] = "reset",       [CLIENT_END_OPEN] = "open",
};

const char *client_end_name(enum client_end end)
{
    return end_names[end];
}

bool client_end_from_name(struct span name, enum client_end *end)
{
    for (size_t i = 0; i < CLIENT_END_COUNT; i++) {
        if (span_is(name, end_names[i])) {
            *end = (enum client_end)i;
            return true;
        }
    }
    return false;
}

void client_words_init(struct client_words *words)
{
    *words = (struct client_words){.code = GRPC_OK};
    buf_init(&words->text, CLIENT_VIEW_MAX_TEXT);
}

void client_words_fini(struct client_words *words)
{
    buf_fini(&words->text);
}

void client_view_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words)
{
    buf_reset(&words->text);
    words->code = GRPC_OK;
    words->continues = false;
    words->delivered = false;
    kind->say(kind, view, words);
    if (words->code != GRPC_OK)
        words->delivered = words->delivered && view->streaming;
}

bool client_view_is_grpc(struct span content_type)
{
    static const char base[] = "application/grpc";
    size_t len = sizeof base - 1;
    if (!span_starts_with(content_type, base))
        return false;
    return content_type.len == len || content_type.data[len] == '+' || content_type.data[len] == ';';
}

enum client_piece client_piece_next(struct span *body, uint8_t *flags, uint32_t *len)
{
    struct span rest = *body;
    if (rest.len == 0)
        return CLIENT_PIECE_NONE;
    *body = span_from(rest, rest.len);
    if (rest.len < FRAME_PREFIX_LEN)
        return CLIENT_PIECE_PREFIX_CUT;
    *flags = rest.data[0];
    *len = (uint32_t)rest.data[1] << 24 | (uint32_t)rest.data[2] << 16 | (uint32_t)rest.data[3] << 8 | rest.data[4];
    if (*len > CLIENT_VIEW_MAX_MESSAGE)
        return CLIENT_PIECE_TOO_LONG;
    if (*len > rest.len - FRAME_PREFIX_LEN)
        return CLIENT_PIECE_MESSAGE_CUT;
    *body = span_from(rest, FRAME_PREFIX_LEN + (size_t)*len);
    return CLIENT_PIECE_MESSAGE;
}

bool client_says(struct client_words *words, int64_t code, const char *format, ...)
{
    va_list args;
    words->code = code;
    buf_reset(&words->text);
    va_start(args, format);
    buf_vprintf(&words->text, format, args);
    va_end(args);
    return true;
}

enum grpc_status client_status_from_http(int http_status)
{
    return http_status == 431 ? GRPC_UNKNOWN : status_from_http(http_status);
}

struct span client_last_value(const struct fields *fields, const char *name)
{
    struct span value = {NULL, 0};
    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_nocase(fields->items[i].name, span_cstr(name)))
            value = fields->items[i].value;
    }
    return value;
}
