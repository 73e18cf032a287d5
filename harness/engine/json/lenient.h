/* JSON as some peers take it, rewritten as RFC 8259 has it: what a leniency passes over becomes blanks, so that offsets
 * stay what they were; only quotes and escapes that are added move what follows. Anything not covered by the set is
 * left as it is, for the strict reader to refuse. One pass, no recursion; the result is at most six times as long. */
#ifndef TRANSCHECK_ENGINE_JSON_LENIENT_H
#define TRANSCHECK_ENGINE_JSON_LENIENT_H

#include "harness/base/arena.h"
#include "harness/engine/leniency.h"

/* Whether the set holds any leniency of JSON text. */
bool json_lenient_applies(struct leniency_set set);
/* In the arena; data NULL when out of memory. */
struct span json_lenient_text(struct span text, struct leniency_set set, struct arena *arena);

#endif
