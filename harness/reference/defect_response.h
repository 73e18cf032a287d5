/* What some defects look for in a response message before it is transcoded: forms that every protobuf reader takes and
 * that these defects do not. Both look at the outermost fields only. Nothing is owned; malformed bytes end the search.
 */
#ifndef TRANSCHECK_REFERENCE_DEFECT_RESPONSE_H
#define TRANSCHECK_REFERENCE_DEFECT_RESPONSE_H

#include <stdbool.h>

#include "harness/base/span.h"
#include "harness/engine/proto/schema.h"
#include "harness/engine/proto/wire.h"
#include "harness/reference/call.h"

/* A singular field, or an entry of a map with the same key, stands twice. */
bool defect_response_repeats(const struct schema_message *type, struct span message);

/* Whether a field of a message is left out; `rest` reads what follows it. */
typedef bool defect_dropped_fn(const struct call *call, const struct schema_message *type,
                               const struct wire_field *field, struct wire_reader rest);
/* A copy of the message in the call's scratch arena, without those fields. */
struct span defect_response_without(struct call *call, const struct schema_message *type, struct span message,
                                    defect_dropped_fn *dropped);

/* What a defect makes of a message before it is transcoded, and of the JSON (behind one byte) of any message after:
 * itself, or a copy of it in the call's scratch arena. */
struct span defect_message(struct call *call, const struct schema_message *type, struct span message);
void defect_text(struct call *call, const struct schema_message *type, struct span message, struct buf *json);
/* What a defect makes of the content type of an HttpBody. */
struct span defect_content_type(struct call *call, struct span type);
/* There is a field that the type does not have. */
bool defect_response_has_unknown(const struct schema_message *type, struct span message);
/* An HttpBody with extensions. */
bool defect_response_has_extensions(const struct schema_message *type, struct span message);
/* What a defect makes of the body and the type of a unary HttpBody. */
struct span defect_file(struct call *call, struct span body);

/* An entry of a map lacks its key or its value. */
bool defect_response_lacks_entry_part(const struct schema_message *type, struct span message);

/* The code of the google.rpc.Status in the trailers. false: there is none. */
bool defect_details_code(const struct fields *trailers, uint32_t *code);

#endif
