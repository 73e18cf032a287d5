/* What speaks at a port, found out for a diagnosis when nothing works there: TLS, plain HTTP, and whether TLS fails for
 * a reason that the user can remove. */
#ifndef TRANSCHECK_NET_PORT_PROBE_H
#define TRANSCHECK_NET_PORT_PROBE_H

#include "harness/net/client.h"

#define PORT_PROBE_TIMEOUT_MS 2000 /* for each of its two connections */

enum port_speaks {
    PORT_SPEAKS_UNKNOWN, /* nothing listens, it is silent, or says what is neither */
    PORT_SPEAKS_PLAIN_HTTP,
    PORT_SPEAKS_TLS,                   /* a handshake succeeded */
    PORT_SPEAKS_TLS_UNTRUSTED,         /* it was ended by us: the certificate cannot be verified */
    PORT_SPEAKS_TLS_WANTS_CERTIFICATE, /* it was ended by the server, which asks for one of ours */
};

struct port_probe {
    enum port_speaks speaks;
    char detail[256]; /* of the failed handshake: escaped text for people */
};

/* Makes one connection with TLS, verified as `options` say (not verified where options->tls is false), and where that
 * is not TLS one without, with an HTTP/1.1 request. Turns the loop until both have ended. */
void port_probe_run(struct port_probe *out, struct loop *loop, const struct client_options *options);

#endif
