/* Writes the lines of the results stream: the run, its cases, events and totals. */
#include "harness/run/results_writer.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "harness/run/results_client_words.h"
#include "harness/run/results_fit.h"
#include "harness/run/results_redact.h"
#include "harness/run/results_writer_json.h"

struct results_writer {
    FILE *file;
    FILE *copy;
    const struct redact *redact;
    const struct schema *schema;
    const struct runner_options *options; /* of the run; NULL: no commands */
    int error;                            /* errno of the first line that `file` lacks */
    size_t pairs_left;
    size_t text_left;  /* of RESULTS_MAX_TEXT */
    size_t bytes_left; /* of what RESULTS_MAX_RUN_BYTES leaves to case lines */
    size_t event_bytes_left;
    size_t events;
    size_t events_omitted;
};

static_assert(CHECK_MAX_REASONS <= RESULTS_MAX_REASONS, "reasons of a case");
static const struct results_room whole_line = {.text = RESULTS_MAX_LINE, .line = RESULTS_MAX_LINE};
static const struct results_room event_line = {.text = RESULTS_MAX_EVENT_LINE, .line = RESULTS_MAX_EVENT_LINE};

enum err_code results_writer_new(struct results_writer **out, FILE *file, FILE *copy, const struct redact *redact,
                                 const struct schema *schema, struct err *err)
{
    struct results_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    writer->file = file;
    writer->copy = copy;
    writer->redact = redact;
    writer->schema = schema;
    writer->text_left = RESULTS_MAX_TEXT - RESULTS_CORRECTIONS_TEXT;
    writer->bytes_left =
        RESULTS_MAX_RUN_BYTES - 2 * (size_t)RESULTS_MAX_LINE - RESULTS_MAX_EVENT_BYTES - RESULTS_CORRECTIONS_TEXT;
    writer->event_bytes_left = RESULTS_MAX_EVENT_BYTES;
    *out = writer;
    return ERR_OK;
}

void results_writer_free(struct results_writer *writer)
{
    free(writer);
}

void results_writer_set_options(struct results_writer *writer, const struct runner_options *options)
{
    writer->options = options;
}

static bool fail(struct results_writer *writer, int error)
{
    if (writer->error == 0)
        writer->error = error ? error : EIO;
    return false;
}

static bool put_line(FILE *file, const char *text)
{
    return fputs(text, file) != EOF && fputc('\n', file) != EOF && fflush(file) == 0;
}

/* A line as it will be written, without its newline; NULL when out of memory. */
static char *line_text(const struct results_writer *writer, json_t *line, const struct results_room *room,
                       size_t *text_len)
{
    bool good = line && results_redact(line, writer->redact);
    char *text = good ? results_fit(line, room, text_len) : NULL;
    json_decref(line);
    return text;
}

/* The one place through which all results pass: one line, to both files, and at once on disk for whoever follows it.
 * What one of the files meets is not the other's loss. Takes `text`. */
static bool write_text(struct results_writer *writer, char *text)
{
    if (!text)
        return fail(writer, ENOMEM);
    if (writer->file && !put_line(writer->file, text)) {
        fail(writer, errno);
        writer->file = NULL; /* it may end within a line */
    }
    if (writer->copy && !put_line(writer->copy, text))
        writer->copy = NULL; /* its owner knows why: it is an output of the user's (base/output.h) */
    free(text);
    return writer->error == 0;
}

static bool write_line(struct results_writer *writer, json_t *line)
{
    size_t text_len;
    return write_text(writer, line_text(writer, line, &whole_line, &text_len));
}

int results_writer_error(const struct results_writer *writer)
{
    return writer->error;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, result_text(span_cstr(text)));
}

/* ---- the run */

static json_t *options_json(const char *const *options)
{
    json_t *list = json_array();
    bool secret = false;
    for (size_t i = 0; options && options[i]; i++) {
        const char *text = secret ? "[redacted]" : options[i];
        secret = strcmp(options[i], "--header") == 0;
        if (strncmp(options[i], "--header=", 9) == 0)
            text = "--header=[redacted]";
        json_array_append_new(list, result_text(span_cstr(text)));
    }
    return list;
}

static json_t *topics_json(const struct suite *suite)
{
    json_t *list = json_array();
    for (size_t i = 0; i < suite_topic_count(suite); i++) {
        const struct testcase_topic *topic = suite_topic_at(suite, i);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "name", topic->name, "title",
                                        topic->title ? topic->title : "", "about", topic->about ? topic->about : ""));
    }
    return list;
}

bool results_writer_run(struct results_writer *writer, const struct result_run *run, const struct result_pair *planned,
                        size_t count)
{
    char started[32];
    writer->pairs_left = count;
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_t *clients = json_array();
    for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
        if (run->clients & client)
            json_array_append_new(clients, json_string(client_name((enum testcase_client)client)));
    }
    json_t *pairs = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(pairs, json_pack("[s, s]", planned[i].testcase->id, client_name(planned[i].client)));
    json_t *line = json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:o, s:o}", "type",
                             "run", "format", 1, "transcheck", TRANSCHECK_VERSION, "started", started, "url",
                             result_text(span_cstr(run->url)), "backend", run->backend, "profile", "name",
                             profile_name(run->profile), "title", profile_title(run->profile), "version",
                             profile_version(run->profile), "options", options_json(run->options), "clients", clients,
                             "libraries", result_libraries(), "topics", topics_json(run->suite), "planned", pairs);
    set_text(line, "proxy_name", run->proxy_name);
    return write_line(writer, line);
}

static json_t *event_json(uint64_t at_us, const char *text)
{
    return json_pack("{s:s, s:I, s:o}", "type", "event", "t", (json_int_t)at_us, "text", result_text(span_cstr(text)));
}

static bool write_event(struct results_writer *writer, json_t *line, size_t max_events)
{
    size_t text_len;
    char *made = line_text(writer, line, &event_line, &text_len);
    size_t size = made ? strlen(made) + 1 : 0;
    if (!made || (writer->events < max_events && size <= writer->event_bytes_left)) {
        writer->events++;
        writer->event_bytes_left -= size;
        return write_text(writer, made);
    }
    writer->events_omitted++;
    free(made);
    return writer->error == 0;
}

bool results_writer_event(struct results_writer *writer, uint64_t at_us, const char *text, const char *output)
{
    json_t *line = event_json(at_us, text);
    set_text(line, "output", output && *output ? output : NULL);
    return write_event(writer, line, RESULTS_MAX_EVENTS - RESULTS_MAX_FINDINGS);
}

bool results_writer_finding(struct results_writer *writer, uint64_t at_us, enum verdict verdict, const char *text)
{
    json_t *line = event_json(at_us, text);
    set_text(line, "verdict", verdict_name(verdict));
    return write_event(writer, line, RESULTS_MAX_EVENTS);
}

/* ---- a case */

static json_t *list_json(const char *const *items)
{
    json_t *list = json_array();
    for (size_t i = 0; items && items[i]; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *otherwise_json(const char *const *items)
{
    json_t *list = json_array();
    for (size_t i = 0; items[i]; i++)
        json_array_append_new(list, result_text(span_cstr(items[i])));
    return list;
}

/* `waiver` may be NULL. */
static json_t *reason_json(const struct reason *reason, const struct waiver *waiver)
{
    json_t *item = json_pack("{s:s, s:s}", "axis", axis_name(reason->axis), "kind", reason_kind_name(reason->kind));
    set_text(item, "path", reason->path);
    set_text(item, "expected", reason->expected ? reason->expected : "");
    set_text(item, "observed", reason->observed ? reason->observed : "");
    if (reason->otherwise && reason->otherwise[0])
        json_object_set_new(item, "otherwise", otherwise_json(reason->otherwise));
    if (waiver && waiver_excuses(waiver, reason))
        json_object_set_new(item, "waived", json_true());
    return item;
}

static json_t *reasons_json(const struct check_result *result, const struct waiver *waiver)
{
    json_t *list = json_array();
    for (size_t i = 0; result && i < result->reason_count; i++)
        json_array_append_new(list, reason_json(&result->reasons[i], waiver));
    return list;
}

static void set_omitted(json_t *object, const struct check_result *result)
{
    if (result && result->reasons_omitted > 0)
        json_object_set_new(object, "reasons_omitted", json_integer((json_int_t)result->reasons_omitted));
}

char *result_attempt_text(enum verdict verdict, const char *note, const struct check_result *result)
{
    json_t *attempt = json_pack("{s:s, s:o}", "verdict", verdict_name(verdict), "reasons", reasons_json(result, NULL));
    set_omitted(attempt, result);
    set_text(attempt, "note", note);
    char *text = attempt ? json_dumps(attempt, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(attempt);
    return text;
}

static void set_attempts(json_t *line, const struct result_case *result)
{
    if (result->attempt_count == 0)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < result->attempt_count; i++) {
        json_t *attempt = json_loads(result->attempts[i], 0, NULL);
        if (attempt)
            json_array_append_new(list, attempt);
    }
    json_object_set_new(line, "attempts", list);
}

static void set_waiver(json_t *line, const struct waiver *waiver, const char *problem)
{
    if (!waiver)
        return;
    json_t *made = json_object();
    set_text(made, "reason", waiver->reason);
    set_text(made, "link", waiver->link);
    set_text(made, "problem", problem);
    json_object_set_new(line, "waiver", made);
}

static void set_command(json_t *commands, const char *key, struct buf *text)
{
    if (!text->failed && text->len > 0)
        json_object_set_new(commands, key, result_text(buf_span(text)));
    buf_reset(text);
}

static void set_commands(struct results_writer *writer, json_t *line, const struct result_case *result)
{
    const struct runner_options *options = writer->options;
    if (!options)
        return;
    json_t *commands = json_object();
    struct buf text;
    buf_init(&text, 1u << 20);
    commands_run(&text, options, result->testcase, result->client);
    set_command(commands, "run", &text);
    if (result->testcase->exchange_count == 0) { /* several at once are too much for one curl */
        commands_curl(&text, options, result->testcase, result->client);
        set_command(commands, "curl", &text);
        commands_backend(&text, options, result->testcase);
        set_command(commands, "backend", &text);
    }
    buf_fini(&text);
    json_object_set_new(line, "commands", commands);
}

static void set_request(json_t *line, const struct testcase *testcase)
{
    json_t *request = json_object();
    json_object_set_new(request, "method", result_text(testcase->request.method));
    json_object_set_new(request, "path", result_text(testcase->request.path));
    json_object_set_new(line, "request", request);
}

/* Times are since the case began, in each of its exchanges. */
static void set_sides(struct results_writer *writer, json_t *line, const struct exchange *exchange)
{
    if (!exchange)
        return;
    uint64_t start_us = exchange_member(exchange, 0)->start_us;
    json_t *words = result_client_words(exchange->plan->testcase, &exchange->response);
    if (words)
        json_object_set_new(line, "client_words", words);
    json_object_set_new(line, "client_side",
                        result_client_side(&exchange->response, exchange->plan->testcase, start_us));
    json_t *calls = json_array();
    for (const struct call_seen *call = exchange->calls; call; call = call->next)
        json_array_append_new(calls, result_call(call, start_us, writer->schema));
    json_object_set_new(line, "backend_side", calls);
    if (exchange->call_count > EXCHANGE_MAX_CALLS)
        json_object_set_new(line, "calls_not_recorded", json_integer(exchange->call_count - EXCHANGE_MAX_CALLS));
}

/* Of a group that did not pass, those after the first. */
static void set_exchanges(struct results_writer *writer, json_t *line, const struct result_case *result)
{
    const struct exchange *first = result->exchange;
    if (!first || !first->group || verdict_standing(result->verdict) == STANDING_PASSED)
        return;
    json_t *list = json_array();
    for (size_t i = 1; i < exchange_count(first); i++) {
        const struct exchange *exchange = exchange_member(first, i);
        json_t *item = json_object();
        set_request(item, exchange->plan->testcase);
        set_sides(writer, item, exchange);
        json_array_append_new(list, item);
    }
    json_object_set_new(line, "exchanges", list);
}

static void set_health(json_t *line, const struct health_seen *health)
{
    if (!health || (!health->asked && !health->process_died))
        return;
    json_t *item = json_pack("{s:b, s:b, s:i}", "asked", health->asked, "healthy", health->healthy, "attempts",
                             (int)health->attempts);
    set_text(item, "detail", health->detail ? health->detail : "");
    if (health->process_died)
        json_object_set_new(item, "process_died", json_true());
    if (health->output && *health->output)
        set_text(item, "output", health->output);
    json_object_set_new(line, "health", item);
}

/* What is left when every case that is still to come gets what it is sure of. */
static size_t share(size_t left, size_t pairs_left, size_t most)
{
    size_t kept = pairs_left > 0 ? (pairs_left - 1) * RESULTS_CASE_TEXT : 0;
    size_t mine = left > kept ? left - kept : 0;
    return mine < RESULTS_CASE_TEXT ? RESULTS_CASE_TEXT : mine < most ? mine : most;
}

/* `expected`: it is one of the lines for which room was kept. */
static bool write_case(struct results_writer *writer, json_t *line, struct result_place *place, bool expected)
{
    struct results_room room = {.text = share(writer->text_left, writer->pairs_left, RESULTS_MAX_CASE_TEXT),
                                .line = share(writer->bytes_left, writer->pairs_left, RESULTS_MAX_LINE)};
    size_t text_len = 0;
    char *text = line_text(writer, line, &room, &text_len);
    size_t size = text ? strlen(text) + 1 : 0;
    writer->text_left -= text_len < writer->text_left ? text_len : writer->text_left;
    writer->bytes_left -= size < writer->bytes_left ? size : writer->bytes_left;
    writer->pairs_left -= expected && writer->pairs_left > 0;
    if (place && writer->file && size > 0)
        *place = (struct result_place){.offset = ftello(writer->file), .len = size - 1};
    return write_text(writer, text);
}

bool results_writer_case(struct results_writer *writer, const struct result_case *result)
{
    const struct testcase *testcase = result->testcase;
    json_t *line =
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:I}", "type", "case", "id",
                  testcase->id, "version", (int)testcase->version, "topic", testcase->topic, "client",
                  client_name(result->client), "level", level_name(testcase->level), "title", testcase->title, "why",
                  testcase->why, "cites", list_json(testcase->cites), "behaviours", list_json(testcase->behaviours),
                  "verdict", verdict_name(result->verdict), "reasons", reasons_json(result->result, result->waiver),
                  "duration_us", (json_int_t)result->duration_us);
    if (!line)
        return write_line(writer, NULL);
    set_request(line, testcase);
    set_omitted(line, result->result);
    set_text(line, "note", result->note);
    if (result->repeated > 1)
        json_object_set_new(line, "repeated", json_integer(result->repeated));
    if (result->revised)
        json_object_set_new(line, "revision", json_integer(1));
    set_waiver(line, result->waiver, result->waiver_problem);
    set_attempts(line, result);
    set_sides(writer, line, result->exchange);
    set_exchanges(writer, line, result);
    set_health(line, result->health);
    set_commands(writer, line, result);
    return write_case(writer, line, result->place, !result->revised);
}

/* ---- corrections */

char *result_call_text(const struct call_seen *seen, uint64_t start_us, const struct schema *schema)
{
    json_t *call = result_call(seen, start_us, schema);
    if (call)
        json_object_set_new(call, "late", json_true());
    char *text = call ? json_dumps(call, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(call);
    return text;
}

/* The line, or NULL. The file is written on at its end. */
static json_t *read_line(struct results_writer *writer, const struct result_place *place)
{
    json_t *line = NULL;
    char *text = writer->file && place->len > 0 ? malloc(place->len) : NULL;
    if (text && fseeko(writer->file, place->offset, SEEK_SET) == 0 &&
        fread(text, 1, place->len, writer->file) == place->len)
        line = json_loadb(text, place->len, JSON_ALLOW_NUL, NULL);
    if (text && fseeko(writer->file, 0, SEEK_END) != 0) {
        fail(writer, errno);
        writer->file = NULL;
    }
    free(text);
    return line;
}

static struct span text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return span_of(json_string_value(text), json_string_length(text));
}

static const char *recall_text(const json_t *object, const char *key, struct arena *arena)
{
    const char *text = arena_strdup(
        arena, json_is_string(json_object_get(object, key)) ? json_string_value(json_object_get(object, key)) : "");
    return text ? text : "";
}

static const char *const *recall_otherwise(const json_t *reason, struct arena *arena)
{
    const json_t *list = json_object_get(reason, "otherwise");
    size_t count = json_array_size(list);
    const char **texts = count > 0 ? arena_calloc(arena, count + 1, sizeof *texts) : NULL;
    for (size_t i = 0; texts && i < count; i++)
        texts[i] = arena_strdup(arena, json_string_value(json_array_get(list, i)));
    return texts;
}

bool results_writer_recall(struct results_writer *writer, const struct result_place *place, struct check_result *out,
                           struct arena *arena)
{
    json_t *line = read_line(writer, place);
    *out = (struct check_result){.verdict = VERDICT_ERROR};
    if (!line)
        return false;
    verdict_from_name(text_of(line, "verdict"), &out->verdict);
    if (out->verdict == VERDICT_WAIVED)
        out->verdict = VERDICT_FAIL;
    const json_t *reasons = json_object_get(line, "reasons");
    for (size_t i = 0; i < json_array_size(reasons) && out->reason_count < CHECK_MAX_REASONS; i++) {
        const json_t *item = json_array_get(reasons, i);
        struct reason *reason = &out->reasons[out->reason_count++];
        *reason = (struct reason){.path = recall_text(item, "path", arena),
                                  .expected = recall_text(item, "expected", arena),
                                  .observed = recall_text(item, "observed", arena),
                                  .otherwise = recall_otherwise(item, arena)};
        axis_from_name(text_of(item, "axis"), &reason->axis);
        reason_kind_from_name(text_of(item, "kind"), &reason->kind);
    }
    out->reasons_omitted = (size_t)json_integer_value(json_object_get(line, "reasons_omitted"));
    json_decref(line);
    return true;
}

void results_writer_begin_corrections(struct results_writer *writer, size_t count)
{
    writer->pairs_left = count;
    writer->text_left += RESULTS_CORRECTIONS_TEXT;
    writer->bytes_left += RESULTS_CORRECTIONS_TEXT;
}

/* The list of that name, made where there is none. */
static json_t *list_of(json_t *line, const char *key)
{
    if (!json_is_array(json_object_get(line, key)))
        json_object_set_new(line, key, json_array());
    return json_object_get(line, key);
}

static void add_late_calls(json_t *line, const struct result_correction *correction)
{
    json_t *calls = list_of(line, "backend_side");
    for (size_t i = 0; i < correction->call_count; i++)
        json_array_append_new(calls, json_loads(correction->calls[i], 0, NULL));
    json_int_t missing = json_integer_value(json_object_get(line, "calls_not_recorded"));
    if (correction->calls_not_kept > 0)
        json_object_set_new(line, "calls_not_recorded", json_integer(missing + (json_int_t)correction->calls_not_kept));
}

bool results_writer_correct(struct results_writer *writer, const struct result_place *place,
                            const struct result_correction *correction)
{
    json_t *line = read_line(writer, place);
    if (!line)
        return false;
    json_t *before = json_pack("{s:O, s:s, s:O}", "verdict", json_object_get(line, "verdict"), "note",
                               "before a backend call came late", "reasons", json_object_get(line, "reasons"));
    if (before)
        json_array_append_new(list_of(line, "attempts"), before);
    json_object_set_new(line, "revision", json_integer(1));
    json_object_set_new(line, "verdict", json_string(verdict_name(correction->verdict)));
    json_object_set_new(line, "reasons", reasons_json(correction->result, correction->waiver));
    set_omitted(line, correction->result);
    json_object_del(line, "waiver");
    set_waiver(line, correction->waiver, correction->waiver_problem);
    add_late_calls(line, correction);
    return write_case(writer, line, NULL, true);
}

/* ---- the totals */

static void set_count(json_t *line, const char *key, size_t count)
{
    if (count > 0)
        json_object_set_new(line, key, json_integer((json_int_t)count));
}

bool results_writer_totals(struct results_writer *writer, const struct result_totals *totals)
{
    json_t *line = json_pack("{s:s, s:I}", "type", "totals", "planned", (json_int_t)totals->planned);
    for (int verdict = VERDICT_FIRST; line && verdict < VERDICT_COUNT; verdict++)
        json_object_set_new(line, verdict_name((enum verdict)verdict),
                            json_integer((json_int_t)totals->verdicts[verdict]));
    json_t *problems = json_array();
    for (size_t i = 0; i < totals->waiver_problem_count; i++) {
        const struct waiver *waiver = totals->waiver_problems[i].waiver;
        json_array_append_new(problems,
                              json_pack("{s:s, s:s, s:s, s:s}", "id", waiver->id, "client", client_name(waiver->client),
                                        "kind", reason_kind_name(waiver->reasons[0].kind), "problem",
                                        totals->waiver_problems[i].problem));
    }
    if (line) {
        json_object_set_new(line, "must_failed", json_integer((json_int_t)totals->must_failed));
        json_object_set_new(line, "should_failed", json_integer((json_int_t)totals->should_failed));
        json_object_set_new(line, "waiver_problems", problems);
        json_object_set_new(line, "proxy_died", json_integer(totals->proxy_died));
        json_object_set_new(line, "strays", json_integer((json_int_t)totals->strays));
        set_count(line, "deaths_unexplained", totals->deaths_unexplained);
        set_count(line, "silences", totals->silences);
        set_count(line, "calls_unexplained", totals->calls_unexplained);
        set_count(line, "strays_dropped", totals->strays_dropped);
        set_count(line, "connections_closed", totals->connections_closed);
        set_count(line, "turned_away", totals->turned_away);
        set_count(line, "events_omitted", writer->events_omitted);
        json_object_set_new(line, "interrupted", json_boolean(totals->interrupted));
        json_object_set_new(line, "exit", json_integer(totals->exit_code));
        json_object_set_new(line, "duration_us", json_integer((json_int_t)totals->duration_us));
        set_text(line, "diagnosis", totals->diagnosis ? totals->diagnosis : "");
        set_text(line, "proxy_server", totals->proxy_server && *totals->proxy_server ? totals->proxy_server : NULL);
    }
    return write_line(writer, line);
}
