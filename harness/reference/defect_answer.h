/* The defects in how the JSON of a unary answer is printed: a table of tokens and what stands in their place, one of
 * members that do not belong there, and what is lost. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_ANSWER_H
#define TRANSCHECK_REFERENCE_DEFECT_ANSWER_H

#include "harness/reference/call.h"

/* The JSON as a transcoder with the call's defect prints it, in the call's arena; itself where nothing is changed. */
struct span defect_answer(struct call *call, struct span json);

#endif
