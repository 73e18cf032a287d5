/* Values that only a leniency takes: what each means in ProtoJSON. Called where the strict reading has failed, by the
 * mapping of JSON and by the binding of texts from URLs. Results are in the caller's arena. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_LENIENCY_TEXT_H
#define TRANSCHECK_ENGINE_PROTOJSON_LENIENCY_TEXT_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/engine/leniency.h"
#include "harness/engine/proto/schema.h"

/* A number with a plus sign or leading zeros, without them. data NULL: it is none that the set takes. */
struct span leniency_text_number(struct leniency_set set, struct span text, struct arena *arena);
/* The value that a name means in another case, or the zero that any name means. NULL: none. */
const struct schema_enum_value *leniency_text_enum(struct leniency_set set, const struct schema_enum *enumeration,
                                                   struct span name);
/* The field that a name means in another case. NULL: none. */
const struct schema_field *leniency_text_field(struct leniency_set set, const struct schema_message *message,
                                               struct span name);
/* A field mask with names as they are declared: as ProtoJSON has them. data NULL: it is none that the set takes. */
struct span leniency_text_mask(struct leniency_set set, struct span text, struct arena *arena);
/* Decodes what of `text` is in one of base64's alphabets, up to padding. false only when `out` is full. */
bool leniency_text_base64(struct buf *out, struct span text);

/* The text from a URL (path variable or query value) for a field, rewritten as ProtoJSON would have it. data NULL: no
 * leniency of the set makes it good, or memory ran out. */
struct span leniency_text_url(struct leniency_set set, const struct schema_field *field, struct span text,
                              struct arena *arena);
/* Whether a query value means that the field is not set. */
bool leniency_text_absent(struct leniency_set set, const struct schema_field *field, struct span text);

#endif
