/* A plain HTTP/1.1 service of the tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/http1_server.h"

struct http1_server http1_server;

/* A request without content-length has no body. */
static bool request_is_whole(void)
{
    const char *text = (const char *)http1_server.request.data;
    const char *end = text ? strstr(text, "\r\n\r\n") : NULL;
    const char *length = end ? strcasestr(text, "\r\ncontent-length: ") : NULL;
    size_t body = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
    return end && http1_server.request.len >= (size_t)(end + 4 - text) + body;
}

static void answer(struct conn *conn)
{
    char head[512];
    if (strncmp(http1_server.status, "204", 3) == 0) /* RFC 9110 section 8.6: without content-length */
        snprintf(head, sizeof head, "HTTP/1.1 %s\r\n", http1_server.status);
    else
        snprintf(head, sizeof head, "HTTP/1.1 %sContent-Length: %zu\r\n\r\n", http1_server.status,
                 http1_server.answer.len);
    if (!http1_server.raw)
        conn_write(conn, span_cstr(head));
    conn_write(conn, http1_server.answer);
    if (!http1_server.closes)
        return;
    http1_server.conn = NULL;
    conn_free(conn);
}

static void server_read(void *user, struct conn *conn, struct span bytes)
{
    (void)user;
    if (request_is_whole())
        buf_reset(&http1_server.request);
    buf_append_span(&http1_server.request, bytes);
    if (!request_is_whole())
        return;
    http1_server.calls++;
    if (!http1_server.silent)
        answer(conn);
}

static void server_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)user;
    (void)end;
    (void)detail;
    conn_free(conn);
    http1_server.conn = NULL;
    http1_server.closed++;
}

static void *server_accept(void *user, struct conn *conn)
{
    (void)user;
    http1_server.conn = conn;
    return &http1_server;
}

void http1_server_start(struct reference_options options)
{
    static const struct conn_callbacks callbacks = {.on_read = server_read, .on_end = server_end};
    memset(&http1_server, 0, sizeof http1_server);
    buf_init(&http1_server.request, 16u << 20);
    http1_server.status = "200 OK\r\n";
    struct loop *loop;
    assert_int_equal(loop_new(&loop, NULL), ERR_OK);
    assert_int_equal(
        listener_new(&http1_server.listener, loop, "127.0.0.1", 0, NULL, &callbacks, server_accept, NULL, NULL),
        ERR_OK);
    options.backend_port = listener_port(http1_server.listener);
    reference_start_on(loop, options);
}

void http1_server_stop(void)
{
    if (http1_server.conn)
        conn_free(http1_server.conn);
    listener_free(http1_server.listener);
    buf_fini(&http1_server.request);
    reference_stop();
}

const char *http1_server_body(void)
{
    return strstr((const char *)http1_server.request.data, "\r\n\r\n") + 4;
}

bool http1_server_saw(const char *text)
{
    const char *found = strstr((const char *)http1_server.request.data, text);
    return found && found < http1_server_body();
}
