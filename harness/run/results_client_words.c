/* The words of standard gRPC clients about a response. */
#include "harness/run/results_client_words.h"

#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/transcode/rung.h"
#include "harness/run/results_writer_json.h"

/* How a client sees it end; false: as no client does. */
static bool end_of(const struct response_seen *seen, enum client_end *end)
{
    switch (seen->ending) {
    case ENDING_COMPLETE:
        *end = seen->has_trailers ? CLIENT_END_TRAILERS : seen->headers_end ? CLIENT_END_HEADERS : CLIENT_END_DATA;
        return true;
    case ENDING_CUT:
        *end = CLIENT_END_CLOSED;
        return true;
    case ENDING_RESET:
        *end = CLIENT_END_RST;
        return true;
    case ENDING_CONN_RESET:
        *end = CLIENT_END_RESET;
        return true;
    case ENDING_TIMEOUT:
        *end = CLIENT_END_OPEN;
        return true;
    default:
        return false;
    }
}

/* Whether the first message is none of the method's. */
static bool is_undecodable(const struct schema_message *type, struct span body)
{
    const struct protojson_options strict = {0};
    struct arena arena;
    struct buf json;
    uint8_t flags = 0;
    uint32_t len = 0;
    bool wrong = false;
    arena_init(&arena, 64u << 20);
    buf_init(&json, 64u << 20);
    struct span rest = body;
    if (client_piece_next(&rest, &flags, &len) == CLIENT_PIECE_MESSAGE && flags == 0) {
        struct span bytes = span_of(body.data + FRAME_PREFIX_LEN, len);
        wrong = proto_to_json(&json, type, bytes, &strict, &arena, NULL) == ERR_SYNTAX;
    }
    buf_fini(&json);
    arena_fini(&arena);
    return wrong;
}

static json_t *code_json(int64_t code)
{
    const char *name = code >= 0 && code < GRPC_STATUS_COUNT ? status_name((uint32_t)code) : NULL;
    if (code == CLIENT_VIEW_NO_CODE)
        return json_null();
    return name ? json_string(name) : json_sprintf("%lld", (long long)code);
}

static json_t *clients_json(const struct client_view *view)
{
    json_t *list = json_array();
    struct client_words words;
    client_words_init(&words);
    for (size_t i = 0; i < CLIENT_VIEW_KINDS; i++) {
        const struct client_kind *kind = &client_kinds[i];
        client_view_say(kind, view, &words);
        struct span text = buf_span(&words.text);
        bool cut = text.len > RESULTS_MAX_CLIENT_TEXT;
        text.len = cut ? RESULTS_MAX_CLIENT_TEXT : text.len;
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:b, s:b}", "name", kind->name, "versions",
                                              kind->versions, "code", code_json(words.code), "text", result_text(text),
                                              "continues", words.continues || cut, "delivered", words.delivered));
    }
    client_words_fini(&words);
    return list;
}

json_t *result_client_words(const struct testcase *testcase, const struct response_seen *seen)
{
    struct client_view view = {
        .http_status = seen->status,
        .headers = seen->headers,
        .body = buf_span(&seen->body),
        .trailers = seen->trailers,
        .end_code = seen->reset_code,
        .streaming = testcase->rpc && testcase->rpc->server_streaming,
    };
    if (front_row(testcase->front)->kind != FRONT_KIND_GRPC || !end_of(seen, &view.end))
        return NULL;
    view.undecodable = testcase->rpc && is_undecodable(testcase->rpc->output, view.body);
    const struct rung_row *rung = &rung_rows[rung_of(&view)];
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "rung", rung->name, "title", rung->title, "why", rung->why, "change",
                     rung->change, "clients", clients_json(&view));
}
