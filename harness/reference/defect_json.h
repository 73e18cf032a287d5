/* Defects in how the JSON of a request is read. Two tables: what ProtoJSON refuses and some transcoder lets pass, by a
 * leniency of the engine; and what ProtoJSON takes and some transcoder refuses or reads as something else, by what
 * stands in the text in place of a token. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_JSON_H
#define TRANSCHECK_REFERENCE_DEFECT_JSON_H

#include "harness/engine/leniency.h"
#include "harness/reference/call.h"

/* The leniency with which a reference with this defect reads requests; none for most. */
struct leniency_set defect_json_lenient(enum defect defect);
/* Whether the defect changes or refuses tokens of a JSON body. */
bool defect_json_changes(enum defect defect);
/* The body as a transcoder with the call's defect reads it, in the call's arena; the body itself when it is not JSON.
 * ERR_RANGE: it refuses the body. */
enum err_code defect_json_read(struct call *call, struct span *body, struct err *err);

#endif
