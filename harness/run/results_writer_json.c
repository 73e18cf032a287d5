/* Transcripts, decoded messages and redaction, as parts of a results line. */
#include "harness/run/results_writer_json.h"

#include <stdlib.h>
#include <uv.h>

#include "harness/base/escape.h"
#include "harness/base/h2_code.h"
#include "harness/base/hex.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/net/versions.h"

json_t *result_text(struct span text)
{
    if (escape_utf8_valid(text))
        return json_stringn_nocheck(text.len ? (const char *)text.data : "", text.len);
    struct buf escaped;
    buf_init(&escaped, text.len * 4 + 64);
    escape_terminal(&escaped, text);
    json_t *value = json_stringn(escaped.len ? (const char *)escaped.data : "", escaped.len);
    buf_fini(&escaped);
    return value;
}

json_t *result_libraries(void)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "nghttp2", versions_nghttp2(), "curl", versions_curl(), "openssl",
                     versions_openssl(), "libuv", uv_version_string());
}

/* ---- events */

static json_t *hex_json(struct span bytes)
{
    struct buf hex;
    buf_init(&hex, bytes.len * 2 + 1);
    hex_encode(&hex, bytes);
    json_t *json = json_stringn(hex.len ? (const char *)hex.data : "", hex.len);
    buf_fini(&hex);
    return json;
}

static json_t *value_json(struct span value)
{
    if (escape_utf8_valid(value))
        return json_stringn_nocheck(value.len ? (const char *)value.data : "", value.len);
    return json_pack("{s:o}", "hex", hex_json(value));
}

static json_t *fields_json(const struct fields *fields)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        json_array_append_new(list, json_pack("[o, o]", value_json(field->name), value_json(field->value)));
    }
    return list;
}

static json_t *event_json(const struct transcript_event *event, uint64_t start_us)
{
    uint64_t at = event->at_us > start_us ? event->at_us - start_us : 0;
    json_t *json = json_pack("{s:I, s:s, s:s}", "t", (json_int_t)at, "from", transcript_actor_name(event->from), "kind",
                             transcript_kind_name(event->kind));
    if (!json)
        return NULL;
    if (event->conn)
        json_object_set_new(json, "conn", json_integer(event->conn));
    if (event->stream)
        json_object_set_new(json, "stream", json_integer(event->stream));
    if (event->end_stream)
        json_object_set_new(json, "end", json_true());
    if (event->kind == TRANSCRIPT_RST || event->kind == TRANSCRIPT_GOAWAY) {
        json_object_set_new(json, "code", json_integer(event->code));
        const char *name = h2_code_name(event->code);
        json_object_set_new(json, "code_name", json_string(name ? name : "unknown"));
    }
    if (event->kind == TRANSCRIPT_HEADERS || event->kind == TRANSCRIPT_TRAILERS)
        json_object_set_new(json, "fields", fields_json(&event->fields));
    if (event->kind == TRANSCRIPT_DATA || event->kind == TRANSCRIPT_RAW) {
        json_object_set_new(json, "len", json_integer((json_int_t)event->len));
        json_object_set_new(json, "hex", hex_json(event->bytes));
    }
    if (event->note)
        json_object_set_new(json, "note", result_text(span_cstr(event->note)));
    return json;
}

/* ---- gRPC messages of a transcript, decoded onto the event in which they become complete */

struct decoder {
    struct frame_parser parser;
    struct buf message;
    const struct schema_message *type;
    bool stopped; /* the bytes are cut or are not framed: nothing more is decoded */
};

static void decoder_init(struct decoder *decoder, const struct schema_message *type)
{
    frame_parser_init(&decoder->parser, UINT32_MAX);
    buf_init(&decoder->message, 1u << 20);
    decoder->type = type;
    decoder->stopped = false;
}

static json_t *message_json(struct decoder *decoder, const struct frame_piece *piece)
{
    json_t *json = json_pack("{s:i, s:I}", "flags", piece->flags, "len", (json_int_t)piece->len);
    if (piece->flags != 0) {
        json_object_set_new(json, "error", json_string("flags other than 0: not decoded"));
        return json;
    }
    if (!decoder->type)
        return json;
    struct arena arena;
    struct buf text;
    struct err err = {0};
    arena_init(&arena, 8u << 20);
    buf_init(&text, 4u << 20);
    struct protojson_options options = {0};
    if (decoder->message.failed) {
        json_object_set_new(json, "error", json_string("longer than what is decoded for reports"));
    } else if (proto_to_json(&text, decoder->type, buf_span(&decoder->message), &options, &arena, &err) != ERR_OK) {
        json_object_set_new(json, "error", result_text(span_cstr(err.text)));
    } else {
        if (text.len > RESULTS_MAX_MESSAGE_JSON)
            json_object_set_new(json, "cut", json_true());
        size_t len = text.len > RESULTS_MAX_MESSAGE_JSON ? RESULTS_MAX_MESSAGE_JSON : text.len;
        json_object_set_new(json, "json", result_text(span_of(text.data, len)));
    }
    buf_fini(&text);
    arena_fini(&arena);
    return json;
}

static json_t *decode_event(struct decoder *decoder, const struct transcript_event *event)
{
    json_t *list = NULL;
    struct span in = event->bytes;
    struct frame_piece piece;
    struct err err;
    if (decoder->stopped)
        return NULL;
    enum frame_result result;
    while ((result = frame_parser_next(&decoder->parser, &in, &piece, &err)) == FRAME_DONE) {
        buf_append_span(&decoder->message, piece.bytes);
        if (!piece.last)
            continue;
        if (!list)
            list = json_array();
        json_array_append_new(list, message_json(decoder, &piece));
        buf_reset(&decoder->message);
    }
    if (result == FRAME_BAD) {
        decoder->stopped = true;
        if (!list)
            list = json_array();
        json_array_append_new(
            list, json_pack("{s:i, s:i, s:o}", "flags", 0, "len", 0, "error", result_text(span_cstr(err.text))));
    }
    if (event->bytes.len != event->len)
        decoder->stopped = true;
    return list;
}

/* `from_us`: of what our own end sent. Both decoders NULL: nothing is decoded. */
static json_t *events_json(const struct transcript *transcript, uint64_t start_us, struct decoder *from_proxy,
                           struct decoder *from_us)
{
    json_t *list = json_array();
    for (size_t i = 0; i < transcript->count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        json_t *json = event_json(event, start_us);
        struct decoder *decoder = event->from == TRANSCRIPT_PROXY ? from_proxy : from_us;
        if (json && event->kind == TRANSCRIPT_DATA && decoder) {
            json_t *messages = decode_event(decoder, event);
            if (messages)
                json_object_set_new(json, "messages", messages);
        }
        json_array_append_new(list, json);
    }
    return list;
}

static bool speaks_grpc(const struct testcase *testcase)
{
    enum front_kind kind = front_row(testcase->front)->kind;
    return kind == FRONT_KIND_GRPC || kind == FRONT_KIND_GRPC_HEADERS;
}

json_t *result_client_side(const struct response_seen *seen, const struct testcase *testcase, uint64_t start_us)
{
    bool decodes = speaks_grpc(testcase);
    struct decoder from_proxy, from_client;
    decoder_init(&from_proxy, testcase->rpc ? testcase->rpc->output : NULL);
    decoder_init(&from_client, testcase->rpc ? testcase->rpc->input : NULL);
    json_t *json = json_pack("{s:s, s:o, s:i, s:i, s:I, s:b, s:I}", "ending", ending_name(seen->ending), "detail",
                             result_text(span_cstr(seen->detail)), "status", seen->status, "http", seen->http_major,
                             "body_len", (json_int_t)seen->body_len, "cut", seen->transcript.cut, "dropped",
                             (json_int_t)seen->transcript.dropped);
    if (json)
        json_object_set_new(
            json, "events",
            events_json(&seen->transcript, start_us, decodes ? &from_proxy : NULL, decodes ? &from_client : NULL));
    buf_fini(&from_proxy.message);
    buf_fini(&from_client.message);
    return json;
}

json_t *result_call(const struct call_seen *seen, uint64_t start_us, const struct schema *schema)
{
    struct span path = fields_value(&seen->headers, ":path");
    const struct schema_method *method = schema ? schema_method_find(schema, path) : NULL;
    bool decodes = !seen->protocol || strcmp(seen->protocol, "HTTP/2") == 0;
    struct decoder from_proxy, from_backend;
    decoder_init(&from_proxy, method ? method->input : NULL);
    decoder_init(&from_backend, method ? method->output : NULL);
    json_t *json = json_pack(
        "{s:o, s:s*, s:b, s:o, s:o, s:I, s:b, s:I}", "path", result_text(path), "protocol", seen->protocol,
        "half_closed", seen->half_closed, "reset", seen->reset ? json_integer(seen->reset_code) : json_null(),
        "connection_lost", !seen->conn_lost ? json_null() : json_string(seen->conn_reset ? "rst" : "fin"), "body_len",
        (json_int_t)seen->body_len, "cut", seen->transcript.cut, "dropped", (json_int_t)seen->transcript.dropped);
    if (json)
        json_object_set_new(
            json, "events",
            events_json(&seen->transcript, start_us, decodes ? &from_proxy : NULL, decodes ? &from_backend : NULL));
    buf_fini(&from_proxy.message);
    buf_fini(&from_backend.message);
    return json;
}
