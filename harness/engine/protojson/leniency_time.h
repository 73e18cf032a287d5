/* Timestamps and durations that only LENIENCY_LOOSE_TIMES takes; called where the strict reading has failed. Taken are:
 * numbers with fewer digits, years with zeros in front, more than nine digits of a second (cut), a dot without digits,
 * blanks in front and before an offset, the second 60 (which is the next one); of durations a plus, blanks around the
 * number, and zeros behind nine digits. Sources: what Envoy 1.40 and libprotobuf 3.21 take. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_LENIENCY_TIME_H
#define TRANSCHECK_ENGINE_PROTOJSON_LENIENCY_TIME_H

#include "harness/base/arena.h"
#include "harness/engine/leniency.h"
#include "harness/engine/proto/schema.h"

/* `kind`: SCHEMA_WKT_TIMESTAMP or SCHEMA_WKT_DURATION. false: the set does not take it. */
bool leniency_time_read(struct leniency_set set, enum schema_well_known kind, struct span text, int64_t *seconds,
                        int32_t *nanos);
/* As ProtoJSON has it, in the arena. data NULL: the set does not take it, or memory ran out. */
struct span leniency_time_text(struct leniency_set set, enum schema_well_known kind, struct span text,
                               struct arena *arena);

#endif
