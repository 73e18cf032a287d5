/* Defects in how the JSON of a request is read: what ProtoJSON takes and some transcoder refuses or reads as something
 * else, by what stands in the text in place of a token. What it refuses and some transcoder lets pass is in
 * defect_lenient.h. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_JSON_H
#define TRANSCHECK_REFERENCE_DEFECT_JSON_H

#include "harness/reference/call.h"

/* Whether the defect changes or refuses tokens of a JSON body. */
bool defect_json_changes(enum defect defect);
/* The body as a transcoder with the call's defect reads it, in the call's arena; the body itself when it is not JSON.
 * ERR_RANGE: it refuses the body. */
enum err_code defect_json_read(struct call *call, struct span *body, struct err *err);

#endif
