/* Private to transcode.c and transcode_query.c: writing one field of the request message. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_FIELD_H
#define TRANSCHECK_ENGINE_TRANSCODE_FIELD_H

#include "harness/engine/query.h"
#include "harness/engine/transcode.h"

/* Writes the field at the end of a field path, inside messages made for the fields before it. Occurrences of one
 * sub-message are merged by whoever parses them. `explicit_zero`: the value is on the wire even when it is the default,
 * so that it replaces one written before. */
enum err_code transcode_put_field(struct buf *message, const struct schema_field *const *fields, size_t count,
                                  struct span text, bool explicit_zero, struct arena *arena, struct err *err);

/* What an error means: TRANSCODE_INTERNAL when memory ran out, else TRANSCODE_BAD_REQUEST. */
enum transcode_result transcode_bad(const struct buf *message, enum err_code code);

#endif
