/* ProtoJSON both ways, driven by descriptors at run time, straight between JSON text and wire bytes.
 * Sources: protobuf.dev "ProtoJSON Format"; RFC 8259. Depth is limited to PROTOJSON_MAX_DEPTH on both sides. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_PROTOJSON_H
#define TRANSCHECK_ENGINE_PROTOJSON_PROTOJSON_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/engine/leniency.h"
#include "harness/engine/proto/schema.h"

#define PROTOJSON_MAX_DEPTH 100

/* Leniencies, all off by default: a profile names those that its proxy is known for. */
struct protojson_options {
    bool ignore_unknown_fields;  /* unknown keys (and, inside them, any JSON) are passed over */
    struct leniency_set lenient; /* those of JSON; LENIENCY_UNKNOWN_FIELDS is ignore_unknown_fields by its name */
    bool partial;                /* required fields may be missing; LENIENCY_PARTIAL_MESSAGES by its name */
    bool write_defaults;         /* input only: also those without presence, where the JSON names them */
    /* Output only: */
    bool print_defaults; /* fields without presence are printed even when default */
    bool proto_names;    /* original names instead of lowerCamelCase */
    bool enum_numbers;
};

static inline bool protojson_is_partial(const struct protojson_options *options)
{
    return options && (options->partial || leniency_has(options->lenient, LENIENCY_PARTIAL_MESSAGES));
}

/* json_to_proto: parses `json`, one value in full, as a `message`, appending its wire bytes to `out`, fields in
 * ascending number order within each message (deterministic). err->text: "at $.a.b[2] (offset N): expected ..., found
 * ...". ERR_SYNTAX (not JSON), ERR_RANGE (JSON that this type does not take), ERR_LIMIT, ERR_NOT_FOUND (a type inside
 * an Any that the schema lacks), ERR_UNSUPPORTED (a type that is not done, named). `options` NULL: none. On error `out`
 * is as before. */
enum err_code json_to_proto(struct buf *out, const struct schema_message *message, struct span json,
                            const struct protojson_options *options, struct arena *arena, struct err *err);

/* As json_to_proto for the value of one field (body: "field"): `out` receives tag and value as part of the containing
 * message. `field` repeated takes a JSON array. null is refused here, but for google.protobuf.Value and NullValue. */
enum err_code json_to_proto_field(struct buf *out, const struct schema_field *field, struct span json,
                                  const struct protojson_options *options, struct arena *arena, struct err *err);

/* As json_to_proto_field for text of a URL (path variable or query value), which is not JSON: numbers, bools and enum
 * names as they are, strings as they are, bytes in base64. A repeated field appends one element. Messages are refused
 * unless ProtoJSON writes them as one string or scalar (Timestamp, Duration, FieldMask, wrappers). UTF-8 is checked.
 * err->text: "expected ..., found ..."; where that is, the caller knows. */
enum err_code url_text_to_proto_field(struct buf *out, const struct schema_field *field, struct span text,
                                      struct arena *arena, struct err *err);

/* proto_to_json: prints wire bytes as compact canonical JSON: fields ascending by number, map entries ascending by key,
 * unknown fields dropped, last value of a singular field wins, sub-messages merged. Two messages are equal exactly when
 * these texts are equal. ERR_SYNTAX (malformed wire, with the offset), ERR_RANGE (invalid UTF-8 in a string, a
 * Timestamp out of range, a required field that is missing), ERR_LIMIT, ERR_NOT_FOUND and ERR_UNSUPPORTED as above. */
enum err_code proto_to_json(struct buf *out, const struct schema_message *message, struct span wire,
                            const struct protojson_options *options, struct arena *arena, struct err *err);

/* What proto_to_json and transcode_request demand besides, unless `partial`: proto2's required fields, also of messages
 * within, as parsers do. ERR_RANGE with the path of the first message that lacks one; ERR_LIMIT. The wire must be well
 * formed. Costs nothing where no such field can be. Source: protobuf.dev "Language Guide (proto 2)", field labels. */
enum err_code protojson_check_required(const struct schema_message *message, struct span wire, struct arena *arena,
                                       struct err *err);

/* As proto_to_json for one field of `wire` (response_body): its value alone; unset gives null, {} or [] as its type
 * says. */
enum err_code proto_to_json_field(struct buf *out, const struct schema_field *field, struct span wire,
                                  const struct protojson_options *options, struct arena *arena, struct err *err);

#endif
