/* Private to this folder: writing one field of the request message from text of the URL, or the mask of a PATCH. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_FIELD_H
#define TRANSCHECK_ENGINE_TRANSCODE_FIELD_H

#include "harness/engine/http_rule/query.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/transcode/transcode.h"

/* A value and the field path that it is for. */
struct transcode_text {
    const struct schema_field *const *fields;
    size_t count;
    struct span text;
    struct span map_key; /* of an entry, when the last field is a map; else data NULL */
};

/* Writes the field at the end of a field path, inside messages made for the fields before it. Occurrences of one
 * sub-message are merged by whoever parses them. The value is on the wire even when it is the default, so that it
 * replaces one written before. */
enum err_code transcode_put_field(struct buf *message, const struct transcode_text *value, struct leniency_set lenient,
                                  struct arena *arena, struct err *err);

/* What the options let pass, whichever way they say it. */
struct leniency_set transcode_lenient(const struct transcode_options *options);

/* LENIENCY_PATCH_MASK, behind all that the request binds: where a PATCH binds one message field from its body and the
 * request message has exactly one field mask, which nothing has set in `message` from `from` on, the mask gets the path
 * of every field that the body names, sorted. Lists, maps and Any are named whole; of Struct and Value every key is. */
enum transcode_result transcode_mask(const struct router_binding *binding, struct buf *message, size_t from,
                                     struct span body, struct leniency_set lenient, struct arena *arena,
                                     struct err *err);

/* The text of the key or string just read. data NULL: out of memory. */
struct span transcode_json_text(const struct json_reader *reader, struct arena *arena);

/* What an error means: TRANSCODE_INTERNAL when memory ran out, else TRANSCODE_BAD_REQUEST. */
enum transcode_result transcode_bad(const struct buf *message, enum err_code code);

#endif
