/* Private to json_to_proto: one JSON text on its way to wire bytes. json_to_proto.c holds messages, lists and maps;
 * json_to_proto_value.c scalars; json_to_proto_special.c the well-known types.
 *
 * There are two ways, with the same result. json_to_proto_direct.c reads objects in one pass; where anything is wrong,
 * all is read again in the general way, which is all the rest. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_INPUT_H
#define TRANSCHECK_ENGINE_PROTOJSON_INPUT_H

#include "harness/engine/protojson/protojson.h"
#include "harness/engine/protojson/field_path.h"
#include "harness/engine/json/reader.h"

/* One key of a message that was read: its bytes in `out`. */
struct json_segment {
    const struct schema_field *field;
    size_t begin;
    size_t end;
    size_t key_at; /* offset in the input */
};

/* Where the wire value of a map's key stands in `out`. */
struct json_map_key {
    size_t at;
    size_t len;
    size_t key_at; /* offset in the input */
};

struct json_input {
    struct json_reader reader;
    struct buf *out;
    const struct json_map_options *options;
    struct arena *arena;
    struct err err;
    /* A stack shared by all messages under way. */
    struct json_segment *segments;
    size_t segment_count;
    size_t segment_cap;
    /* For putting the segments of one message in order. */
    uint8_t *scratch;
    size_t scratch_cap;
    bool general; /* no more in one pass */
    /* Of the direct way: */
    const uint8_t *end;        /* of the input */
    size_t depth;              /* of objects and lists that are open */
    uint8_t *to;               /* end of the output */
    uint8_t *limit;            /* of the room in `out` */
    struct json_map_key *keys; /* a stack like `segments` */
    size_t key_count;
    size_t key_cap;
    const struct schema_field **guesses; /* fields by the beginnings of their keys, where keys came in no order */
};

/* "expected ..., found TOKEN" at the current token. */
enum err_code json_input_mismatch(struct json_input *input, const struct json_path *path, const char *expected,
                                  enum json_token found);
/* "expected ..., found the string "..."" (or the number) for the current token's text. */
enum err_code json_input_bad_text(struct json_input *input, const struct json_path *path, const char *expected,
                                  enum json_token found);
/* The output or the arena is full. */
enum err_code json_input_full(struct json_input *input, const struct json_path *path);
/* The next token; the reader's error gets the path. */
enum json_token json_input_next(struct json_input *input, const struct json_path *path);
bool json_input_skip(struct json_input *input, const struct json_path *path);
/* Text of the current KEY or STRING, escapes resolved (in the arena when there are any). */
bool json_input_text(struct json_input *input, struct span *text);
/* Drops what was written after `len`. */
void json_input_truncate(struct json_input *input, size_t len);

/* The wire value of one scalar, without tag. *dropped: an unknown enum name was passed over and nothing written. */
enum err_code json_input_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                const struct json_path *path, bool *dropped);
/* The same for a value that this has refused: whether a leniency takes it. */
bool json_input_lenient_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                               bool *dropped);
/* Whether a leniency passes over null as an element of a list, or as the value of a map (`field` is the entry's). */
bool json_input_lenient_null(const struct json_input *input, const struct schema_field *field, enum json_token token);
/* The wire value of a map key; the current token is the KEY. */
enum err_code json_input_map_key(struct json_input *input, const struct schema_field *field,
                                 const struct json_path *path);

/* The body of a message whose first token was read. */
enum err_code json_input_message(struct json_input *input, const struct schema_message *message, enum json_token token,
                                 const struct json_path *path);
/* The fields of an object after its '{'. `in_any`: "@type" was read before and is passed over. */
enum err_code json_input_object(struct json_input *input, const struct schema_message *message,
                                const struct json_path *path, bool in_any);
/* One value of a field with its tag; a list or map as a whole. */
enum err_code json_input_field(struct json_input *input, const struct schema_field *field, enum json_token token,
                               const struct json_path *path, bool keep_default);
/* One value with its tag, of a list, a map or a singular field. */
enum err_code json_input_singular(struct json_input *input, const struct schema_field *field, enum json_token token,
                                  const struct json_path *path, bool keep_default);
/* ERR_RANGE when two keys of a map are equal. May change their order. */
enum err_code json_input_check_keys(struct json_input *input, struct json_map_key *keys, size_t count,
                                    const struct json_path *path);
/* Puts the fields of one message, which end the output, in ascending order; ERR_RANGE when one is there twice (or, with
 * LENIENCY_DUPLICATE_KEYS, only its last value is left). */
enum err_code json_input_sort(struct json_input *input, size_t first, const struct json_path *path);

/* Whether objects of the message are read in the direct way. */
static inline bool json_input_is_plain(const struct schema_message *message)
{
    return message->well_known == SCHEMA_WKT_NONE || message->well_known == SCHEMA_WKT_EMPTY ||
           message->well_known == SCHEMA_WKT_HTTP_BODY;
}

/* The body of a message, which is plain, after its '{'; false when all must be read again in the general way. */
bool json_input_direct(struct json_input *input, const struct schema_message *message);

/* The body of a message with its own JSON form (well_known is neither NONE nor EMPTY nor HTTP_BODY). */
enum err_code json_input_special(struct json_input *input, const struct schema_message *message, enum json_token token,
                                 const struct json_path *path);
/* The bodies of Timestamp and Duration, and of FieldMask (false when the text is none). */
bool json_input_put_moment(struct buf *out, int64_t seconds, int32_t nanos);
bool json_input_put_mask(struct buf *out, struct span text);
/* Whether JSON null is a value of the field and not its absence. */
bool json_input_takes_null(const struct schema_field *field);

#endif
