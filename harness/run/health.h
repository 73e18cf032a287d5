/* Is the proxy well after a case? An ordinary request, retried within the profile's reconnect_grace_ms, and whether its
 * process is alive. */
#ifndef TRANSCHECK_RUN_HEALTH_H
#define TRANSCHECK_RUN_HEALTH_H

#include "harness/run/preflight.h"

#define HEALTH_DEFAULT_GRACE_MS 3000

/* Plays ordinary requests until one succeeds or the grace is over; fills seen->asked, healthy, attempts and detail (in
 * the arena: what the first failures were). false when there was no memory for one, so that nothing is known. */
bool health_ask(struct health_seen *seen, struct ends *ends, struct relay *relay, const struct plan *ordinary,
                const struct profile *profile, const struct schema *schema, enum testcase_client client,
                struct arena *arena);
/* Judges one ordinary exchange; NULL when it is as it should be, else what was wrong (in the arena). */
const char *health_judge(const struct exchange *exchange, const struct profile *profile, const struct schema *schema,
                         struct arena *arena);
/* Gives the death of the process a moment to become known, and records it. `deaths_before` is the count when the case
 * began. */
void health_process(struct health_seen *seen, struct ends *ends, unsigned deaths_before, bool suspicious,
                    struct arena *arena);

#endif
