/* Checks the shape of one line of results, and takes a case from it. */
#include "reports/results_reader_line.h"

#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/base/transcript.h"

#define MAX_POINTER 256

void results_line_fail(struct results_line *line, enum err_code code, const char *at, const char *format, ...)
{
    if (line->code != ERR_OK)
        return;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    line->code = err_set(line->err, code, "%.200s:%llu: %s%s%s", line->source, (unsigned long long)line->number, at,
                         *at ? ": " : "", text);
}

json_t *results_line_parse(struct results_line *line, struct span bytes)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root) {
        /* jansson quotes the input in its message. */
        struct buf safe;
        buf_init(&safe, 1024);
        escape_terminal(&safe, span_cstr(error.text));
        results_line_fail(line, ERR_SYNTAX, "", "not JSON: column %d: %s", error.column,
                          safe.data ? (const char *)safe.data : "");
        buf_fini(&safe);
        return NULL;
    }
    if (!json_is_object(root)) {
        results_line_fail(line, ERR_SYNTAX, "", "not a JSON object");
        json_decref(root);
        return NULL;
    }
    return root;
}

/* The member, or NULL when it is absent and may be, or when something is wrong. */
static const json_t *member(struct results_line *line, const json_t *object, const char *at, const char *key,
                            enum results_presence presence)
{
    if (line->code != ERR_OK)
        return NULL;
    const json_t *value = json_object_get(object, key);
    if (value && !(presence == RESULTS_OPTIONAL && json_is_null(value)))
        return value;
    if (presence == RESULTS_REQUIRED)
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is missing", key);
    return NULL;
}

static struct span keep(struct results_line *line, const char *data, size_t len)
{
    struct span copy = arena_dup(line->arena, span_of(data, len));
    if (!copy.data)
        results_line_fail(line, ERR_LIMIT, "", "the results hold more than %u MiB of text", RESULTS_MAX_MEMORY >> 20);
    return copy;
}

struct span results_line_text(struct results_line *line, const json_t *object, const char *at, const char *key,
                              enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (!value)
        return span_of(NULL, 0);
    if (!json_is_string(value)) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not a string", key);
        return span_of(NULL, 0);
    }
    return keep(line, json_string_value(value), json_string_length(value));
}

static bool is_hex(const json_t *value)
{
    if (!json_is_string(value) || json_string_length(value) % 2 != 0)
        return false;
    const char *text = json_string_value(value);
    return strspn(text, "0123456789abcdefABCDEF") == json_string_length(value);
}

/* Valid UTF-8 stands as a string, everything else as {"hex": "..."}. */
static bool is_bytes(const json_t *value)
{
    return json_is_string(value) || (json_is_object(value) && is_hex(json_object_get(value, "hex")));
}

struct span results_line_bytes(struct results_line *line, const json_t *object, const char *at, const char *key,
                               enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (!value)
        return span_of(NULL, 0);
    if (!is_bytes(value)) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is neither a string nor {\"hex\": \"...\"}", key);
        return span_of(NULL, 0);
    }
    if (json_is_string(value))
        return keep(line, json_string_value(value), json_string_length(value));
    char *text = arena_printf(line->arena, "hex:%s", json_string_value(json_object_get(value, "hex")));
    if (!text)
        return keep(line, NULL, RESULTS_MAX_MEMORY);
    return span_cstr(text);
}

uint64_t results_line_number(struct results_line *line, const json_t *object, const char *at, const char *key,
                             enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (!value)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not a whole number from 0", key);
        return 0;
    }
    return (uint64_t)json_integer_value(value);
}

bool results_line_bool(struct results_line *line, const json_t *object, const char *at, const char *key,
                       enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (value && !json_is_boolean(value))
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is neither true nor false", key);
    return json_is_true(value);
}

const json_t *results_line_list(struct results_line *line, const json_t *object, const char *at, const char *key,
                                enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (value && !json_is_array(value)) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not a list", key);
        return NULL;
    }
    return value;
}

const json_t *results_line_object(struct results_line *line, const json_t *object, const char *at, const char *key,
                                  enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (value && !json_is_object(value)) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not an object", key);
        return NULL;
    }
    return value;
}

const struct span *results_line_texts(struct results_line *line, const json_t *object, const char *at, const char *key,
                                      enum results_presence presence, size_t *count)
{
    *count = 0;
    const json_t *list = results_line_list(line, object, at, key, presence);
    size_t size = json_array_size(list);
    if (size == 0)
        return NULL;
    struct span *texts = arena_calloc(line->arena, size, sizeof *texts);
    if (!texts) {
        keep(line, NULL, RESULTS_MAX_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < size && line->code == ERR_OK; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_string(value)) {
            results_line_fail(line, ERR_SYNTAX, at, "\"%s\" holds something that is not a string (%zu)", key, i);
            return NULL;
        }
        texts[i] = keep(line, json_string_value(value), json_string_length(value));
    }
    *count = size;
    return texts;
}

/* ---- closed lists of names */

/* Each answers whether the format knows a name. */
typedef bool known_fn(struct span name);

static bool known_verdict(struct span name)
{
    enum verdict verdict;
    return verdict_from_name(name, &verdict);
}

static bool known_level(struct span name)
{
    enum level level;
    return level_from_name(name, &level);
}

static bool known_client(struct span name)
{
    enum testcase_client client;
    return client_from_name(name, &client);
}

static bool known_axis(struct span name)
{
    enum reason_axis axis;
    return axis_from_name(name, &axis);
}

static bool known_event_kind(struct span name)
{
    enum transcript_kind kind;
    return transcript_kind_from_name(name, &kind);
}

static bool known_actor(struct span name)
{
    enum transcript_actor actor;
    return transcript_actor_from_name(name, &actor);
}

static bool known_protocol(struct span name)
{
    return span_is(name, "HTTP/2") || span_is(name, "HTTP/1.1") || span_is(name, "HTTP/1.0");
}

static bool known_loss(struct span name)
{
    return span_is(name, "fin") || span_is(name, "rst");
}

/* A member whose value is one of the known names; a view of the parsed line. Empty when it is absent or wrong. */
static struct span check_name(struct results_line *line, const json_t *object, const char *at, const char *key,
                              known_fn *known, enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (!value)
        return span_of(NULL, 0);
    struct span name = span_of(json_string_value(value), json_string_length(value));
    if (!json_is_string(value)) {
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not a string", key);
    } else if (!known(name)) {
        struct buf safe;
        buf_init(&safe, 512);
        escape_terminal_cut(&safe, name, 60);
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" has the unknown value \"%s\"", key,
                          safe.data ? (const char *)safe.data : "");
        buf_fini(&safe);
    }
    return name;
}

enum verdict results_line_verdict(struct results_line *line, const json_t *object, const char *at, const char *key,
                                  enum results_presence presence)
{
    enum verdict verdict = VERDICT_NONE;
    verdict_from_name(check_name(line, object, at, key, known_verdict, presence), &verdict);
    return verdict;
}

static void check_text(struct results_line *line, const json_t *object, const char *at, const char *key,
                       enum results_presence presence)
{
    const json_t *value = member(line, object, at, key, presence);
    if (value && !json_is_string(value))
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is not a string", key);
}

static void check_object(struct results_line *line, const json_t *value, const char *at)
{
    if (!json_is_object(value))
        results_line_fail(line, ERR_SYNTAX, at, "not an object");
}

/* ---- transcripts: checked, not kept */

static void check_fields(struct results_line *line, const json_t *event, const char *at)
{
    const json_t *fields = results_line_list(line, event, at, "fields", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(fields) && line->code == ERR_OK; i++) {
        const json_t *pair = json_array_get(fields, i);
        if (json_array_size(pair) != 2 || !is_bytes(json_array_get(pair, 0)) || !is_bytes(json_array_get(pair, 1)))
            results_line_fail(line, ERR_SYNTAX, at, "field %zu is not a pair of name and value", i);
    }
}

static void check_messages(struct results_line *line, const json_t *event, const char *at)
{
    const json_t *messages = results_line_list(line, event, at, "messages", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(messages) && line->code == ERR_OK; i++) {
        const json_t *message = json_array_get(messages, i);
        check_object(line, message, at);
        results_line_number(line, message, at, "flags", RESULTS_REQUIRED);
        results_line_number(line, message, at, "len", RESULTS_REQUIRED);
        results_line_bool(line, message, at, "cut", RESULTS_OPTIONAL);
        check_text(line, message, at, "json", RESULTS_OPTIONAL);
        check_text(line, message, at, "error", RESULTS_OPTIONAL);
    }
}

static void check_events(struct results_line *line, const json_t *side, const char *at)
{
    const json_t *events = results_line_list(line, side, at, "events", RESULTS_REQUIRED);
    for (size_t i = 0; i < json_array_size(events) && line->code == ERR_OK; i++) {
        const json_t *event = json_array_get(events, i);
        char here[MAX_POINTER];
        snprintf(here, sizeof here, "%s/events/%zu", at, i);
        check_object(line, event, here);
        results_line_number(line, event, here, "t", RESULTS_REQUIRED);
        check_name(line, event, here, "from", known_actor, RESULTS_REQUIRED);
        check_name(line, event, here, "kind", known_event_kind, RESULTS_REQUIRED);
        results_line_number(line, event, here, "conn", RESULTS_OPTIONAL);
        results_line_number(line, event, here, "stream", RESULTS_OPTIONAL);
        results_line_bool(line, event, here, "end", RESULTS_OPTIONAL);
        results_line_number(line, event, here, "len", RESULTS_OPTIONAL);
        results_line_number(line, event, here, "code", RESULTS_OPTIONAL);
        check_text(line, event, here, "code_name", RESULTS_OPTIONAL);
        check_text(line, event, here, "note", RESULTS_OPTIONAL);
        const json_t *hex = member(line, event, here, "hex", RESULTS_OPTIONAL);
        if (hex && !is_hex(hex))
            results_line_fail(line, ERR_SYNTAX, here, "\"hex\" is not hexadecimal");
        check_fields(line, event, here);
        check_messages(line, event, here);
    }
}

static void check_bytes(struct results_line *line, const json_t *object, const char *at, const char *key)
{
    const json_t *value = member(line, object, at, key, RESULTS_REQUIRED);
    if (value && !is_bytes(value))
        results_line_fail(line, ERR_SYNTAX, at, "\"%s\" is neither a string nor {\"hex\": \"...\"}", key);
}

static void check_client_side(struct results_line *line, const json_t *object, const char *above)
{
    char at[MAX_POINTER];
    snprintf(at, sizeof at, "%s/client_side", above);
    const json_t *side = results_line_object(line, object, above, "client_side", RESULTS_OPTIONAL);
    if (!side)
        return;
    check_text(line, side, at, "ending", RESULTS_REQUIRED);
    check_text(line, side, at, "detail", RESULTS_OPTIONAL);
    results_line_number(line, side, at, "status", RESULTS_OPTIONAL);
    results_line_number(line, side, at, "http", RESULTS_OPTIONAL);
    results_line_number(line, side, at, "body_len", RESULTS_OPTIONAL);
    results_line_bool(line, side, at, "cut", RESULTS_OPTIONAL);
    results_line_number(line, side, at, "dropped", RESULTS_OPTIONAL);
    check_events(line, side, at);
}

static void check_backend_side(struct results_line *line, const json_t *object, const char *above)
{
    const json_t *calls = results_line_list(line, object, above, "backend_side", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(calls) && line->code == ERR_OK; i++) {
        const json_t *call = json_array_get(calls, i);
        char at[MAX_POINTER];
        snprintf(at, sizeof at, "%s/backend_side/%zu", above, i);
        check_object(line, call, at);
        check_bytes(line, call, at, "path");
        check_name(line, call, at, "protocol", known_protocol, RESULTS_OPTIONAL);
        results_line_bool(line, call, at, "half_closed", RESULTS_OPTIONAL);
        results_line_bool(line, call, at, "late", RESULTS_OPTIONAL);
        results_line_number(line, call, at, "reset", RESULTS_OPTIONAL);
        check_name(line, call, at, "connection_lost", known_loss, RESULTS_OPTIONAL);
        results_line_number(line, call, at, "body_len", RESULTS_OPTIONAL);
        results_line_bool(line, call, at, "cut", RESULTS_OPTIONAL);
        results_line_number(line, call, at, "dropped", RESULTS_OPTIONAL);
        check_events(line, call, at);
    }
}

static void check_exchanges(struct results_line *line, const json_t *object)
{
    const json_t *list = results_line_list(line, object, "", "exchanges", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(list) && line->code == ERR_OK; i++) {
        const json_t *exchange = json_array_get(list, i);
        char at[MAX_POINTER];
        snprintf(at, sizeof at, "/exchanges/%zu", i);
        check_object(line, exchange, at);
        const json_t *request = results_line_object(line, exchange, at, "request", RESULTS_OPTIONAL);
        if (request) {
            check_bytes(line, request, at, "method");
            check_bytes(line, request, at, "path");
        }
        results_line_number(line, exchange, at, "calls_not_recorded", RESULTS_OPTIONAL);
        check_client_side(line, exchange, at);
        check_backend_side(line, exchange, at);
    }
}

/* ---- a case */

static const struct results_reason *read_reasons(struct results_line *line, const json_t *object, const char *at,
                                                 size_t *count)
{
    *count = 0;
    const json_t *list = results_line_list(line, object, at, "reasons", RESULTS_REQUIRED);
    size_t size = json_array_size(list);
    if (size > RESULTS_MAX_REASONS)
        size = RESULTS_MAX_REASONS;
    if (size == 0)
        return NULL;
    struct results_reason *reasons = arena_calloc(line->arena, size, sizeof *reasons);
    if (!reasons) {
        keep(line, NULL, RESULTS_MAX_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < size && line->code == ERR_OK; i++) {
        char here[MAX_POINTER];
        snprintf(here, sizeof here, "%s/reasons/%zu", at, i);
        const json_t *reason = json_array_get(list, i);
        check_object(line, reason, here);
        check_name(line, reason, here, "axis", known_axis, RESULTS_REQUIRED);
        reasons[i].axis = results_line_text(line, reason, here, "axis", RESULTS_REQUIRED);
        reasons[i].kind = results_line_text(line, reason, here, "kind", RESULTS_REQUIRED);
        reasons[i].path = results_line_text(line, reason, here, "path", RESULTS_OPTIONAL);
        reasons[i].otherwise =
            results_line_texts(line, reason, here, "otherwise", RESULTS_OPTIONAL, &reasons[i].otherwise_count);
        reasons[i].waived = results_line_bool(line, reason, here, "waived", RESULTS_OPTIONAL);
        reasons[i].expected = results_line_text(line, reason, here, "expected", RESULTS_OPTIONAL);
        reasons[i].observed = results_line_text(line, reason, here, "observed", RESULTS_OPTIONAL);
    }
    *count = size;
    return reasons;
}

static size_t check_attempts(struct results_line *line, const json_t *object)
{
    const json_t *list = results_line_list(line, object, "", "attempts", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(list) && line->code == ERR_OK; i++) {
        char here[MAX_POINTER];
        snprintf(here, sizeof here, "/attempts/%zu", i);
        const json_t *attempt = json_array_get(list, i);
        check_object(line, attempt, here);
        check_name(line, attempt, here, "verdict", known_verdict, RESULTS_REQUIRED);
        check_text(line, attempt, here, "note", RESULTS_OPTIONAL);
        size_t count = 0;
        read_reasons(line, attempt, here, &count);
        results_line_number(line, attempt, here, "reasons_omitted", RESULTS_OPTIONAL);
    }
    return json_array_size(list);
}

static void read_health(struct results_line *line, const json_t *object, struct results_case *item)
{
    const json_t *health = results_line_object(line, object, "", "health", RESULTS_OPTIONAL);
    if (!health)
        return;
    results_line_bool(line, health, "/health", "asked", RESULTS_OPTIONAL);
    results_line_bool(line, health, "/health", "healthy", RESULTS_REQUIRED);
    results_line_number(line, health, "/health", "attempts", RESULTS_OPTIONAL);
    bool died = results_line_bool(line, health, "/health", "process_died", RESULTS_OPTIONAL);
    struct span detail = results_line_text(line, health, "/health", "detail", RESULTS_OPTIONAL);
    if (died)
        item->death = detail.len > 0 ? detail : span_cstr("the proxy died");
    item->output = results_line_text(line, health, "/health", "output", RESULTS_OPTIONAL);
}

static void read_request(struct results_line *line, const json_t *object, struct results_case *item)
{
    const json_t *request = results_line_object(line, object, "", "request", RESULTS_OPTIONAL);
    if (request) {
        item->method = results_line_bytes(line, request, "/request", "method", RESULTS_REQUIRED);
        item->path = results_line_bytes(line, request, "/request", "path", RESULTS_REQUIRED);
    }
    const json_t *waiver = results_line_object(line, object, "", "waiver", RESULTS_OPTIONAL);
    if (waiver) {
        item->waiver_reason = results_line_text(line, waiver, "/waiver", "reason", RESULTS_REQUIRED);
        (void)results_line_text(line, waiver, "/waiver", "link", RESULTS_OPTIONAL); /* checked; no report shows it */
        item->waiver_problem = results_line_text(line, waiver, "/waiver", "problem", RESULTS_OPTIONAL);
    }
    const json_t *commands = results_line_object(line, object, "", "commands", RESULTS_OPTIONAL);
    if (commands) {
        item->curl = results_line_text(line, commands, "/commands", "curl", RESULTS_OPTIONAL);
        item->run_command = results_line_text(line, commands, "/commands", "run", RESULTS_OPTIONAL);
        (void)results_line_text(line, commands, "/commands", "backend", RESULTS_OPTIONAL);
    }
}

void results_line_case(struct results_line *line, const json_t *object, struct results_case *item, struct span *topic)
{
    item->id = results_line_text(line, object, "", "id", RESULTS_REQUIRED);
    item->version = results_line_number(line, object, "", "version", RESULTS_REQUIRED);
    *topic = results_line_text(line, object, "", "topic", RESULTS_REQUIRED);
    check_name(line, object, "", "client", known_client, RESULTS_REQUIRED);
    item->client = results_line_text(line, object, "", "client", RESULTS_REQUIRED);
    item->title = results_line_text(line, object, "", "title", RESULTS_REQUIRED);
    item->why = results_line_text(line, object, "", "why", RESULTS_OPTIONAL);
    item->note = results_line_text(line, object, "", "note", RESULTS_OPTIONAL);
    item->cites = results_line_texts(line, object, "", "cites", RESULTS_REQUIRED, &item->cite_count);
    size_t behaviours = 0;
    results_line_texts(line, object, "", "behaviours", RESULTS_OPTIONAL, &behaviours);
    level_from_name(check_name(line, object, "", "level", known_level, RESULTS_REQUIRED), &item->level);
    item->verdict = results_line_verdict(line, object, "", "verdict", RESULTS_REQUIRED);
    item->duration_us = results_line_number(line, object, "", "duration_us", RESULTS_REQUIRED);
    results_line_number(line, object, "", "repeated", RESULTS_OPTIONAL);
    item->revision = results_line_number(line, object, "", "revision", RESULTS_OPTIONAL) > 0;
    results_line_number(line, object, "", "calls_not_recorded", RESULTS_OPTIONAL);
    item->reasons = read_reasons(line, object, "", &item->reason_count);
    item->reasons_omitted = results_line_number(line, object, "", "reasons_omitted", RESULTS_OPTIONAL);
    item->attempt_count = check_attempts(line, object);
    read_request(line, object, item);
    check_client_side(line, object, "");
    check_backend_side(line, object, "");
    check_exchanges(line, object);
    read_health(line, object, item);
    if (line->code == ERR_OK && item->id.len == 0)
        results_line_fail(line, ERR_SYNTAX, "", "\"id\" is empty");
    if (line->code == ERR_OK && verdict_standing(item->verdict) == STANDING_FAILED && item->reason_count == 0)
        results_line_fail(line, ERR_SYNTAX, "", "a failure without a reason");
}
