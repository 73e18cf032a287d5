/* Private to proto_to_json: one message's wire bytes on their way to JSON. proto_to_json.c holds messages,
 * proto_to_json_value.c scalars, lists and maps, proto_to_json_special.c the well-known types.
 *
 * There are two ways, with the same result. proto_to_json_direct.c prints in one pass what is laid out as serializers
 * do; where anything is unusual or wrong, all is printed again in the general way, which is all the rest.
 *
 * In the general way a message may come in several fragments (a singular sub-message that occurs twice is merged), so
 * every function takes a list of them. One pass over the tags notes runs: neighbouring occurrences of one field. Runs
 * are put in order of field number where they are not, and printed straight from the wire. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_OUTPUT_H
#define TRANSCHECK_ENGINE_PROTOJSON_OUTPUT_H

#include "harness/engine/protojson/protojson.h"
#include "harness/engine/protojson/field_path.h"
#include "harness/engine/proto/wire.h"

struct json_fragments {
    const struct span *items;
    size_t count;
};

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
    struct span fields; /* the entry as a message; in the direct way its value alone, without tag */
};

struct json_output {
    struct buf *out;
    const struct json_map_options *options;
    struct arena *arena;
    struct err err;
    const uint8_t *base; /* of the whole message, for offsets */
    size_t depth;        /* of objects and lists that are open */
    /* A stack shared by all messages under way. */
    struct json_run *runs;
    size_t run_count;
    size_t run_cap;
    bool general; /* no more in one pass */
    /* Of the direct way: */
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

/* Notes the runs of the known fields of a message, in ascending order, at the end of output->runs; the caller sets
 * run_count back when done with them. */
enum err_code json_output_collect(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path);

/* Prints the value of one field from its runs [first, last): an array, an object, or one value. *printed is false, and
 * nothing is printed, for a list without elements, a value that is the default of a field without presence, and an
 * unknown number of a closed enum. `all`: print it anyway (empty list and map, default value). */
enum err_code json_output_field(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                                bool all, bool *printed, const struct json_path *path);

/* The runs of a field among those noted from `first` on: where they begin and, in *last, end. */
size_t json_output_runs(const struct json_output *output, size_t first, const struct schema_field *field, size_t *last);
/* The last occurrence of a field in its runs. */
struct wire_field json_output_last(const struct json_output *output, size_t first, size_t last);
/* The same of a singular field among the runs from `first` on; zero and empty when it is absent. */
struct wire_field json_output_value(const struct json_output *output, size_t first, const struct schema_field *field);
/* All occurrences of a message field in its runs, to be merged; in the arena. ERR_LIMIT. */
enum err_code json_output_occurrences(struct json_output *output, size_t first, size_t last, struct json_fragments *out,
                                      const struct json_path *path);

/* The members of an object, each after a comma unless *comma is false. */
enum err_code json_output_members(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, bool *comma, const struct json_path *path);

enum err_code json_output_message(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path);
enum err_code json_output_special(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path);

/* Checks the known fields of a message that is not printed, as a parser would: ERR_SYNTAX, ERR_RANGE for a string that
 * is not UTF-8, ERR_LIMIT for its depth. */
enum err_code json_output_check(struct json_output *output, const struct schema_message *message, struct span wire,
                                const struct json_path *path);

/* An unknown number of a closed enum is an unknown field. */
static inline bool json_output_enum_fits(const struct schema_field *field, const struct wire_field *occurrence)
{
    return field->type != SCHEMA_ENUM || !field->enumeration->closed || occurrence->type != WIRE_VARINT ||
           schema_enum_by_number(field->enumeration, (int32_t)(uint32_t)occurrence->value);
}

/* Prints a message without a JSON form of its own in one pass; false when it must be done in the general way, from the
 * beginning of the whole message. */
bool json_output_direct(struct json_output *output, const struct schema_message *message, struct span wire);

/* A known number with another wire type is an unknown field. */
static inline bool json_output_type_fits(const struct schema_field *field, enum wire_type type)
{
    return type == field->wire_type || (type == WIRE_LEN && field->repeated && field->wire_type != WIRE_GROUP_BEGIN);
}

/* What the keys of a map are sorted by, when they are not strings. */
uint64_t json_output_key_order(enum schema_type type, uint64_t value);
/* As memcmp, by key alone. */
int json_output_entry_order(const struct json_map_entry *x, const struct json_map_entry *y);
/* By key; equal keys stay in their order on the wire. */
void json_output_entries_sort(struct json_map_entry *entries, size_t count);

/* '{' or '[', within the limit of depth. */
enum err_code json_output_open(struct json_output *output, uint8_t bracket, const struct json_path *path);
void json_output_close(struct json_output *output, uint8_t bracket);

#endif
