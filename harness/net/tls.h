/* TLS through OpenSSL, in memory: bytes in, bytes out. Used only by conn.c. TLS 1.2 and 1.3, ALPN. */
#ifndef TRANSCHECK_NET_TLS_H
#define TRANSCHECK_NET_TLS_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

struct tls_config;

struct tls_options {
    bool server;
    const char *cert_file; /* PEM chain; required for a server (or self_signed) */
    const char *key_file;
    bool self_signed;        /* server: make a throw-away certificate for localhost and 127.0.0.1 in memory */
    const char *cacert_file; /* client: trust these instead of the system's */
    bool insecure;           /* client: do not verify */
    const char *const
        *alpn; /* in order of preference, ended by NULL: "h2", "http/1.1"; a server refuses when none fits */
};

enum err_code tls_config_new(struct tls_config **out, const struct tls_options *options, struct err *err);
void tls_config_free(struct tls_config *config);

struct tls_session;

/* `host` (client): SNI and verification, a DNS name or an IP address. */
enum err_code tls_session_new(struct tls_session **out, struct tls_config *config, const char *host, struct err *err);
void tls_session_free(struct tls_session *session);

enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_CLOSED /* close_notify */, TLS_FAILED };

/* Why a session failed, where it makes a difference to the user. */
enum tls_failure {
    TLS_FAILURE_NONE,
    TLS_FAILURE_UNTRUSTED,         /* the peer's certificate was not accepted by us */
    TLS_FAILURE_WANTS_CERTIFICATE, /* the peer did not accept ours, or that there is none */
    TLS_FAILURE_OTHER
};
enum tls_failure tls_session_failure(const struct tls_session *session);

/* Feeds ciphertext; appends plaintext to `plain` and what is to be sent to `wire`. */
enum tls_state tls_session_receive(struct tls_session *session, struct span ciphertext, struct buf *plain,
                                   struct buf *wire, struct err *err);
/* Starts the handshake (client) or encrypts plaintext into `wire`. */
enum tls_state tls_session_send(struct tls_session *session, struct span plaintext, struct buf *wire, struct err *err);
/* Appends close_notify. */
void tls_session_close(struct tls_session *session, struct buf *wire);
/* The negotiated ALPN protocol, or empty. */
struct span tls_session_alpn(const struct tls_session *session);

#endif
