/* Who listens on a port of this machine, for the message that it is taken. */
#ifndef TRANSCHECK_NET_PORT_OWNER_H
#define TRANSCHECK_NET_PORT_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes "NAME (process ID)", escaped, to `out`; false when it is not known: the process of another user, or one
 * outside of this container. */
bool port_owner_find(char *out, size_t out_size, uint16_t port);

#endif
