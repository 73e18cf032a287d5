/* What some defects look for in a response message before it is transcoded: forms that every protobuf reader takes and
 * that these defects do not. Both look at the outermost fields only. Nothing is owned; malformed bytes end the search.
 */
#ifndef TRANSCHECK_REFERENCE_DEFECT_RESPONSE_H
#define TRANSCHECK_REFERENCE_DEFECT_RESPONSE_H

#include <stdbool.h>

#include "harness/base/span.h"
#include "harness/engine/proto/schema.h"
#include "harness/reference/call.h"

/* A singular field, or an entry of a map with the same key, stands twice. */
bool defect_response_repeats(const struct schema_message *type, struct span message);

/* What a defect makes of a message before it is transcoded, and of the JSON (behind one byte) of any message after:
 * itself, or a copy of it in the call's scratch arena. */
struct span defect_message(struct call *call, const struct schema_message *type, struct span message);
void defect_text(struct call *call, struct buf *json);
/* What a defect makes of the JSON of a unary answer: the text itself, or another one in the call's arena. */
struct span defect_json(struct call *call, struct span json);

/* An entry of a map lacks its key or its value. */
bool defect_response_lacks_entry_part(const struct schema_message *type, struct span message);

#endif
