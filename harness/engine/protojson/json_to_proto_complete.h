/* Private to json_to_proto: the complete way from JSON to wire bytes. It takes the tokens of json/reader.h one by one,
 * knows every form, leniency and error, and says where an error is. json_to_proto_complete.c has messages, lists and
 * maps, _scalar.c the scalars, _well_known.c the messages with a JSON form of their own, _lenient.c what only a
 * leniency takes. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_COMPLETE_H
#define TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_COMPLETE_H

#include "harness/engine/protojson/json_to_proto.h"

/* The body of a message whose first token was read. Until the fast way has given up, that reads a plain one. */
enum err_code complete_read_message(struct json_input *input, const struct schema_message *message,
                                    enum json_token token, const struct json_path *path);
/* The fields of an object after its '{'. `in_any`: "@type" was read before and is passed over. */
enum err_code complete_read_object(struct json_input *input, const struct schema_message *message,
                                   const struct json_path *path, bool in_any);
/* The body of a message that is not plain. */
enum err_code complete_read_well_known(struct json_input *input, const struct schema_message *message,
                                       enum json_token token, const struct json_path *path);
/* One value of a field with its tag; a list or map as a whole. */
enum err_code complete_read_field(struct json_input *input, const struct schema_field *field, enum json_token token,
                                  const struct json_path *path, bool keep_default);
/* One value with its tag: an element of a list, the key or value of a map, a singular field. */
enum err_code complete_read_singular(struct json_input *input, const struct schema_field *field, enum json_token token,
                                     const struct json_path *path, bool keep_default);

/* The wire value of one scalar, without tag. *dropped: an unknown enum name was passed over and nothing written. */
enum err_code complete_read_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                   const struct json_path *path, bool *dropped);
/* The wire value of a map key; the current token is the KEY. */
enum err_code complete_read_map_key(struct json_input *input, const struct schema_field *field,
                                    const struct json_path *path);

/* Whether a leniency takes the scalar that complete_read_scalar has just refused; if so, its value was written. */
bool complete_read_lenient_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                  bool *dropped);
/* Whether a leniency passes over null as an element of a list, or as the value of a map (`field` is the entry's). */
bool complete_read_passes_null(const struct json_input *input, const struct schema_field *field, enum json_token token);

#endif
