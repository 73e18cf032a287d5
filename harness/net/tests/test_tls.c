/* TLS sessions in memory, client and server back to back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "harness/net/tls.h"

static const char *const alpn_both[] = {"h2", "http/1.1", NULL};
static const char *const alpn_h1[] = {"http/1.1", NULL};
static const char *const alpn_odd[] = {"spdy/3", NULL};

struct end {
    struct tls_config *config;
    struct tls_session *session;
    struct buf plain;
    struct buf wire;
    enum tls_state state;
    struct err err;
};

static void end_init(struct end *end, const struct tls_options *options, const char *host)
{
    *end = (struct end){0};
    assert_int_equal(tls_config_new(&end->config, options, &end->err), ERR_OK);
    assert_int_equal(tls_session_new(&end->session, end->config, host, &end->err), ERR_OK);
    buf_init(&end->plain, 16u << 20);
    buf_init(&end->wire, 16u << 20);
}

static void end_fini(struct end *end)
{
    tls_session_free(end->session);
    tls_config_free(end->config);
    buf_fini(&end->plain);
    buf_fini(&end->wire);
}

/* Hands over what `from` has to send, `step` bytes at once (0: all). */
static bool deliver(struct end *from, struct end *to, size_t step)
{
    struct buf bytes = from->wire;
    buf_init(&from->wire, bytes.max);
    for (size_t at = 0; at < bytes.len; at += step ? step : bytes.len) {
        size_t len = step && bytes.len - at > step ? step : bytes.len - at;
        to->state = tls_session_receive(to->session, span_of(bytes.data + at, len), &to->plain, &to->wire, &to->err);
    }
    bool any = bytes.len > 0;
    buf_fini(&bytes);
    return any;
}

static void shake(struct end *client, struct end *server, size_t step)
{
    client->state = tls_session_send(client->session, span_of(NULL, 0), &client->wire, &client->err);
    bool more = true;
    while (more) {
        more = deliver(client, server, step);
        more = deliver(server, client, step) || more;
    }
}

static const struct tls_options self_signed = {.server = true, .self_signed = true, .alpn = alpn_both};

static void test_exchange(void **state)
{
    (void)state;
    for (size_t step = 0; step < 3; step++) {
        struct end client, server;
        end_init(&client, &(struct tls_options){.insecure = true, .alpn = alpn_both}, "localhost");
        end_init(&server, &self_signed, NULL);
        shake(&client, &server, step);
        assert_int_equal(client.state, TLS_OPEN);
        assert_int_equal(server.state, TLS_OPEN);
        assert_true(span_is(tls_session_alpn(client.session), "h2"));
        assert_true(span_is(tls_session_alpn(server.session), "h2"));

        uint8_t bytes[40000];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(i * 31);
        assert_int_equal(tls_session_send(client.session, span_of(bytes, sizeof bytes), &client.wire, NULL), TLS_OPEN);
        deliver(&client, &server, step);
        assert_int_equal(server.plain.len, sizeof bytes);
        assert_memory_equal(server.plain.data, bytes, sizeof bytes);

        tls_session_close(server.session, &server.wire);
        deliver(&server, &client, step);
        assert_int_equal(client.state, TLS_CLOSED);
        /* Half closed: the other direction still works. */
        assert_int_not_equal(tls_session_send(client.session, span_cstr("x"), &client.wire, NULL), TLS_FAILED);
        end_fini(&client);
        end_fini(&server);
    }
}

static void test_alpn(void **state)
{
    (void)state;
    struct end client, server;
    end_init(&client, &(struct tls_options){.insecure = true, .alpn = alpn_h1}, "localhost");
    end_init(&server, &self_signed, NULL);
    shake(&client, &server, 0);
    assert_true(span_is(tls_session_alpn(server.session), "http/1.1"));
    end_fini(&client);
    end_fini(&server);

    end_init(&client, &(struct tls_options){.insecure = true, .alpn = alpn_odd}, "localhost");
    end_init(&server, &self_signed, NULL);
    shake(&client, &server, 0);
    assert_int_equal(server.state, TLS_FAILED);
    assert_int_equal(client.state, TLS_FAILED);
    assert_non_null(strstr(client.err.text, "no application protocol"));
    end_fini(&client);
    end_fini(&server);

    end_init(&client, &(struct tls_options){.insecure = true}, "localhost"); /* no ALPN: no protocol is chosen */
    end_init(&server, &self_signed, NULL);
    shake(&client, &server, 0);
    assert_int_equal(server.state, TLS_OPEN);
    assert_int_equal(tls_session_alpn(server.session).len, 0);
    end_fini(&client);
    end_fini(&server);
}

static char cert_file[] = "/tmp/transcheck_tls_XXXXXX";

/* A certificate that a file can give: made with the openssl command, which Debian has where its library is. */
static int make_files(void **state)
{
    (void)state;
    int fd = mkstemp(cert_file);
    if (fd < 0)
        return -1;
    close(fd);
    char command[512];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s.key -out %s 2>/dev/null && cat %s.key >> %s",
             cert_file, cert_file, cert_file, cert_file);
    return system(command);
}

static int remove_files(void **state)
{
    (void)state;
    char key[64];
    snprintf(key, sizeof key, "%s.key", cert_file);
    unlink(cert_file);
    unlink(key);
    return 0;
}

static void test_verification(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool trusts;
        bool ok;
    } rows[] = {
        {"localhost", true, true},    {"127.0.0.1", true, true},  {"localhost", false, false},
        {"example.com", true, false}, {"127.0.0.2", true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct end client, server;
        end_init(&client, &(struct tls_options){.cacert_file = rows[i].trusts ? cert_file : NULL}, rows[i].host);
        end_init(&server, &(struct tls_options){.server = true, .cert_file = cert_file}, NULL);
        shake(&client, &server, 1);
        assert_int_equal(client.state, rows[i].ok ? TLS_OPEN : TLS_FAILED);
        assert_int_equal(server.state, rows[i].ok ? TLS_OPEN : TLS_FAILED);
        assert_int_equal(strlen(client.err.text) == 0, rows[i].ok);
        end_fini(&client);
        end_fini(&server);
    }
}

static void test_bad_configuration(void **state)
{
    (void)state;
    static const struct tls_options rows[] = {
        {.server = true},
        {.server = true, .cert_file = "/nonexistent.pem"},
        {.server = true, .cert_file = cert_file, .key_file = "/nonexistent.key"},
        {.cacert_file = "/nonexistent.pem"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_config *config;
        struct err err = {0};
        assert_int_equal(tls_config_new(&config, &rows[i], &err), ERR_USAGE);
        assert_true(strlen(err.text) > 0);
    }
}

static void test_garbage(void **state)
{
    (void)state;
    struct end server;
    end_init(&server, &self_signed, NULL);
    struct span in = span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    for (size_t i = 0; i < in.len && server.state != TLS_FAILED; i++)
        server.state =
            tls_session_receive(server.session, span_of(in.data + i, 1), &server.plain, &server.wire, &server.err);
    assert_int_equal(server.state, TLS_FAILED);
    assert_true(strlen(server.err.text) > 0);
    assert_int_equal(server.plain.len, 0);
    /* It stays failed. */
    assert_int_equal(tls_session_receive(server.session, in, &server.plain, &server.wire, &server.err), TLS_FAILED);
    assert_int_equal(tls_session_send(server.session, in, &server.wire, &server.err), TLS_FAILED);
    tls_session_close(server.session, &server.wire);
    end_fini(&server);
}

static void test_damaged_record(void **state)
{
    (void)state;
    struct end client, server;
    end_init(&client, &(struct tls_options){.insecure = true}, "localhost");
    end_init(&server, &self_signed, NULL);
    shake(&client, &server, 0);
    tls_session_send(client.session, span_cstr("hello"), &client.wire, NULL);
    client.wire.data[client.wire.len - 1] ^= 1;
    deliver(&client, &server, 1);
    assert_int_equal(server.state, TLS_FAILED);
    assert_int_equal(server.plain.len, 0);
    end_fini(&client);
    end_fini(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),          cmocka_unit_test(test_alpn),    cmocka_unit_test(test_verification),
        cmocka_unit_test(test_bad_configuration), cmocka_unit_test(test_garbage), cmocka_unit_test(test_damaged_record),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
