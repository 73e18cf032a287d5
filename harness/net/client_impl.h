/* Private to net/: the two implementations behind client.h. */
#ifndef TRANSCHECK_NET_CLIENT_IMPL_H
#define TRANSCHECK_NET_CLIENT_IMPL_H

#include "harness/net/client.h"

struct client_class {
    void (*free)(struct client *client);
    struct client_exchange *(*start)(struct client *client, const struct client_request *request,
                                     struct response_seen *seen, const struct client_callbacks *callbacks, void *user);
    void (*cancel)(struct client_exchange *exchange);
    void (*pause)(struct client_exchange *exchange, bool pause);
};

/* First member of each implementation's client and exchange. */
struct client {
    const struct client_class *class;
};
struct client_exchange {
    const struct client_class *class;
};

#endif
