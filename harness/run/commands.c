/* Writes the command lines that repeat a case. */
#include "harness/run/commands.h"

#include <stdio.h>

#include "harness/base/budget.h"
#include "harness/base/escape.h"
#include "harness/net/address.h"
#include "harness/run/marker.h"
#include "harness/run/proxy_process.h"

#define MAX_BODY_WORD   8192       /* of a body in the line */
#define MAX_RAW_FIELDS  64u        /* that the run adds to a raw request */
#define EXPECT_BODY_LEN (1u << 20) /* curl waits for 100 (Continue) before a longer one, which no case does */

static bool word(struct buf *out, const char *text)
{
    return buf_append_byte(out, ' ') && escape_shell(out, span_cstr(text));
}

/* An option with its value; nothing where there is none. */
static void option(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(out, " %s", name);
    word(out, value);
}

static void number_option(struct buf *out, const char *name, uint64_t value, uint64_t otherwise)
{
    if (value != otherwise)
        buf_printf(out, " %s %llu", name, (unsigned long long)value);
}

/* The --header options, each behind `name`. */
static void added_headers(struct buf *out, const char *name, const struct runner_options *options)
{
    for (size_t i = 0; i < options->headers.count; i++) {
        const struct field *field = &options->headers.items[i];
        struct buf line;
        buf_init(&line, 1u << 20);
        buf_append_span(&line, field->name);
        buf_append_cstr(&line, ": ");
        if (redact_is_secret_name(options->redact, field->name))
            buf_append_cstr(&line, COMMANDS_VALUE_HINT);
        else
            buf_append_span(&line, field->value);
        buf_printf(out, " %s ", name);
        escape_shell(out, buf_span(&line));
        buf_fini(&line);
    }
}

static bool header_word(struct buf *out, const struct field *field)
{
    struct buf line;
    buf_init(&line, 1u << 20);
    buf_append_span(&line, field->name);
    if (field->value.len)
        buf_append_cstr(&line, ": ");
    else
        buf_append_cstr(&line, ";"); /* curl's way to send a header without a value */
    buf_append_span(&line, field->value);
    bool done = !line.failed && buf_append_cstr(out, " -H ") && escape_shell(out, buf_span(&line));
    buf_fini(&line);
    return done;
}

static bool is_printable(struct span body)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i] < 0x20 || body.data[i] >= 0x7f)
            return false;
    }
    return true;
}

static bool is_word(struct span body)
{
    return body.len <= MAX_BODY_WORD && is_printable(body);
}

/* What writes a body that is no word of curl's. */
static void body_source(struct buf *out, const struct runner_options *options, const struct testcase *testcase)
{
    struct span body = testcase->request.body;
    if (!testcase->request.has_body || is_word(body))
        return;
    if (body.len <= MAX_BODY_WORD / 4) {
        buf_append_cstr(out, "printf ");
        escape_printf(out, body);
    } else {
        buf_append_cstr(out, "transcheck show --body");
        option(out, "--cases", options->cases);
        word(out, testcase->id);
    }
    buf_append_cstr(out, " | ");
}

static void body_words(struct buf *out, const struct testcase_request *request)
{
    if (!request->has_body)
        return;
    if (is_word(request->body)) {
        buf_append_cstr(out, " --data-raw ");
        escape_shell(out, request->body);
    } else {
        buf_append_cstr(out, " --data-binary @-");
    }
}

/* Fields that curl would add by itself, and no case sends. */
static void without_fields(struct buf *out, const struct testcase_request *request, enum testcase_client client)
{
    if (request->has_body && !fields_find(&request->headers, "content-type"))
        buf_append_cstr(out, " -H 'content-type:'");
    if (request->body.len > EXPECT_BODY_LEN && client == CLIENT_H1)
        buf_append_cstr(out, " -H 'expect:'");
}

/* What the client puts into Host: the authority of the URL as it is. */
static struct span authority_of(const struct runner_options *options)
{
    const char *scheme = strstr(options->url, "://");
    struct span authority = span_cstr(scheme ? scheme + 3 : options->url);
    authority.len = span_index_of(authority, '/', 0);
    return authority;
}

static void raw_bytes(struct buf *out, const struct raw_request *raw, const struct runner_options *options, bool tls)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"; /* and empty SETTINGS */
    struct field fields[MAX_RAW_FIELDS] = {{.name = span_cstr(MARKER_NAME), .value = span_cstr("by-hand")}};
    struct fields marker = {.items = fields, .count = 1};
    for (size_t i = 0; i < options->headers.count && marker.count < MAX_RAW_FIELDS; i++) {
        struct field field = options->headers.items[i];
        if (redact_is_secret_name(options->redact, field.name))
            field.value = span_cstr(COMMANDS_VALUE_HINT);
        if (!span_equal_nocase(field.name, span_cstr("host")))
            fields[marker.count++] = field;
    }
    const struct field *host = fields_find(&options->headers, "host");
    struct raw_words words = {
        .authority = host ? host->value : authority_of(options), .scheme = tls ? "https" : "http", .marker = &marker};
    struct buf bytes;
    buf_init(&bytes, 1u << 20);
    if (raw->frame_count > 0) { /* the frames wait for the server's SETTINGS */
        buf_append_cstr(out, "printf ");
        escape_printf(out, span_of(preface, sizeof preface - 1));
        buf_append_cstr(out, "; sleep 1; ");
    }
    raw_request_write(&bytes, raw, &words);
    buf_append_cstr(out, "printf ");
    escape_printf(out, buf_span(&bytes));
    buf_fini(&bytes);
}

/* curl would not send it: its bytes go through a pipe, and the connection stays open for the answer. */
static bool raw_command(struct buf *out, const struct runner_options *options, const struct raw_request *raw)
{
    char host[256];
    char place[sizeof host + 16];
    uint16_t port;
    bool tls;
    struct err err;
    bool frames = raw->frame_count > 0;
    if (address_parse_url(host, sizeof host, &port, &tls, options->url, &err) != ERR_OK)
        return false;
    buf_append_cstr(out, "(");
    raw_bytes(out, raw, options, tls);
    buf_append_cstr(out, "; sleep 2) | ");
    if (tls) {
        buf_append_cstr(out, frames ? "openssl s_client -quiet -alpn h2" : "openssl s_client -quiet");
        option(out, "-CAfile", options->cacert_file);
        option(out, "-cert", options->cert_file);
        option(out, "-key", options->key_file);
        snprintf(place, sizeof place, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
        option(out, "-connect", place);
    } else {
        buf_append_cstr(out, "nc");
        word(out, host);
        buf_printf(out, " %u", port);
    }
    buf_append_cstr(out, frames ? " | od -c" : "");
    return !out->failed;
}

bool commands_curl(struct buf *out, const struct runner_options *options, const struct testcase *testcase,
                   enum testcase_client client)
{
    const struct testcase_request *request = &testcase->request;
    if (raw_request_given(&request->raw))
        return raw_command(out, options, &request->raw);
    bool tls = strncmp(options->url, "https:", 6) == 0;
    body_source(out, options, testcase);
    buf_append_cstr(out, "curl -sv --path-as-is -g");
    if (client == CLIENT_H2)
        buf_append_cstr(out, tls ? " --http2" : " --http2-prior-knowledge");
    else
        buf_append_cstr(out, " --http1.1");
    if (options->insecure)
        buf_append_cstr(out, " -k");
    option(out, "--cacert", options->cacert_file);
    option(out, "--cert", options->cert_file);
    option(out, "--key", options->key_file);
    if (span_is(request->method, "HEAD")) {
        buf_append_cstr(out, " --head");
    } else {
        buf_append_cstr(out, " -X ");
        escape_shell(out, request->method);
    }
    without_fields(out, request, client);
    added_headers(out, "-H", options);
    for (size_t i = 0; i < request->headers.count; i++)
        header_word(out, &request->headers.items[i]);
    if (request->chunked)
        buf_append_cstr(out, client == CLIENT_H1 ? " -H 'transfer-encoding: chunked'" : "");
    struct buf url;
    buf_init(&url, 1u << 20);
    size_t url_len = strlen(options->url);
    buf_append(&url, options->url, url_len - (url_len && options->url[url_len - 1] == '/'));
    buf_append_span(&url, request->path);
    buf_append_byte(out, ' ');
    escape_shell(out, buf_span(&url));
    buf_fini(&url);
    body_words(out, request);
    return !out->failed;
}

bool commands_run(struct buf *out, const struct runner_options *options, const struct testcase *testcase,
                  enum testcase_client client)
{
    buf_append_cstr(out, "transcheck run");
    word(out, options->url);
    option(out, "--backend", options->backend);
    option(out, "--profile", options->profile);
    option(out, "--proxy-name", options->proxy_name);
    for (size_t i = 0; i < options->lacks_count; i++)
        option(out, "--lacks", options->lacks[i]);
    option(out, "--cases", options->cases);
    if (testcase->mode != MODE_TRANSCODER)
        option(out, "--mode", mode_name(testcase->mode));
    option(out, "--proxy-cmd", options->proxy_command);
    if (options->proxy_command)
        number_option(out, "--proxy-memory-mib", options->proxy_memory_mib, proxy_process_default_memory_mib());
    added_headers(out, "--header", options);
    option(out, "--cacert", options->cacert_file);
    option(out, "--cert", options->cert_file);
    option(out, "--key", options->key_file);
    if (options->insecure)
        buf_append_cstr(out, " --insecure");
    option(out, "--backend-cert", options->backend_cert_file);
    option(out, "--backend-key", options->backend_key_file);
    number_option(out, "--timeout-ms", options->timeout_ms, RUNNER_DEFAULT_TIMEOUT_MS);
    number_option(out, "--ready-timeout-ms", options->ready_timeout_ms, RUNNER_DEFAULT_READY_MS);
    number_option(out, "--repeat", options->repeat, 1);
    if (options->max_memory_mib)
        number_option(out, "--max-memory-mib", options->max_memory_mib, BUDGET_DEFAULT_MIB);
    option(out, "--waivers", options->waivers);
    if (options->strict)
        buf_append_cstr(out, " --strict");
    option(out, "--select", testcase->id);
    return buf_printf(out, " --client %s --verbose", client_name(client)) && !out->failed;
}

bool commands_backend(struct buf *out, const struct runner_options *options, const struct testcase *testcase)
{
    buf_append_cstr(out, "transcheck backend");
    option(out, "--listen", options->backend);
    option(out, "--cert", options->backend_cert_file);
    option(out, "--key", options->backend_key_file);
    option(out, "--cases", options->cases);
    option(out, "--case", testcase->id);
    return !out->failed;
}
