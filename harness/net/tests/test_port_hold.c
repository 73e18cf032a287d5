/* A port that is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/net/address.h"
#include "harness/net/port_hold.h"

static int socket_at(const char *address, uint16_t port, bool listens)
{
    struct sockaddr_storage name;
    int yes = 1;
    assert_true(address_socket(&name, address, port));
    socklen_t len = name.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    int rc = listens ? bind(fd, (struct sockaddr *)&name, len) : connect(fd, (struct sockaddr *)&name, len);
    if (rc == 0 && listens)
        rc = listen(fd, 1);
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    return ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                            : ((struct sockaddr_in *)&name)->sin_port);
}

static void check(const char *address)
{
    int held;
    struct err err;
    int listener = socket_at(address, 0, true);
    assert_true(listener >= 0);
    uint16_t port = port_of(listener);
    assert_int_equal(port_hold(&held, address, port, &err), ERR_IO); /* it is listened on */
    assert_int_equal(held, -1);
    close(listener);
    assert_int_equal(port_hold(&held, address, port, &err), ERR_OK);
    assert_int_equal(socket_at(address, port, false), -1); /* refused */
    listener = socket_at(address, port, true);             /* its next owner begins before it is given back */
    assert_true(listener >= 0);
    close(held);
    int client = socket_at(address, port, false);
    assert_true(client >= 0);
    close(client);
    close(listener);
}

static void holds_ipv4(void **state)
{
    (void)state;
    check("127.0.0.1");
    check("localhost");
}

static void holds_ipv6(void **state)
{
    int fd = socket_at("::1", 0, true);
    (void)state;
    if (fd < 0) {
        print_message("there is no IPv6 on this machine\n");
        skip();
    }
    close(fd);
    check("::1");
}

static void no_address(void **state)
{
    int held;
    struct err err;
    (void)state;
    assert_int_equal(port_hold(&held, "example.test", 1, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "example.test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(holds_ipv4), cmocka_unit_test(holds_ipv6),
                                       cmocka_unit_test(no_address)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
