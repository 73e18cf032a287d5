/* TLS sessions in memory, over OpenSSL. */
#include "harness/net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "harness/net/versions.h"

#define ALPN_MAX        64u
#define CERTIFICATE_AGE (60L * 60 * 24 * 30)
#define RECORD          (16u << 10)

struct tls_config {
    SSL_CTX *ctx;
    bool server;
    bool insecure;
    unsigned char alpn[ALPN_MAX]; /* as on the wire: length, name, ... */
    unsigned alpn_len;
};

struct tls_session {
    SSL *ssl;
    BIO *in;  /* ciphertext received */
    BIO *out; /* ciphertext to be sent */
    enum tls_state state;
    enum tls_failure failure;
};

/* The oldest error of OpenSSL's queue, with what was being done. */
static enum err_code tls_err(struct err *err, enum err_code code, const char *doing)
{
    unsigned long first = ERR_get_error();
    char text[256] = "unknown reason";
    if (first != 0)
        ERR_error_string_n(first, text, sizeof text);
    ERR_clear_error();
    return err_set(err, code, "%s: %s", doing, text);
}

/* ---- configuration */

static int add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (!certificate)
        return NULL;
    X509_NAME *name = X509_get_subject_name(certificate);
    int ok = X509_set_version(certificate, 2) && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
             X509_gmtime_adj(X509_getm_notBefore(certificate), -60L * 60) &&
             X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_AGE) && X509_set_pubkey(certificate, key) &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0) &&
             X509_set_issuer_name(certificate, name) &&
             add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
             add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
             X509_sign(certificate, key, EVP_sha256());
    if (!ok) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static enum err_code use_self_signed(SSL_CTX *ctx, struct err *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key) : NULL;
    enum err_code rc = ERR_OK;
    if (!certificate || SSL_CTX_use_certificate(ctx, certificate) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
        rc = tls_err(err, ERR_IO, "cannot make a certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    return rc;
}

static enum err_code use_files(SSL_CTX *ctx, const struct tls_options *options, struct err *err)
{
    if (!options->cert_file)
        return ERR_OK;
    if (SSL_CTX_use_certificate_chain_file(ctx, options->cert_file) != 1)
        return tls_err(err, ERR_USAGE, "cannot read the file of the certificate");
    const char *key_file = options->key_file ? options->key_file : options->cert_file;
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
        return tls_err(err, ERR_USAGE, "cannot read the file of the key");
    if (SSL_CTX_check_private_key(ctx) != 1)
        return tls_err(err, ERR_USAGE, "the key does not belong to the certificate");
    return ERR_OK;
}

static enum err_code set_trust(SSL_CTX *ctx, const struct tls_options *options, struct err *err)
{
    if (options->server)
        return ERR_OK;
    SSL_CTX_set_verify(ctx, options->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (options->insecure)
        return ERR_OK;
    if (options->cacert_file) {
        if (SSL_CTX_load_verify_locations(ctx, options->cacert_file, NULL) != 1)
            return tls_err(err, ERR_USAGE, "cannot read the file of trusted certificates");
    } else if (SSL_CTX_set_default_verify_paths(ctx) != 1) {
        return tls_err(err, ERR_IO, "cannot read the system's trusted certificates");
    }
    return ERR_OK;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
                       unsigned offered_len, void *arg)
{
    (void)ssl;
    const struct tls_config *config = arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, config->alpn, config->alpn_len, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum err_code set_alpn(struct tls_config *config, const struct tls_options *options, struct err *err)
{
    for (size_t i = 0; options->alpn && options->alpn[i]; i++) {
        size_t len = strlen(options->alpn[i]);
        if (len == 0 || len > 255 || len + 1 > sizeof config->alpn - config->alpn_len)
            return err_set(err, ERR_LIMIT, "too many or too long ALPN names");
        config->alpn[config->alpn_len++] = (unsigned char)len;
        memcpy(config->alpn + config->alpn_len, options->alpn[i], len);
        config->alpn_len += (unsigned)len;
    }
    if (config->alpn_len == 0)
        return ERR_OK;
    if (options->server)
        SSL_CTX_set_alpn_select_cb(config->ctx, choose_alpn, config);
    else if (SSL_CTX_set_alpn_protos(config->ctx, config->alpn, config->alpn_len) != 0)
        return tls_err(err, ERR_NO_MEMORY, "cannot set ALPN");
    return ERR_OK;
}

enum err_code tls_config_new(struct tls_config **out, const struct tls_options *options, struct err *err)
{
    struct tls_config *config = calloc(1, sizeof *config);
    if (!config)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    config->server = options->server;
    config->insecure = options->insecure;
    enum err_code rc = ERR_OK;
    config->ctx = SSL_CTX_new(options->server ? TLS_server_method() : TLS_client_method());
    if (!config->ctx) {
        rc = tls_err(err, ERR_NO_MEMORY, "cannot start TLS");
        goto out;
    }
    SSL_CTX_set_min_proto_version(config->ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(config->ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(config->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (options->server && options->self_signed && !options->cert_file)
        rc = use_self_signed(config->ctx, err);
    else if (options->server && !options->cert_file)
        rc = err_set(err, ERR_USAGE, "a TLS server needs a certificate");
    else
        rc = use_files(config->ctx, options, err);
    if (rc == ERR_OK)
        rc = set_trust(config->ctx, options, err);
    if (rc == ERR_OK)
        rc = set_alpn(config, options, err);
out:
    if (rc != ERR_OK) {
        tls_config_free(config);
        return rc;
    }
    *out = config;
    return ERR_OK;
}

void tls_config_free(struct tls_config *config)
{
    if (!config)
        return;
    SSL_CTX_free(config->ctx);
    free(config);
}

/* ---- sessions */

static bool set_host(SSL *ssl, const char *host, bool insecure)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    /* RFC 6066, section 3: an address is not sent as the server's name. */
    if (!is_address && SSL_set_tlsext_host_name(ssl, host) != 1)
        return false;
    if (insecure)
        return true;
    return is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 : SSL_set1_host(ssl, host) == 1;
}

enum err_code tls_session_new(struct tls_session **out, struct tls_config *config, const char *host, struct err *err)
{
    struct tls_session *session = calloc(1, sizeof *session);
    if (!session)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    session->ssl = SSL_new(config->ctx);
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    if (!session->ssl || !session->in || !session->out) {
        BIO_free(session->in);
        BIO_free(session->out);
        SSL_free(session->ssl);
        free(session);
        return tls_err(err, ERR_NO_MEMORY, "cannot start a TLS session");
    }
    BIO_set_mem_eof_return(session->in, -1);
    BIO_set_mem_eof_return(session->out, -1);
    SSL_set_bio(session->ssl, session->in, session->out);
    if (config->server) {
        SSL_set_accept_state(session->ssl);
    } else {
        SSL_set_connect_state(session->ssl);
        if (host && !set_host(session->ssl, host, config->insecure)) {
            tls_session_free(session);
            return tls_err(err, ERR_USAGE, "cannot use this host name with TLS");
        }
    }
    *out = session;
    return ERR_OK;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    free(session);
}

/* Moves what OpenSSL wants to send to `wire`. */
static bool drain(struct tls_session *session, struct buf *wire)
{
    for (;;) {
        size_t waiting = BIO_ctrl_pending(session->out);
        if (waiting == 0)
            return true;
        uint8_t *room = buf_reserve(wire, waiting);
        if (!room)
            return false;
        int len = BIO_read(session->out, room, (int)waiting);
        if (len <= 0)
            return false;
        buf_commit(wire, (size_t)len);
    }
}

/* Alerts of a server that wants a certificate: TLS 1.3 has one for it, before that servers send one of two others. */
static enum tls_failure failure_of(int reason)
{
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return TLS_FAILURE_WANTS_CERTIFICATE;
    default:
        return TLS_FAILURE_OTHER;
    }
}

enum tls_failure tls_session_failure(const struct tls_session *session)
{
    return session->failure;
}

static enum tls_state failed(struct tls_session *session, struct err *err, const char *doing)
{
    session->state = TLS_FAILED;
    long verified = SSL_get_verify_result(session->ssl);
    session->failure = failure_of(ERR_GET_REASON(ERR_peek_error()));
    if (verified != X509_V_OK && SSL_get_verify_mode(session->ssl) != SSL_VERIFY_NONE) {
        session->failure = TLS_FAILURE_UNTRUSTED;
        ERR_clear_error();
        err_set(err, ERR_IO, "%s: %s", doing, X509_verify_cert_error_string(verified));
    } else {
        tls_err(err, ERR_IO, doing);
    }
    return session->state;
}

static void handshake(struct tls_session *session, struct err *err)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(session->ssl);
    if (rc == 1) {
        session->state = TLS_OPEN;
        return;
    }
    int why = SSL_get_error(session->ssl, rc);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        failed(session, err, "TLS handshake");
}

static void read_plain(struct tls_session *session, struct buf *plain, struct err *err)
{
    while (session->state == TLS_OPEN) {
        uint8_t *room = buf_reserve(plain, RECORD);
        if (!room) {
            session->state = TLS_FAILED;
            err_set(err, ERR_LIMIT, "no room for what TLS received");
            return;
        }
        ERR_clear_error();
        int len = SSL_read(session->ssl, room, RECORD);
        if (len > 0) {
            buf_commit(plain, (size_t)len);
            continue;
        }
        int why = SSL_get_error(session->ssl, len);
        if (why == SSL_ERROR_ZERO_RETURN)
            session->state = TLS_CLOSED;
        else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            failed(session, err, "TLS");
        return;
    }
}

enum tls_state tls_session_receive(struct tls_session *session, struct span ciphertext, struct buf *plain,
                                   struct buf *wire, struct err *err)
{
    assert(ciphertext.len <= INT32_MAX);
    if (session->state == TLS_FAILED || session->state == TLS_CLOSED)
        return session->state;
    if (ciphertext.len > 0 && BIO_write(session->in, ciphertext.data, (int)ciphertext.len) != (int)ciphertext.len)
        return failed(session, err, "TLS");
    if (session->state == TLS_HANDSHAKE)
        handshake(session, err);
    if (session->state == TLS_OPEN)
        read_plain(session, plain, err);
    drain(session, wire);
    return session->state;
}

enum tls_state tls_session_send(struct tls_session *session, struct span plaintext, struct buf *wire, struct err *err)
{
    if (session->state == TLS_HANDSHAKE) {
        assert(plaintext.len == 0);
        handshake(session, err);
    } else if (session->state != TLS_FAILED) {
        while (plaintext.len > 0) {
            size_t len = plaintext.len < RECORD ? plaintext.len : RECORD;
            ERR_clear_error();
            if (SSL_write(session->ssl, plaintext.data, (int)len) != (int)len) {
                failed(session, err, "TLS");
                break;
            }
            plaintext = span_from(plaintext, len);
        }
    }
    if (!drain(session, wire))
        session->state = TLS_FAILED;
    return session->state;
}

void tls_session_close(struct tls_session *session, struct buf *wire)
{
    if (session->state == TLS_OPEN || session->state == TLS_CLOSED) {
        ERR_clear_error();
        SSL_shutdown(session->ssl);
        ERR_clear_error();
    }
    drain(session, wire);
}

struct span tls_session_alpn(const struct tls_session *session)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(session->ssl, &name, &len);
    return span_of(name, len);
}

const char *versions_openssl(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
