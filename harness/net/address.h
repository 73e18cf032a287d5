/* Addresses as users write them: ADDR:PORT and URLs. */
#ifndef TRANSCHECK_NET_ADDRESS_H
#define TRANSCHECK_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

/* "127.0.0.1:53000", "localhost:0", "[::1]:53000". ERR_USAGE says what is wrong. */
enum err_code address_parse(char *host, size_t host_size, uint16_t *port, const char *text, struct err *err);
/* "http://HOST[:PORT]" or "https://...", with nothing but an optional "/" behind it; ports default to 80 and 443. */
enum err_code address_parse_url(char *host, size_t host_size, uint16_t *port, bool *tls, const char *url,
                                struct err *err);
struct sockaddr_storage;
/* The socket address of a numeric IPv4 or IPv6 address, or of localhost, which is 127.0.0.1. false: it is none. */
bool address_socket(struct sockaddr_storage *out, const char *host, uint16_t port);
/* 127.0.0.0/8, ::1 or localhost. */
bool address_is_loopback(const char *host);

#endif
