/* Reads addresses and URLs as users write them. */
#include "harness/net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static enum err_code parse_port(uint16_t *port, const char *text, size_t len, struct err *err)
{
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || (value = value * 10 + (unsigned)(text[i] - '0')) > 65535)
            return err_set(err, ERR_USAGE, "the port must be a number from 0 to 65535");
    }
    if (len == 0)
        return err_set(err, ERR_USAGE, "the port is missing");
    *port = (uint16_t)value;
    return ERR_OK;
}

/* Splits the first `len` bytes of `text`; *port keeps its value when there is none. */
static enum err_code parse_authority(char *host, size_t host_size, uint16_t *port, bool need_port, const char *text,
                                     size_t len, struct err *err)
{
    const char *begin = text, *end = text + len, *colon;
    if (len && *text == '[') {
        begin = text + 1;
        end = memchr(begin, ']', len - 1);
        if (!end)
            return err_set(err, ERR_USAGE, "an IPv6 address ends with ]");
        colon = end + 1 < text + len ? end + 1 : NULL;
        if (colon && *colon != ':')
            return err_set(err, ERR_USAGE, "expected : and a port after ]");
    } else {
        colon = memchr(text, ':', len);
        if (colon)
            end = colon;
    }
    size_t host_len = (size_t)(end - begin);
    if (host_len == 0 || host_len >= host_size)
        return err_set(err, ERR_USAGE, "the host is missing or too long");
    for (size_t i = 0; i < host_len; i++) {
        if ((unsigned char)begin[i] <= ' ' || begin[i] == '@' || begin[i] == 0x7f)
            return err_set(err, ERR_USAGE, "the host holds a character that no host name has");
    }
    memcpy(host, begin, host_len);
    host[host_len] = '\0';
    if (!colon)
        return need_port ? err_set(err, ERR_USAGE, "expected ADDRESS:PORT, for example 127.0.0.1:53000") : ERR_OK;
    return parse_port(port, colon + 1, (size_t)(text + len - colon - 1), err);
}

enum err_code address_parse(char *host, size_t host_size, uint16_t *port, const char *text, struct err *err)
{
    return parse_authority(host, host_size, port, true, text, strlen(text), err);
}

enum err_code address_parse_url(char *host, size_t host_size, uint16_t *port, bool *tls, const char *url,
                                struct err *err)
{
    const char *rest;
    if (strncmp(url, "http://", 7) == 0) {
        *tls = false;
        *port = 80;
        rest = url + 7;
    } else if (strncmp(url, "https://", 8) == 0) {
        *tls = true;
        *port = 443;
        rest = url + 8;
    } else {
        return err_set(err, ERR_USAGE,
                       "the URL must begin with http:// or https://, for example http://127.0.0.1:51051");
    }
    size_t len = strcspn(rest, "/?#");
    if (rest[len] != '\0' && strcmp(rest + len, "/") != 0)
        return err_set(err, ERR_USAGE, "the URL must not have a path: cases bring their own");
    if (parse_authority(host, host_size, port, false, rest, len, err) != ERR_OK)
        return err_prefix(err, "URL");
    if (*port == 0)
        return err_set(err, ERR_USAGE, "URL: port 0 cannot be connected to");
    return ERR_OK;
}

bool address_socket(struct sockaddr_storage *out, const char *host, uint16_t port)
{
    *out = (struct sockaddr_storage){0};
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    return uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) == 0;
}

bool address_is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}
