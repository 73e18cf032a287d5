/* Private to json_to_proto: one JSON text on its way to wire bytes, and what both ways use.
 *
 * The fast way (json_to_proto_fast.h) reads an object in one pass. Where anything is wrong, or so unusual that only the
 * complete way (json_to_proto_complete.h) knows it, the whole text is read again by that. Both give the same bytes; the
 * errors are always those of the complete way. README.md in this folder says when which is taken.
 *
 * Function names: read is from JSON to wire bytes, print is from wire bytes to JSON. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_H
#define TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_H

#include "harness/engine/json/reader.h"
#include "harness/engine/protojson/field_path.h"
#include "harness/engine/protojson/protojson.h"

/* One member of an object that was read: its bytes in `out`. */
struct json_segment {
    const struct schema_field *field;
    size_t begin;
    size_t end;
    size_t key_at; /* offset in the input; in the fast way a number that ascends likewise */
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
    const struct protojson_options *options;
    struct arena *arena;
    struct err err;
    /* Stacks shared by all messages and maps under way. */
    struct json_segment *segments;
    size_t segment_count;
    size_t segment_cap;
    struct json_map_key *keys;
    size_t key_count;
    size_t key_cap;
    /* For putting the segments of one message in order. */
    uint8_t *scratch;
    size_t scratch_cap;
    bool complete; /* the fast way is not taken, or has given up */
    /* The fast way's own: */
    const uint8_t *end; /* of the input */
    size_t depth;       /* of objects and lists that are open */
    uint8_t *to;        /* end of the output */
    uint8_t *limit;     /* of the room in `out` */
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

/* A new segment, or key, on its stack; NULL when memory is short. */
static inline struct json_segment *json_input_segment_push(struct json_input *input)
{
    if (input->segment_count == input->segment_cap) {
        struct json_segment *grown = arena_grow(input->arena, input->segments, input->segment_count,
                                                input->segment_count + 1, &input->segment_cap, sizeof *grown);
        if (!grown)
            return NULL;
        input->segments = grown;
    }
    return &input->segments[input->segment_count++];
}

static inline struct json_map_key *json_input_key_push(struct json_input *input)
{
    if (input->key_count == input->key_cap) {
        struct json_map_key *grown = arena_grow(input->arena, input->keys, input->key_count, input->key_count + 1,
                                                &input->key_cap, sizeof *grown);
        if (!grown)
            return NULL;
        input->keys = grown;
    }
    return &input->keys[input->key_count++];
}

/* ERR_RANGE when two keys of a map, those from `first` on, are equal. May change their order. */
enum err_code json_input_check_keys(struct json_input *input, size_t first, const struct json_path *path);
/* Puts the fields of one message, which end the output, in ascending order; ERR_RANGE when one is there twice (or, with
 * LENIENCY_DUPLICATE_KEYS, only its last value is left). */
enum err_code json_input_sort(struct json_input *input, size_t first, const struct json_path *path);

/* Whether JSON null is a value of the field and not its absence. */
bool json_input_takes_null(const struct schema_field *field);

/* Whether a message is a JSON object of its fields, as most are. */
static inline bool json_input_is_plain(const struct schema_message *message)
{
    return message->well_known == SCHEMA_WKT_NONE || message->well_known == SCHEMA_WKT_EMPTY ||
           message->well_known == SCHEMA_WKT_HTTP_BODY;
}

/* The fast way, which is entered here: the body of a plain message after its '{'; false when the whole text must be
 * read again by the complete way. */
bool fast_read(struct json_input *input, const struct schema_message *message);

#endif
