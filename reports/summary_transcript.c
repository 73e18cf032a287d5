/* What both sides of the proxy sent and received in one result, as text, and the commands that repeat it. */
#include <inttypes.h>

#include "harness/base/escape.h"
#include "harness/base/hex.h"
#include "harness/base/transcript.h"
#include "reports/results_reader_line.h"
#include "reports/summary_parts.h"

#define MAX_DATA     300 /* bytes of one payload */
#define MAX_COMMAND  (16u << 10)
#define INDENT       "           "
#define FURTHER      "\n                                 "
#define MAX_MESSAGES 10 /* of one event */

static struct span text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return span_of(json_string_value(value), json_string_length(value));
}

static uint64_t number_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* A string, or {"hex": "..."}. */
static void put_value(struct summary *s, const json_t *value)
{
    if (json_is_object(value))
        writer_put(&s->w, "hex:");
    value = json_is_object(value) ? json_object_get(value, "hex") : value;
    writer_text_cut(&s->w, span_of(json_string_value(value), json_string_length(value)), SUMMARY_MAX_TEXT);
}

static const json_t *field_of(const json_t *fields, const char *name)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *pair = json_array_get(fields, i);
        const char *here = json_string_value(json_array_get(pair, 0));
        if (here && strcmp(here, name) == 0)
            return json_array_get(pair, 1);
    }
    return NULL;
}

/* END_STREAM, or the end of an HTTP/1.1 message, comes with it. */
static const char *end_of(const json_t *event)
{
    return json_is_true(json_object_get(event, "end")) ? " (end)" : "";
}

/* The start line in the row of the event, then a row for each field. */
static void put_fields(struct summary *s, const json_t *event, const char *kind)
{
    const json_t *fields = json_object_get(event, "fields");
    static const char *const starts[] = {":status", ":method", ":path"};
    struct writer *w = &s->w;
    writer_put(w, kind);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        const json_t *value = field_of(fields, starts[i]);
        if (!value)
            continue;
        writer_put(w, " ");
        put_value(s, value);
    }
    writer_put(w, end_of(event));
    for (size_t i = 0; i < json_array_size(fields) && i < SUMMARY_MAX_FIELDS; i++) {
        const json_t *pair = json_array_get(fields, i);
        const char *name = json_string_value(json_array_get(pair, 0));
        bool shown = false;
        for (size_t j = 0; name && j < sizeof starts / sizeof starts[0]; j++)
            shown = shown || strcmp(name, starts[j]) == 0;
        if (shown)
            continue;
        writer_put(w, FURTHER "");
        put_value(s, json_array_get(pair, 0));
        writer_put(w, ": ");
        put_value(s, json_array_get(pair, 1));
    }
    if (json_array_size(fields) > SUMMARY_MAX_FIELDS)
        writer_printf(w, FURTHER "and %zu more fields", json_array_size(fields) - SUMMARY_MAX_FIELDS);
}

/* Text as text, all else as hexadecimal. */
static void put_bytes(struct summary *s, const json_t *event)
{
    struct writer *w = &s->w;
    struct span hex = text_of(event, "hex");
    uint64_t len = number_of(event, "len");
    struct buf bytes;
    buf_init(&bytes, MAX_DATA + 4);
    bool cut = hex.len > 2 * (size_t)MAX_DATA;
    hex_decode(&bytes, span_of(hex.data, cut ? 2 * (size_t)MAX_DATA : hex.len), NULL);
    writer_printf(w, "%" PRIu64 " %s%s", len, len == 1 ? "byte" : "bytes", end_of(event));
    bool text = bytes.len > 0 && !memchr(bytes.data, 0, bytes.len);
    size_t last = bytes.len > 3 && cut ? bytes.len - 3 : bytes.len; /* a character may be cut */
    text = text && escape_utf8_valid(span_of(bytes.data, last));
    if (bytes.len > 0) {
        writer_put(w, text ? ": " : ": hex ");
        writer_text(w, text ? span_of(bytes.data, last) : span_of(hex.data, 2 * bytes.len));
        writer_put(w, number_of(event, "len") > bytes.len ? " ..." : "");
    }
    buf_fini(&bytes);
}

static void put_messages(struct summary *s, const json_t *event)
{
    const json_t *messages = json_object_get(event, "messages");
    for (size_t i = 0; i < json_array_size(messages) && i < MAX_MESSAGES; i++) {
        const json_t *message = json_array_get(messages, i);
        bool failed = json_object_get(message, "error") != NULL;
        writer_printf(&s->w, FURTHER "%s ", failed ? "no message:" : "message");
        writer_text_cut(&s->w, text_of(message, failed ? "error" : "json"), SUMMARY_MAX_TEXT);
    }
    if (json_array_size(messages) > MAX_MESSAGES)
        writer_printf(&s->w, FURTHER "and %zu more messages", json_array_size(messages) - MAX_MESSAGES);
}

static void put_code(struct summary *s, const json_t *event, const char *what)
{
    writer_printf(&s->w, "%s ", what);
    if (json_object_get(event, "code_name"))
        writer_text_cut(&s->w, text_of(event, "code_name"), SUMMARY_MAX_TEXT);
    else
        writer_printf(&s->w, "%" PRIu64, number_of(event, "code"));
}

static void put_event(struct summary *s, const json_t *event)
{
    struct writer *w = &s->w;
    enum transcript_kind kind = TRANSCRIPT_NOTE;
    uint64_t at_us = number_of(event, "t");
    writer_printf(w, INDENT "%7" PRIu64 ".%" PRIu64 " ms  ", at_us / 1000, at_us / 100 % 10);
    struct span from = text_of(event, "from");
    writer_text_cut(w, from, SUMMARY_MAX_TEXT);
    writer_printf(w, "%*s", from.len < 9 ? (int)(9 - from.len) : 1, "");
    transcript_kind_from_name(text_of(event, "kind"), &kind);
    switch (kind) {
    case TRANSCRIPT_HEADERS:
    case TRANSCRIPT_TRAILERS:
        put_fields(s, event, transcript_kind_name(kind));
        break;
    case TRANSCRIPT_DATA:
        put_bytes(s, event);
        put_messages(s, event);
        break;
    case TRANSCRIPT_RAW:
        writer_put(w, "raw ");
        put_bytes(s, event);
        break;
    case TRANSCRIPT_RST:
        put_code(s, event, "RST_STREAM");
        break;
    case TRANSCRIPT_GOAWAY:
        put_code(s, event, "GOAWAY");
        break;
    default:
        writer_printf(w, "%s%s", transcript_kind_name(kind), end_of(event));
    }
    if (json_object_get(event, "note")) {
        writer_put(w, ": ");
        writer_text_cut(w, text_of(event, "note"), SUMMARY_MAX_TEXT);
    }
    writer_put(w, "\n");
}

static void put_side(struct summary *s, const json_t *side)
{
    const json_t *events = json_object_get(side, "events");
    size_t count = json_array_size(events);
    for (size_t i = 0; i < count; i++) {
        bool skipped = i >= SUMMARY_FIRST_EVENTS && i + SUMMARY_LAST_EVENTS < count;
        if (!skipped)
            put_event(s, json_array_get(events, i));
        else if (i == SUMMARY_FIRST_EVENTS)
            writer_printf(&s->w, INDENT "... %zu more\n", count - SUMMARY_FIRST_EVENTS - SUMMARY_LAST_EVENTS);
    }
    if (number_of(side, "dropped") > 0)
        writer_printf(&s->w, INDENT "and %" PRIu64 " that were not recorded\n", number_of(side, "dropped"));
}

static void put_client(struct summary *s, const struct results_case *item, const json_t *side)
{
    struct writer *w = &s->w;
    if (!side)
        return;
    writer_put(w, "\n         ");
    summary_begin(s, STYLE_BOLD);
    writer_put(w, "front, ");
    writer_text_cut(w, item->client, SUMMARY_MAX_TEXT);
    summary_end(s);
    writer_put(w, ": the response is ");
    writer_text_cut(w, text_of(side, "ending"), SUMMARY_MAX_TEXT);
    if (text_of(side, "detail").len > 0) {
        writer_put(w, ", ");
        writer_text_cut(w, text_of(side, "detail"), SUMMARY_MAX_TEXT);
    }
    writer_put(w, "\n");
    put_side(s, side);
}

static void put_backend(struct summary *s, const json_t *calls)
{
    struct writer *w = &s->w;
    size_t count = json_array_size(calls);
    for (size_t i = 0; i < count && i < SUMMARY_MAX_CALLS; i++) {
        const json_t *call = json_array_get(calls, i);
        writer_put(w, "         ");
        summary_begin(s, STYLE_BOLD);
        writer_printf(w, "backend, call %zu", i + 1);
        summary_end(s);
        writer_put(w, ": ");
        put_value(s, json_object_get(call, "path"));
        writer_put(w, json_is_true(json_object_get(call, "late")) ? ", late\n" : "\n");
        put_side(s, call);
    }
    if (count > SUMMARY_MAX_CALLS)
        writer_printf(w, "         and %zu more calls\n", count - SUMMARY_MAX_CALLS);
    if (count == 0)
        writer_put(w, "         backend: no call\n");
}

/* Whether a reason is about the exchange of this number. */
static bool is_blamed(const struct results_case *item, size_t number)
{
    char name[40];
    snprintf(name, sizeof name, "exchanges[%zu] ", number);
    for (size_t i = 0; i < item->reason_count; i++) {
        if (span_starts_with(item->reasons[i].path, name))
            return true;
    }
    return false;
}

/* Of a case with several exchanges: those beside the first, or of many those that the reasons are about. */
static void put_exchanges(struct summary *s, const struct results_case *item, const json_t *exchanges)
{
    size_t count = json_array_size(exchanges);
    size_t shown = 0;
    for (size_t i = 0; i < count && shown < SUMMARY_MAX_EXCHANGES; i++) {
        const json_t *exchange = json_array_get(exchanges, i);
        if (!json_object_get(exchange, "client_side")) /* cut away */
            continue;
        if (count > SUMMARY_MAX_EXCHANGES && !is_blamed(item, i + 2))
            continue;
        shown++;
        writer_printf(&s->w, "\n         exchange %zu of %zu", i + 2, count + 1);
        put_client(s, item, json_object_get(exchange, "client_side"));
        put_backend(s, json_object_get(exchange, "backend_side"));
    }
    if (count > SUMMARY_MAX_EXCHANGES)
        writer_printf(&s->w, "         and %zu more exchanges\n", count - shown);
}

/* What standard gRPC clients report of it, and what that means to whoever answers. */
static void put_words(struct summary *s, const json_t *words)
{
    const json_t *clients = json_object_get(words, "clients");
    struct writer *w = &s->w;
    if (!words)
        return;
    writer_put(w, "         gRPC clients say\n");
    for (size_t i = 0; i < json_array_size(clients) && i < MAX_MESSAGES; i++) {
        const json_t *client = json_array_get(clients, i);
        writer_put(w, "                 ");
        writer_text_cut(w, text_of(client, "name"), SUMMARY_MAX_TEXT);
        writer_put(w, " ");
        writer_text_cut(w, text_of(client, "versions"), SUMMARY_MAX_TEXT);
        writer_put(w, ": ");
        writer_text_cut(w, text_of(client, "code"), SUMMARY_MAX_TEXT);
        writer_put(w, text_of(client, "text").len > 0 ? ", " : "");
        writer_text_cut(w, text_of(client, "text"), SUMMARY_MAX_TEXT);
        writer_put(w, json_is_true(json_object_get(client, "continues")) ? "...\n" : "\n");
    }
    summary_row(s, "that is", text_of(words, "title"), STYLE_DIM, SUMMARY_MAX_TEXT);
    summary_row(s, "because", text_of(words, "why"), STYLE_DIM, SUMMARY_MAX_TEXT);
    summary_row(s, "change", text_of(words, "change"), STYLE_DIM, SUMMARY_MAX_TEXT);
}

void summary_transcripts(struct summary *s, const struct results_case *item)
{
    struct buf line;
    buf_init(&line, RESULTS_MAX_LINE);
    enum err_code code = results_case_line(s->results, item, &line, s->code == ERR_OK ? s->err : NULL);
    json_t *root =
        code == ERR_OK && line.len > 0 ? json_loadb((const char *)line.data, line.len, JSON_ALLOW_NUL, NULL) : NULL;
    s->code = s->code == ERR_OK ? code : s->code;
    if (json_object_get(root, "client_side")) {
        put_client(s, item, json_object_get(root, "client_side"));
        put_words(s, json_object_get(root, "client_words"));
        put_backend(s, json_object_get(root, "backend_side"));
        put_exchanges(s, item, json_object_get(root, "exchanges"));
    }
    const json_t *commands = json_object_get(root, "commands");
    summary_row(s, "by hand", text_of(commands, "backend"), STYLE_CYAN, MAX_COMMAND);
    summary_row(s, text_of(commands, "backend").len > 0 ? "and" : "by hand", item->curl, STYLE_CYAN, MAX_COMMAND);
    summary_row(s, "repeat", item->run_command, STYLE_CYAN, MAX_COMMAND);
    json_decref(root);
    buf_fini(&line);
}
