/* Which gRPC methods the proxy serves, as the cases show: where some reach the backend and others are answered as what
 * does not exist, the others are named once, in place of hundreds of failures that all mean the same. */
#ifndef TRANSCHECK_RUN_SERVED_H
#define TRANSCHECK_RUN_SERVED_H

#include "harness/run/exchange.h"

#define SERVED_MAX_METHODS 256 /* more are not looked at */

struct served_method {
    const struct schema_method *rpc;
    unsigned asked;   /* cases that had to reach the backend through it */
    unsigned reached; /* those that did */
    unsigned refused; /* those that were answered 404, 405 or 501 */
    int status;       /* the last of these answers */
};

struct served {
    struct served_method methods[SERVED_MAX_METHODS];
    size_t count;
};

/* Counts a case that was played and came to `verdict`. A refusal with which it passed is no sign of anything missing.
 */
void served_note(struct served *served, const struct exchange *exchange, enum verdict verdict);
/* Writes one sentence that names the services and methods of which every case was refused, though others reached the
 * backend; false: there is nothing to say. */
bool served_tell(struct buf *out, const struct served *served);

#endif
