/* Reads the lines of one run, and settles what was planned and has no line. */
#include <stdlib.h>

#include "harness/base/escape.h"
#include "reports/results_reader_store.h"

/* One run while it is read. */
struct run_state {
    struct results *results;
    struct results_run *run;
    struct results_line line;
    struct results_pair *planned;
    size_t planned_count;
    struct results_event *events;
    size_t event_count;
    size_t event_cap;
    size_t first_case;
    uint64_t totals_by[VERDICT_COUNT];
    bool started;
};

static const struct results_named *read_named(struct run_state *state, const json_t *object, const char *key,
                                              size_t *count)
{
    struct results_line *line = &state->line;
    *count = 0;
    json_t *libraries = json_object_get(object, key);
    size_t size = json_object_size(libraries);
    struct results_named *list = size ? arena_calloc(line->arena, size, sizeof *list) : NULL;
    const char *name;
    json_t *value;
    json_object_foreach(libraries, name, value)
    {
        (void)value;
        if (!list || *count == size)
            break;
        char *copy = arena_strdup(line->arena, name);
        list[*count].name = span_cstr(copy ? copy : "");
        list[*count].value = results_line_text(line, libraries, "/libraries", name, RESULTS_REQUIRED);
        (*count)++;
    }
    return list;
}

static void read_topics(struct run_state *state, const json_t *object)
{
    const json_t *topics = results_line_list(&state->line, object, "", "topics", RESULTS_OPTIONAL);
    for (size_t i = 0; i < json_array_size(topics) && state->line.code == ERR_OK; i++) {
        const json_t *topic = json_array_get(topics, i);
        struct span name = results_line_text(&state->line, topic, "/topics", "name", RESULTS_REQUIRED);
        struct span title = results_line_text(&state->line, topic, "/topics", "title", RESULTS_OPTIONAL);
        struct span about = results_line_text(&state->line, topic, "/topics", "about", RESULTS_OPTIONAL);
        if (state->line.code != ERR_OK)
            return;
        size_t index = results_topic_index(state->results, name);
        if (index == RESULTS_MAX_TOPICS) {
            results_line_fail(&state->line, ERR_LIMIT, "/topics", "more than %u topics", RESULTS_MAX_TOPICS);
            return;
        }
        struct results_topic *entry = &state->results->topics[index];
        if (entry->title.len == 0)
            entry->title = title;
        if (entry->about.len == 0)
            entry->about = about;
    }
}

static void read_planned(struct run_state *state, const json_t *object)
{
    struct results_line *line = &state->line;
    const json_t *list = results_line_list(line, object, "", "planned", RESULTS_REQUIRED);
    size_t size = json_array_size(list);
    if (size > RESULTS_MAX_CASES) {
        results_line_fail(line, ERR_LIMIT, "/planned", "more than %u cases", RESULTS_MAX_CASES);
        return;
    }
    state->planned = arena_calloc(line->arena, size, sizeof *state->planned);
    for (size_t i = 0; i < size && line->code == ERR_OK && state->planned; i++) {
        const json_t *id = json_array_get(json_array_get(list, i), 0);
        const json_t *client = json_array_get(json_array_get(list, i), 1);
        if (!json_is_string(id) || !json_is_string(client)) {
            results_line_fail(line, ERR_SYNTAX, "/planned", "entry %zu is not a pair of case and client", i);
            return;
        }
        state->planned[i].id = arena_dup(line->arena, span_of(json_string_value(id), json_string_length(id)));
        state->planned[i].client =
            arena_dup(line->arena, span_of(json_string_value(client), json_string_length(client)));
        state->planned_count = i + 1;
    }
}

static void read_run_line(struct run_state *state, const json_t *object)
{
    struct results_line *line = &state->line;
    struct results_run *run = state->run;
    uint64_t format = results_line_number(line, object, "", "format", RESULTS_REQUIRED);
    if (line->code == ERR_OK && format != 1)
        results_line_fail(line, ERR_UNSUPPORTED, "", "format %llu is not known here (1 is)",
                          (unsigned long long)format);
    run->transcheck = results_line_text(line, object, "", "transcheck", RESULTS_REQUIRED);
    run->started = results_line_text(line, object, "", "started", RESULTS_REQUIRED);
    run->url = results_line_text(line, object, "", "url", RESULTS_REQUIRED);
    run->backend = results_line_text(line, object, "", "backend", RESULTS_REQUIRED);
    run->proxy_name = results_line_text(line, object, "", "proxy_name", RESULTS_OPTIONAL);
    const json_t *profile = results_line_object(line, object, "", "profile", RESULTS_OPTIONAL);
    if (profile) {
        run->profile_name = results_line_text(line, profile, "/profile", "name", RESULTS_REQUIRED);
        run->profile_title = results_line_text(line, profile, "/profile", "title", RESULTS_OPTIONAL);
        run->profile_version = results_line_text(line, profile, "/profile", "version", RESULTS_OPTIONAL);
    }
    run->options = results_line_texts(line, object, "", "options", RESULTS_OPTIONAL, &run->option_count);
    size_t clients = 0;
    results_line_texts(line, object, "", "clients", RESULTS_REQUIRED, &clients);
    results_line_object(line, object, "", "libraries", RESULTS_OPTIONAL);
    run->libraries = read_named(state, object, "libraries", &run->library_count);
    read_topics(state, object);
    read_planned(state, object);
}

static void read_case_line(struct run_state *state, const json_t *object, uint64_t offset, size_t len)
{
    struct results_line *line = &state->line;
    struct results_case *item = results_case_add(state->results);
    if (!item) {
        results_line_fail(line, ERR_LIMIT, "", "more than %u cases", RESULTS_MAX_CASES);
        return;
    }
    struct span topic;
    results_line_case(line, object, item, &topic);
    if (line->code != ERR_OK)
        return;
    item->run = state->results->run_count;
    item->offset = offset;
    item->len = len;
    item->topic = results_topic_index(state->results, topic);
    if (item->topic == RESULTS_MAX_TOPICS)
        results_line_fail(line, ERR_LIMIT, "", "more than %u topics", RESULTS_MAX_TOPICS);
}

static void read_event_line(struct run_state *state, const json_t *object)
{
    struct results_line *line = &state->line;
    if (state->event_count == RESULTS_MAX_EVENTS) {
        results_line_fail(line, ERR_LIMIT, "", "more than %u event lines", RESULTS_MAX_EVENTS);
        return;
    }
    struct results_event *events = arena_grow(line->arena, state->events, state->event_count, state->event_count + 1,
                                              &state->event_cap, sizeof *events);
    if (!events) {
        results_line_fail(line, ERR_NO_MEMORY, "", "out of memory");
        return;
    }
    state->events = events;
    events[state->event_count].at_us = results_line_number(line, object, "", "t", RESULTS_OPTIONAL);
    events[state->event_count].text = results_line_text(line, object, "", "text", RESULTS_REQUIRED);
    events[state->event_count].output = results_line_text(line, object, "", "output", RESULTS_OPTIONAL);
    events[state->event_count].verdict = results_line_verdict(line, object, "", "verdict", RESULTS_OPTIONAL);
    state->event_count++;
}

static void read_waiver_problems(struct run_state *state, const json_t *object)
{
    struct results_line *line = &state->line;
    struct results_totals *totals = &state->run->totals;
    const json_t *list = results_line_list(line, object, "", "waiver_problems", RESULTS_OPTIONAL);
    size_t size = json_array_size(list);
    struct results_named *problems = size ? arena_calloc(line->arena, size, sizeof *problems) : NULL;
    for (size_t i = 0; i < size && problems && line->code == ERR_OK; i++) {
        const json_t *entry = json_array_get(list, i);
        const char *at = "/waiver_problems";
        struct span id = results_line_text(line, entry, at, "id", RESULTS_REQUIRED);
        struct span client = results_line_text(line, entry, at, "client", RESULTS_OPTIONAL);
        struct span name = id;
        if (client.len > 0) {
            char *text = arena_printf(line->arena, "%.*s [%.*s]", SPAN_FMT(id), SPAN_FMT(client));
            name = span_cstr(text ? text : "");
        }
        problems[i].name = name;
        problems[i].value = results_line_text(line, entry, at, "problem", RESULTS_REQUIRED);
        totals->waiver_problem_count = i + 1;
    }
    totals->waiver_problems = problems;
}

static void read_totals_line(struct run_state *state, const json_t *object)
{
    struct results_line *line = &state->line;
    struct results_totals *totals = &state->run->totals;
    totals->present = true;
    results_line_number(line, object, "", "planned", RESULTS_REQUIRED);
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT; v++)
        state->totals_by[v] = results_line_number(line, object, "", verdict_name((enum verdict)v), RESULTS_OPTIONAL);
    totals->interrupted = results_line_bool(line, object, "", "interrupted", RESULTS_OPTIONAL);
    totals->exit_code = (int)(results_line_number(line, object, "", "exit", RESULTS_REQUIRED) & 0xff);
    totals->duration_us = results_line_number(line, object, "", "duration_us", RESULTS_OPTIONAL);
    totals->proxy_died = results_line_number(line, object, "", "proxy_died", RESULTS_OPTIONAL);
    totals->deaths_unexplained = results_line_number(line, object, "", "deaths_unexplained", RESULTS_OPTIONAL);
    totals->strays = results_line_number(line, object, "", "strays", RESULTS_OPTIONAL);
    totals->silences = results_line_number(line, object, "", "silences", RESULTS_OPTIONAL);
    totals->calls_unexplained = results_line_number(line, object, "", "calls_unexplained", RESULTS_OPTIONAL);
    totals->strays_dropped = results_line_number(line, object, "", "strays_dropped", RESULTS_OPTIONAL);
    totals->connections_closed = results_line_number(line, object, "", "connections_closed", RESULTS_OPTIONAL);
    totals->turned_away = results_line_number(line, object, "", "turned_away", RESULTS_OPTIONAL);
    totals->events_omitted = results_line_number(line, object, "", "events_omitted", RESULTS_OPTIONAL);
    totals->diagnosis = results_line_text(line, object, "", "diagnosis", RESULTS_OPTIONAL);
    totals->proxy_server = results_line_text(line, object, "", "proxy_server", RESULTS_OPTIONAL);
    read_waiver_problems(state, object);
}

static void read_line(struct run_state *state, struct span bytes, uint64_t offset)
{
    struct results_line *line = &state->line;
    json_t *object = results_line_parse(line, bytes);
    const char *type = json_string_value(json_object_get(object, "type"));
    if (!object)
        return;
    if (!type)
        results_line_fail(line, ERR_SYNTAX, "", "no \"type\": not a line of results");
    else if (!state->started && strcmp(type, "run") != 0)
        results_line_fail(line, ERR_SYNTAX, "", "results begin with a line of type \"run\"");
    else if (state->started && strcmp(type, "run") == 0)
        results_line_fail(line, ERR_SYNTAX, "", "a second \"run\" line: give each run a file of its own");
    else if (state->run->totals.present)
        results_line_fail(line, ERR_SYNTAX, "", "a line after the totals");
    else if (strcmp(type, "run") == 0)
        read_run_line(state, object);
    else if (strcmp(type, "case") == 0)
        read_case_line(state, object, offset, bytes.len);
    else if (strcmp(type, "event") == 0)
        read_event_line(state, object);
    else if (strcmp(type, "totals") == 0)
        read_totals_line(state, object);
    else
        results_line_fail(line, ERR_SYNTAX, "", "a line of an unknown type");
    state->started = true;
    json_decref(object);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct results_case *a = left;
    const struct results_case *b = right;
    int order = span_compare(a->id, b->id);
    if (order == 0)
        order = span_compare(a->client, b->client);
    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare_with_pair(const void *left, const void *right)
{
    const struct results_pair *key = left;
    const struct results_case *item = right;
    int order = span_compare(key->id, item->id);
    return order ? order : span_compare(key->client, item->client);
}

static void add_lost(struct run_state *state, const struct results_pair *pair)
{
    struct results_case *item = results_case_add(state->results);
    if (!item) {
        results_line_fail(&state->line, ERR_LIMIT, "", "more than %u cases", RESULTS_MAX_CASES);
        return;
    }
    size_t slash = span_index_of(pair->id, '/', 0);
    item->id = pair->id;
    item->client = pair->client;
    item->title = span_cstr("No result was recorded");
    item->note = span_cstr(state->run->totals.interrupted ? "lost: the run was interrupted before this case ended"
                                                          : "lost: the case was planned and the stream has no result");
    item->verdict = VERDICT_ERROR;
    item->level = LEVEL_MUST;
    item->lost = true;
    item->repeat = 1;
    item->run = state->results->run_count;
    item->topic = results_topic_index(state->results, span_of(pair->id.data, slash));
    if (item->topic == RESULTS_MAX_TOPICS)
        results_line_fail(&state->line, ERR_LIMIT, "", "more than %u topics", RESULTS_MAX_TOPICS);
}

static struct results_case *cases_of(const struct run_state *state)
{
    return state->results->cases ? state->results->cases + state->first_case : NULL;
}

/* Leaves out the lines that a later one of the same pair corrects. */
static size_t drop_superseded(struct results_case *cases, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct results_pair pair = {cases[i].id, cases[i].client};
        if (cases[i].revision && kept > 0 && compare_with_pair(&pair, &cases[kept - 1]) == 0)
            kept--;
        cases[kept++] = cases[i];
    }
    return kept;
}

/* Numbers repetitions, adds what was planned and has no line, and compares with the totals. */
static void settle(struct run_state *state)
{
    struct results *results = state->results;
    struct results_case *cases = cases_of(state);
    size_t count = results->case_count - state->first_case;
    uint64_t by[VERDICT_COUNT] = {0};
    bool repeated = false;
    if (count > 0)
        qsort(cases, count, sizeof *cases, compare_pairs);
    count = drop_superseded(cases, count);
    results->case_count = state->first_case + count;
    for (size_t i = 0; i < count; i++) {
        struct results_pair pair = {cases[i].id, cases[i].client};
        bool again = i > 0 && compare_with_pair(&pair, &cases[i - 1]) == 0;
        cases[i].repeat = again ? cases[i - 1].repeat + 1 : 1;
        repeated = repeated || again;
        by[cases[i].verdict]++;
    }
    for (size_t i = 0; i < state->planned_count && state->line.code == ERR_OK; i++) {
        cases = cases_of(state); /* adding may move them */
        if (count == 0 || !bsearch(&state->planned[i], cases, count, sizeof *cases, compare_with_pair))
            add_lost(state, &state->planned[i]);
    }
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT && state->run->totals.present && !repeated; v++) {
        if (v != VERDICT_ERROR && by[v] != state->totals_by[v])
            state->run->miscounted = true;
    }
}

static void read_lines(struct run_state *state, struct results_reader *reader, bool allow_cut)
{
    struct results_line *line = &state->line;
    struct results_store *store = state->results->store;
    struct span bytes;
    uint64_t offset;
    enum results_read got = RESULTS_READ_LINE;
    while (line->code == ERR_OK && got == RESULTS_READ_LINE) {
        got = results_reader_next(reader, &bytes, &offset);
        line->number++;
        if (got == RESULTS_READ_TOO_LONG)
            results_line_fail(line, ERR_LIMIT, "", "the line is longer than %u MiB", RESULTS_MAX_LINE >> 20);
        else if (got == RESULTS_READ_IO)
            results_line_fail(line, ERR_IO, "", "cannot be read");
        if (got != RESULTS_READ_LINE && got != RESULTS_READ_TAIL)
            break;
        store->bytes += bytes.len + 1;
        if (store->bytes > RESULTS_MAX_BYTES)
            results_line_fail(line, ERR_LIMIT, "", "the results hold more than %llu GiB", RESULTS_MAX_BYTES >> 30);
        else if (got == RESULTS_READ_TAIL && bytes.data[bytes.len - 1] != '}' && allow_cut && state->started)
            break;
        else if (got == RESULTS_READ_TAIL && bytes.data[bytes.len - 1] != '}')
            results_line_fail(line, ERR_SYNTAX, "", "cut in the middle of this line");
        else
            read_line(state, bytes, offset);
    }
    if (line->code == ERR_OK && !state->started)
        results_line_fail(line, ERR_SYNTAX, "", "empty: no results were written");
    if (line->code == ERR_OK && !state->run->totals.present && !allow_cut)
        results_line_fail(line, ERR_SYNTAX, "",
                          "the stream was cut: it has no totals line (--partial reports what is there)");
}

enum err_code results_read_run(struct results *results, const char *name, bool allow_cut, struct err *err)
{
    struct results_run *run = &results->runs[results->run_count];
    struct run_state state = {.results = results,
                              .run = run,
                              .line = {.source = name, .arena = &results->store->arena, .err = err},
                              .first_case = results->case_count};
    char *source = arena_strdup(&results->store->arena, name);
    run->source = span_cstr(source ? source : "");
    struct results_reader reader;
    results_reader_init(&reader, results->store->files[results->run_count]);
    read_lines(&state, &reader, allow_cut);
    results_reader_fini(&reader);
    if (state.line.code == ERR_OK)
        settle(&state);
    run->events = state.events;
    run->event_count = state.event_count;
    return state.line.code;
}
