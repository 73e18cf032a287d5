/* The connections to the backend. Calls share one; another is made when it is closing (GOAWAY) or one of its calls is
 * held back by a client that does not read, since the connection's window is shared. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_UPSTREAM_H
#define TRANSCHECK_REFERENCE_UPSTREAM_H

#include "harness/net/tls.h"
#include "harness/reference/call.h"

#define UPSTREAM_MAX_LINKS 64

/* `tls`: NULL for cleartext; it and the budget must outlive the upstream. */
enum err_code upstream_new(struct upstream **out, struct loop *loop, const char *host, uint16_t port,
                           struct tls_config *tls, struct budget *budget, struct err *err);
/* Every call must be gone. */
void upstream_free(struct upstream *upstream);

/* Opens a stream with these header fields and this one DATA frame; the call hears what comes. false: no connection can
 * be made now. Connection errors come later, through call_on_lost. */
bool upstream_send(struct upstream *upstream, struct call *call, const struct fields *fields, struct span data,
                   bool half_close);
/* The call hears nothing any more. `reset`: the stream is ended with CANCEL. */
void upstream_detach(struct call *call, bool reset);
/* The call takes more data, or stops taking it. */
void upstream_consume(struct call *call, size_t len);
void upstream_stall(struct call *call, bool stalled);
/* Another call that hears from the backend, the last of a connection; NULL: there is none. */
struct call *upstream_beside(const struct upstream *upstream, const struct call *call);
/* A defect: closes the connection of this call at the next turn of the loop, under the others that are on it; when
 * there are none, under the next that comes. */
void upstream_break(struct call *call);

#endif
