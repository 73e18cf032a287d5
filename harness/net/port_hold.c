/* Keeps a port. */
#include "harness/net/port_hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/net/address.h"

enum err_code port_hold(int *out, const char *address, uint16_t port, struct err *err)
{
    struct sockaddr_storage name;
    int yes = 1;
    *out = -1;
    if (!address_socket(&name, address, port))
        return err_set(err, ERR_USAGE, "%s is not a numeric address", address);
    socklen_t len = name.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* With SO_REUSEADDR on both, and neither of them listening, two sockets may have the same port. */
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, (const struct sockaddr *)&name, len) == 0) {
        *out = fd;
        return ERR_OK;
    }
    err_set(err, ERR_IO, "cannot keep %s:%u: %s", address, (unsigned)port, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ERR_IO;
}
