/* The engine as a testee of protobuf's conformance runner: requests on standard input, answers on standard output, each
 * behind a length of four bytes, least significant first. Source: protobuf's conformance/conformance.proto.
 *
 * Usage: protobuf_conformance DESCRIPTORS.pb
 *
 * Every payload goes through the engine's JSON mapping, binary to binary too (by way of JSON); what JSON does not
 * carry, fields of the outermost message that the descriptors do not know, is copied behind the result. Text format and
 * JSPB are skipped. Started by scripts/peers/protobuf-conformance. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/engine/proto/wire.h"

#define MAX_MESSAGE ((size_t)64 << 20)
#define MAX_ARENA   ((size_t)256 << 20)

enum wire_format { FORMAT_PROTOBUF = 1, FORMAT_JSON = 2 };
enum { CATEGORY_IGNORE_UNKNOWN = 3 };

/* Members of ConformanceRequest's oneof and of ConformanceResponse's, by number. */
enum payload { PAYLOAD_NONE = 0, PAYLOAD_PROTOBUF = 1, PAYLOAD_JSON = 2, PAYLOAD_JSPB = 7, PAYLOAD_TEXT = 8 };
enum result {
    RESULT_PARSE_ERROR = 1,
    RESULT_RUNTIME_ERROR = 2,
    RESULT_PROTOBUF = 3,
    RESULT_JSON = 4,
    RESULT_SKIPPED = 5,
    RESULT_SERIALIZE_ERROR = 6
};

struct request {
    enum payload payload;
    struct span bytes;
    struct span message_type;
    uint64_t format;
    uint64_t category;
};

struct testee {
    struct schema *schema;
    struct arena arena;
    struct buf request;
    struct buf json;
    struct buf wire;
    struct buf response;
    struct err err;
};

static bool request_parse(struct request *request, struct span bytes)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    *request = (struct request){0};
    wire_reader_init(&reader, bytes);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        switch (field.number) {
        case PAYLOAD_PROTOBUF:
        case PAYLOAD_JSON:
        case PAYLOAD_JSPB:
        case PAYLOAD_TEXT:
            request->payload = (enum payload)field.number;
            request->bytes = field.bytes;
            break;
        case 3:
            request->format = field.value;
            break;
        case 4:
            request->message_type = field.bytes;
            break;
        case 5:
            request->category = field.value;
            break;
        default:
            break;
        }
    }
    return result == WIRE_END;
}

static void answer(struct testee *testee, enum result result, struct span bytes)
{
    wire_put_tag(&testee->response, (uint32_t)result, WIRE_LEN);
    wire_put_bytes(&testee->response, bytes);
}

/* Of proto_to_json's errors: the input could not have been read as a message at all. */
static bool is_parse_error(const struct err *err)
{
    return err->code == ERR_SYNTAX || strstr(err->text, "UTF-8");
}

/* What JSON does not carry: fields that the descriptors do not know, each within its singular sub-messages, which a
 * parser merges with those that are in `out` already. */
static void unknown_fields_copy(struct buf *out, const struct schema_message *message, struct span wire, size_t depth)
{
    struct wire_reader reader;
    struct wire_field occurrence;
    wire_reader_init(&reader, wire);
    while (wire_next(&reader, &occurrence) == WIRE_FIELD) {
        const struct schema_field *field = schema_field_by_number(message, occurrence.number);
        if (!field) {
            buf_append(out, occurrence.tag_at, (size_t)(reader.at - occurrence.tag_at));
            continue;
        }
        if (field->type != SCHEMA_MESSAGE || field->repeated || field->oneof_index >= 0 ||
            occurrence.type != WIRE_LEN || depth == PROTOJSON_MAX_DEPTH)
            continue;
        size_t begin = out->len;
        wire_put_tag(out, field->number, WIRE_LEN);
        size_t body = wire_len_begin(out);
        unknown_fields_copy(out, field->message, occurrence.bytes, depth + 1);
        if (out->len == body)
            out->len = begin;
        else
            wire_len_end(out, body);
    }
}

static void run_request(struct testee *testee, const struct request *request, const struct schema_message *message)
{
    const struct protojson_options options = {.ignore_unknown_fields = request->category == CATEGORY_IGNORE_UNKNOWN};
    struct err *err = &testee->err;
    struct span json = request->bytes;
    bool from_binary = request->payload == PAYLOAD_PROTOBUF;
    if (from_binary) {
        if (proto_to_json(&testee->json, message, request->bytes, NULL, &testee->arena, err) != ERR_OK) {
            answer(testee, is_parse_error(err) ? RESULT_PARSE_ERROR : RESULT_SERIALIZE_ERROR, span_cstr(err->text));
            return;
        }
        json = buf_span(&testee->json);
        if (request->format == FORMAT_JSON) {
            answer(testee, RESULT_JSON, json);
            return;
        }
    }
    if (json_to_proto(&testee->wire, message, json, &options, &testee->arena, err) != ERR_OK) {
        answer(testee, from_binary ? RESULT_SERIALIZE_ERROR : RESULT_PARSE_ERROR, span_cstr(err->text));
        return;
    }
    if (request->format == FORMAT_PROTOBUF) {
        if (from_binary)
            unknown_fields_copy(&testee->wire, message, request->bytes, 0);
        answer(testee, RESULT_PROTOBUF, buf_span(&testee->wire));
        return;
    }
    if (proto_to_json(&testee->json, message, buf_span(&testee->wire), NULL, &testee->arena, err) != ERR_OK)
        answer(testee, RESULT_SERIALIZE_ERROR, span_cstr(err->text));
    else
        answer(testee, RESULT_JSON, buf_span(&testee->json));
}

static void handle(struct testee *testee)
{
    struct request request;
    arena_reset(&testee->arena);
    buf_reset(&testee->json);
    buf_reset(&testee->wire);
    buf_reset(&testee->response);
    if (!request_parse(&request, buf_span(&testee->request))) {
        answer(testee, RESULT_RUNTIME_ERROR, span_cstr("the request is malformed"));
        return;
    }
    if (span_is(request.message_type, "conformance.FailureSet")) {
        answer(testee, RESULT_PROTOBUF, span_cstr("")); /* the runner has the list of failures already */
        return;
    }
    const struct schema_message *message = schema_message_find(testee->schema, request.message_type);
    if (request.payload == PAYLOAD_JSPB || request.payload == PAYLOAD_TEXT ||
        (request.format != FORMAT_PROTOBUF && request.format != FORMAT_JSON))
        answer(testee, RESULT_SKIPPED, span_cstr("text format and JSPB are not done"));
    else if (!message)
        answer(testee, RESULT_SKIPPED, span_cstr("the descriptors do not hold this message"));
    else
        run_request(testee, &request, message);
}

/* Exactly `len` bytes; false at the end of the input. */
static bool read_exactly(struct buf *out, size_t len)
{
    buf_reset(out);
    uint8_t *room = buf_reserve(out, len);
    if (!room || fread(room, 1, len, stdin) != len)
        return false;
    buf_commit(out, len);
    return true;
}

static bool serve(struct testee *testee)
{
    while (read_exactly(&testee->request, 4)) {
        if (!read_exactly(&testee->request, (size_t)wire_fixed_get(testee->request.data, 4)))
            return false;
        handle(testee);
        if (testee->response.failed) {
            buf_reset(&testee->response);
            answer(testee, RESULT_RUNTIME_ERROR, span_cstr("the answer is too large"));
        }
        uint8_t length[4];
        for (size_t i = 0; i < sizeof length; i++)
            length[i] = (uint8_t)(testee->response.len >> (8 * i));
        if (fwrite(length, 1, sizeof length, stdout) != sizeof length ||
            fwrite(testee->response.data, 1, testee->response.len, stdout) != testee->response.len ||
            fflush(stdout) != 0)
            return false;
    }
    return feof(stdin) != 0;
}

static bool file_read(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    uint8_t chunk[16384];
    size_t len;
    while ((len = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_append(out, chunk, len);
    bool ok = !ferror(file) && !out->failed;
    fclose(file);
    return ok;
}

int main(int argc, char **argv)
{
    struct testee testee = {0};
    struct buf descriptors;
    int code = 2;
    if (argc != 2) {
        fprintf(stderr, "usage: protobuf_conformance DESCRIPTORS.pb\n");
        return code;
    }
    arena_init(&testee.arena, MAX_ARENA);
    buf_init(&testee.request, MAX_MESSAGE);
    buf_init(&testee.json, MAX_MESSAGE);
    buf_init(&testee.wire, MAX_MESSAGE);
    buf_init(&testee.response, MAX_MESSAGE);
    buf_init(&descriptors, SCHEMA_MAX_BYTES);
    if (!file_read(&descriptors, argv[1]))
        fprintf(stderr, "protobuf_conformance: %s cannot be read\n", argv[1]);
    else if (schema_new(&testee.schema, buf_span(&descriptors), &testee.err) != ERR_OK)
        fprintf(stderr, "protobuf_conformance: %s: %s\n", argv[1], testee.err.text);
    else
        code = serve(&testee) ? 0 : 1;
    schema_free(testee.schema);
    buf_fini(&descriptors);
    buf_fini(&testee.response);
    buf_fini(&testee.wire);
    buf_fini(&testee.json);
    buf_fini(&testee.request);
    arena_fini(&testee.arena);
    return code;
}
