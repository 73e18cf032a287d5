/* Keeps a TCP port without listening on it: connections to it are refused, and it is not handed to anybody else, nor
 * taken for an outgoing connection. */
#ifndef TRANSCHECK_NET_PORT_HOLD_H
#define TRANSCHECK_NET_PORT_HOLD_H

#include <stdint.h>

#include "harness/base/err.h"

/* Binds `port` of a numeric address, or of localhost, on which nobody may listen now. *out is a descriptor: the port is
 * given back by close(). A listener of this program may begin on it before that. ERR_IO: it is another's. */
enum err_code port_hold(int *out, const char *address, uint16_t port, struct err *err);

#endif
