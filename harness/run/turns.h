/* Exchanges in turn (a case with `then`) share a connection, which the proxy may close at any time: also while the next
 * request is on its way. Private to run/. */
#ifndef TRANSCHECK_RUN_TURNS_H
#define TRANSCHECK_RUN_TURNS_H

#include "harness/run/exchange.h"

/* Whether nothing came of the exchange but the end of the connection that it shared with the one before it. Who gets
 * nothing may send it again on another (RFC 9112, section 9.3.1); so it is done once. */
bool turns_lost(const struct exchange *exchange, const struct exchange *before);
/* Forgets what the client saw, for it to be sent again. */
void turns_renew(struct exchange *exchange, uint64_t now_us);

#endif
