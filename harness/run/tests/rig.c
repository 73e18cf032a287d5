/* A whole run on fake ends, for tests. */
#include "harness/run/tests/rig.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define MAX_CASES_TEXT (1u << 20)

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert(file && fputs(text, file) != EOF);
    fclose(file);
}

void rig_init(struct rig *rig, bool has_process)
{
    memset(rig, 0, sizeof *rig);
    fake_ends_init(&rig->ends, has_process);
    rig->ends.interrupted = &rig->runner.interrupted;
    buf_init(&rig->cases, MAX_CASES_TEXT);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/transcheck-rig-XXXXXX");
    assert(mkdtemp(rig->folder));
    rig->results = tmpfile();
    assert(rig->results);
    rig->options = (struct runner_options){
        .url = "http://127.0.0.1:51051",
        .backend = "127.0.0.1:53000",
        .cases = rig->folder,
        .jobs = 4,
        .repeat = 1,
        .timeout_ms = 1000,
        .ready_timeout_ms = 2000,
        .late_ms = RUNNER_DEFAULT_LATE_MS,
        .proxy_command = has_process ? "proxy" : NULL,
        .results = rig->results,
        .log = {.level = LOG_QUIET},
    };
    selection_init(&rig->options.selection);
    rig->options.selection.clients = CLIENT_H1;
    rig->runner.options = &rig->options;
    rig->runner.ends = &rig->ends.base;
}

void rig_fini(struct rig *rig)
{
    char path[96];
    runner_close(&rig->runner);
    fake_ends_fini(&rig->ends);
    json_decref(rig->lines);
    buf_fini(&rig->cases);
    fclose(rig->results);
    snprintf(path, sizeof path, "%s/unit.json", rig->folder);
    unlink(path);
    unlink(rig->profile_file);
    unlink(rig->waivers_file);
    assert(rmdir(rig->folder) == 0);
}

#define ANSWER                                                                                                         \
    "{\"headers\": [[\"content-type\", \"application/grpc\"]]}, {\"message\": {\"id\": \"7\"}}, {\"trailers\": "       \
    "[[\"grpc-status\", \"0\"]]}"

static void add_case(struct rig *rig, const char *name, const char *more, const char *backend, const char *expect)
{
    buf_printf(&rig->cases, "%s{", rig->cases.len ? ",\n" : "");
    if (!more || !strstr(more, "\"level\""))
        buf_append_cstr(&rig->cases, "\"level\": \"must\", ");
    buf_printf(&rig->cases,
               "\"id\": \"unit/%s\", \"version\": 1, \"title\": \"A case\", \"why\": \"A test.\", \"cites\": "
               "[\"INV-1\"], \"defects\": [\"path-variable-lost\"], \"request\": {\"method\": \"GET\", \"path\": "
               "\"/v1/reservations/%s\"}, \"backend\": [%s], \"expect\": %s%s%s}",
               name, name, backend, expect ? expect : "{\"status\": 200}", more ? ", " : "", more ? more : "");
    assert(!rig->cases.failed);
}

void rig_case(struct rig *rig, const char *name, const char *more, const char *expect)
{
    add_case(rig, name, more, ANSWER, expect);
}

void rig_listener_case(struct rig *rig, const char *name, const char *listener, const char *more, const char *expect)
{
    char backend[512];
    bool open = strcmp(listener, "open") == 0;
    snprintf(backend, sizeof backend, "{\"listener\": \"%s\"}%s", listener, open ? ", " ANSWER : "");
    if (!expect && !open)
        expect = "{\"unreached\": true, \"fails_visibly\": true, \"then_healthy\": true}";
    add_case(rig, name, more ? more : DISTURBS, backend, expect);
}

void rig_profile_of(struct rig *rig, const char *lacks, unsigned parallel)
{
    char *text = NULL;
    assert(asprintf(&text,
                    "{\"profile\": \"unit\", \"title\": \"Of a test\", \"version\": \"1\", \"values\": {"
                    "\"error_body\": {\"value\": [\"status\"], \"cite\": \"a test\"}, \"parallel\": {\"value\": %u, "
                    "\"cite\": \"a test\"}}, \"lacks\": {%s}}",
                    parallel, lacks) > 0);
    snprintf(rig->profile_file, sizeof rig->profile_file, "%s-profile.json", rig->folder);
    write_file(rig->profile_file, text);
    rig->options.profile = rig->profile_file;
    free(text);
}

void rig_profile(struct rig *rig, const char *lacks)
{
    rig_profile_of(rig, lacks, 0);
}

static void write_waiver(struct rig *rig, const char *name, const char *kind, const char *client, const char *class)
{
    char *text = NULL;
    const char *axis = strcmp(kind, "died") == 0 ? "health" : strcmp(kind, "hung") == 0 ? "ending" : "response";
    assert(asprintf(&text,
                    "{\"waivers\": \"unit\", \"version\": \"1\", \"profile\": \"unit\", \"entries\": [{\"id\": "
                    "\"unit/%s\", \"case_version\": 1, \"client\": \"%s\", \"class\": \"%s\", \"reason\": \"A "
                    "test.\", \"reasons\": ["
                    "{\"kind\": \"%s\", \"axis\": \"%s\", \"path\": \"*\"}, "
                    "{\"kind\": \"cut-short\", \"axis\": \"ending\", \"path\": \"ending\"}, "
                    "{\"kind\": \"wrong-status\", \"axis\": \"response\", \"path\": \"status\"}]}]}",
                    name, client, class, kind, axis) > 0);
    snprintf(rig->waivers_file, sizeof rig->waivers_file, "%s-waivers.json", rig->folder);
    write_file(rig->waivers_file, text);
    rig->options.waivers = rig->waivers_file;
    free(text);
}

void rig_waiver(struct rig *rig, const char *name, const char *kind)
{
    write_waiver(rig, name, kind, "h1", "always");
}

void rig_flaky_waiver(struct rig *rig, const char *name, const char *kind, const char *client)
{
    write_waiver(rig, name, kind, client, "flaky");
}

void rig_read(struct rig *rig)
{
    rig->lines = json_array();
    rewind(rig->results);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, rig->results) > 0) {
        json_t *value = json_loads(line, 0, NULL);
        assert(value);
        json_array_append_new(rig->lines, value);
    }
    free(line);
}

enum err_code rig_load(struct rig *rig)
{
    struct err err = {0};
    char path[96];
    char *text = NULL;
    assert(asprintf(&text, "{\"topic\": \"unit\", \"title\": \"Unit\", \"about\": \"A test.\", \"cases\": [%s]}",
                    (const char *)rig->cases.data) > 0);
    snprintf(path, sizeof path, "%s/unit.json", rig->folder);
    write_file(path, text);
    free(text);
    if (runner_load(&rig->runner, &err) != ERR_OK || runner_open(&rig->runner, &err) != ERR_OK)
        fprintf(stderr, "the run does not begin: %s\n", err.text);
    return err.code;
}

int rig_run(struct rig *rig)
{
    enum err_code code = rig_load(rig);
    assert(code == ERR_OK);
    rig->exit_code = runner_play(&rig->runner);
    rig_read(rig);
    return rig->exit_code;
}

const json_t *rig_line(const struct rig *rig, const char *name, const char *client)
{
    char id[96];
    snprintf(id, sizeof id, "unit/%s", name);
    for (size_t i = json_array_size(rig->lines); i-- > 0;) { /* the last one: it may correct another */
        const json_t *line = json_array_get(rig->lines, i);
        const char *is = json_string_value(json_object_get(line, "id"));
        if (is && strcmp(is, id) == 0 && strcmp(json_string_value(json_object_get(line, "client")), client) == 0)
            return line;
    }
    fprintf(stderr, "the results have no line of %s %s\n", id, client);
    abort();
}

const char *rig_verdict(const struct rig *rig, const char *name)
{
    return json_string_value(json_object_get(rig_line(rig, name, "h1"), "verdict"));
}

const char *rig_kind(const struct rig *rig, const char *name)
{
    const json_t *reasons = json_object_get(rig_line(rig, name, "h1"), "reasons");
    const char *kind = json_string_value(json_object_get(json_array_get(reasons, 0), "kind"));
    return kind ? kind : "";
}

const char *rig_note(const struct rig *rig, const char *name)
{
    const char *note = json_string_value(json_object_get(rig_line(rig, name, "h1"), "note"));
    return note ? note : "";
}

size_t rig_attempts(const struct rig *rig, const char *name)
{
    return json_array_size(json_object_get(rig_line(rig, name, "h1"), "attempts"));
}

const json_t *rig_totals(const struct rig *rig)
{
    const json_t *last = json_array_get(rig->lines, json_array_size(rig->lines) - 1);
    assert(strcmp(json_string_value(json_object_get(last, "type")), "totals") == 0);
    return last;
}

long rig_total(const struct rig *rig, const char *key)
{
    const json_t *value = json_object_get(rig_totals(rig), key);
    assert(json_is_integer(value));
    return (long)json_integer_value(value);
}

static const json_t *event(const struct rig *rig, const char *text)
{
    size_t index;
    json_t *line;
    json_array_foreach(rig->lines, index, line)
    {
        const char *said = json_string_value(json_object_get(line, "text"));
        if (said && strstr(said, text))
            return line;
    }
    return NULL;
}

bool rig_has_event(const struct rig *rig, const char *text)
{
    return event(rig, text) != NULL;
}

const char *rig_finding(const struct rig *rig, const char *text)
{
    const json_t *line = event(rig, text);
    const char *verdict = json_string_value(json_object_get(line, "verdict"));
    return !line ? "" : verdict ? verdict : "none";
}

const char *rig_attempt_text(const struct rig *rig, const char *name, const char *key)
{
    const json_t *attempts = json_object_get(rig_line(rig, name, "h1"), "attempts");
    return json_string_value(json_object_get(json_array_get(attempts, 0), key));
}

void rig_assert_verdict(const struct rig *rig, const char *name, const char *verdict, size_t attempts)
{
    assert_string_equal(rig_verdict(rig, name), verdict);
    assert_int_equal(rig_attempts(rig, name), attempts);
}
