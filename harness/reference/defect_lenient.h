/* The defects that let pass what ProtoJSON or google/api/http.proto refuses and some transcoder takes, by a leniency of
 * the engine. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_LENIENT_H
#define TRANSCHECK_REFERENCE_DEFECT_LENIENT_H

#include "harness/engine/leniency.h"
#include "harness/reference/defects.h"

/* The leniency with which a reference with this defect reads requests; none for most. */
struct leniency_set defect_lenient(enum defect defect);

#endif
