/* Who listens on a port. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/net/port_owner.h"

static int listen_on(int family, uint16_t *port)
{
    struct sockaddr_storage name = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (family == AF_INET)
        ((struct sockaddr_in *)&name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&name)->sin6_addr = in6addr_loopback;
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    *port =
        ntohs(family == AF_INET ? ((struct sockaddr_in *)&name)->sin_port : ((struct sockaddr_in6 *)&name)->sin6_port);
    return fd;
}

static void finds_this_process(void **state)
{
    char want[64], seen[128];
    uint16_t port;
    (void)state;
    prctl(PR_SET_NAME, "a b\033) 7");
    snprintf(want, sizeof want, "a b\\x1b) 7 (process %ld)", (long)getpid());
    for (size_t i = 0; i < 2; i++) {
        if (i == 1 && access("/proc/net/if_inet6", F_OK) != 0) {
            print_message("only IPv4 was tested: this machine has no IPv6\n");
            break;
        }
        int fd = listen_on(i == 0 ? AF_INET : AF_INET6, &port);
        assert_true(port_owner_find(seen, sizeof seen, port));
        assert_string_equal(seen, want);
        close(fd);
        assert_false(port_owner_find(seen, sizeof seen, port));
    }
}

/* A socket that is bound and does not listen is no owner. */
static void nobody_listens(void **state)
{
    char seen[128];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    assert_false(port_owner_find(seen, sizeof seen, ntohs(name.sin_port)));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_this_process), cmocka_unit_test(nobody_listens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
