/* Private to proto_to_json: the complete way from wire bytes to JSON, which knows every form and every error.
 *
 * A message may come in several fragments (a singular sub-message that occurs twice is merged), so every function takes
 * a list of them. One pass over the tags notes runs: neighbouring occurrences of one field. Runs are put in order of
 * field number where they are not, and printed straight from the wire. proto_to_json_complete.c has runs and messages,
 * _value.c scalars, lists and maps, _well_known.c the messages with a JSON form of their own, _check.c what a later
 * occurrence has replaced. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_COMPLETE_H
#define TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_COMPLETE_H

#include "harness/engine/protojson/proto_to_json.h"

/* The parts of one message, in their order. */
struct json_fragments {
    const struct span *items;
    size_t count;
};

/* A message, of whatever type. Until the fast way has given up, that prints a plain one. */
enum err_code complete_print_message(struct json_output *output, const struct schema_message *message,
                                     struct json_fragments fragments, const struct json_path *path);
/* A message with a JSON form of its own. */
enum err_code complete_print_well_known(struct json_output *output, const struct schema_message *message,
                                        struct json_fragments fragments, const struct json_path *path);
/* The members of an object, each after a comma unless *comma is false. */
enum err_code complete_print_members(struct json_output *output, const struct schema_message *message,
                                     struct json_fragments fragments, bool *comma, const struct json_path *path);

/* Notes the runs of the known fields of a message, in ascending order, at the end of output->runs; the caller sets
 * run_count back when done with them. */
enum err_code complete_print_collect(struct json_output *output, const struct schema_message *message,
                                     struct json_fragments fragments, const struct json_path *path);
/* The runs of a field among those noted from `first` on: where they begin and, in *last, end. */
size_t complete_print_runs(const struct json_output *output, size_t first, const struct schema_field *field,
                           size_t *last);
/* Goes through the occurrences of a field in its runs [first, last): complete_print_next gives one after the other, and
 * false behind the last. */
struct json_occurrences {
    const struct json_output *output;
    size_t run; /* the next one */
    size_t last;
    struct wire_reader reader; /* of the run under way */
};
struct json_occurrences complete_print_each(const struct json_output *output, size_t first, size_t last);
bool complete_print_next(struct json_occurrences *occurrences, struct wire_field *field);
/* The last occurrence of a field in its runs. */
struct wire_field complete_print_last(const struct json_output *output, size_t first, size_t last);
/* The value of a singular field, looked for in the runs from `first` on; zero and empty when it is absent. */
struct wire_field complete_print_value(const struct json_output *output, size_t first,
                                       const struct schema_field *field);
/* All occurrences of a message field in its runs, to be merged; in the arena. ERR_LIMIT. */
enum err_code complete_print_occurrences(struct json_output *output, size_t first, size_t last,
                                         struct json_fragments *out, const struct json_path *path);

/* Prints the value of one field from its runs [first, last): an array, an object, or one value. *printed is false, and
 * nothing is printed, for a list without elements, a value that is the default of a field without presence, and an
 * unknown number of a closed enum. `all`: print it anyway (empty list and map, default value). */
enum err_code complete_print_field(struct json_output *output, const struct schema_field *field, size_t first,
                                   size_t last, bool all, bool *printed, const struct json_path *path);

/* Checks the known fields of a message that is not printed, as a parser would: ERR_SYNTAX, ERR_RANGE for a string that
 * is not UTF-8, ERR_LIMIT for its depth. */
enum err_code complete_print_check(struct json_output *output, const struct schema_message *message, struct span wire,
                                   const struct json_path *path);

/* '{' or '[', within the limit of depth. */
enum err_code complete_print_open(struct json_output *output, uint8_t bracket, const struct json_path *path);
void complete_print_close(struct json_output *output, uint8_t bracket);

#endif
