/* Private to proto_to_json: one message's wire bytes on their way to JSON, and what both ways use.
 *
 * The fast way (proto_to_json_fast.h) prints in one pass what is laid out as serializers do. Where anything is unusual
 * or wrong, the whole message is printed again by the complete way (proto_to_json_complete.h). Both give the same text;
 * the errors are always those of the complete way. README.md in this folder says when which is taken.
 *
 * Function names: read is from JSON to wire bytes, print is from wire bytes to JSON. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_H
#define TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_H

#include "harness/engine/proto/wire.h"
#include "harness/engine/protojson/field_path.h"
#include "harness/engine/protojson/protojson.h"

/* Neighbouring occurrences of one field. */
struct json_run {
    const struct schema_field *field; /* NULL: a member of a oneof that a later one replaced */
    const uint8_t *begin;
    const uint8_t *end;
};

/* An entry of a map that waits to be sorted. */
struct json_map_entry {
    struct span name;   /* of a string key */
    uint64_t value;     /* of any other, on the wire */
    uint64_t order;     /* numbers ascend as this does */
    struct span fields; /* the entry as a message; in the fast way its value alone, without tag */
};

struct json_output {
    struct buf *out;
    const struct protojson_options *options;
    struct arena *arena;
    struct err err;
    const uint8_t *base; /* of the whole message, for offsets */
    size_t depth;        /* of objects and lists that are open */
    /* A stack shared by all messages under way. */
    struct json_run *runs;
    size_t run_count;
    size_t run_cap;
    bool complete; /* the fast way is not taken, or has given up */
    /* The fast way's own: */
    uint8_t *limit;                 /* of the room in `out` */
    const uint8_t *readable;        /* end of the whole message */
    struct json_map_entry *entries; /* a stack like `runs` */
    size_t entry_count;
    size_t entry_cap;
};

enum err_code json_output_err(struct json_output *output, enum err_code code, const struct json_path *path,
                              const uint8_t *at, const char *text);
/* What stopped the reader: "expected WHAT, found malformed bytes: ...", with the words of wire_fault_text. */
enum err_code json_output_bad_wire(struct json_output *output, const struct json_path *path,
                                   const struct wire_reader *reader, const char *what);
/* The output or the arena is full. */
enum err_code json_output_full(struct json_output *output, const struct json_path *path);
/* Drops what was written after `len`. */
void json_output_truncate(struct json_output *output, size_t len);

/* A known number with another wire type is an unknown field. */
static inline bool json_output_type_fits(const struct schema_field *field, enum wire_type type)
{
    return type == field->wire_type || (type == WIRE_LEN && field->repeated && field->wire_type != WIRE_GROUP_BEGIN);
}

/* Whether a field that is not there is printed with its default when defaults are. */
static inline bool json_output_has_default(const struct schema_field *field)
{
    return !field->presence && !field->extension;
}

/* What the keys of a map are sorted by, when they are not strings. */
uint64_t json_output_key_order(enum schema_type type, uint64_t value);
/* As memcmp, by key alone. */
int json_output_entry_order(const struct json_map_entry *x, const struct json_map_entry *y);
/* By key; equal keys stay in their order on the wire. */
void json_output_entries_sort(struct json_map_entry *entries, size_t count);

/* The fast way, which is entered here: prints a plain message; false when the whole message must be printed again by
 * the complete way. */
bool fast_print(struct json_output *output, const struct schema_message *message, struct span wire);

#endif
