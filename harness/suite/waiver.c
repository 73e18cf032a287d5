/* Waivers: the tables of their keys, loading, and how one applies to a result. */
#include "harness/suite/waiver.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/arena.h"
#include "harness/base/embed.h"
#include "harness/keys/keys.h"

#define WAIVERS_MAX_BYTES (4u << 20)
#define WAIVERS_MAX       10000
#define WAIVERS_MAX_TEXT  (1u << 20) /* of what is made of the reasons */

struct waivers {
    json_t *root;
    struct waiver *items;
    size_t count;
    struct arena arena;
};

static const char *const kinds[] = {
#define X(id, name, meaning) name,
    REASON_KINDS(X)
#undef X
        NULL};

static const char *const clients[] = {
#define X(id, bit, name, word) name,
    CLIENTS(X)
#undef X
        "all",
    NULL};

static const char *const classes[] = {"always", "flaky", NULL};

/* What `transcheck waivers` leaves empty says so, rather than that a string is too short. */
static enum err_code check_words(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    if (json_is_string(value) && json_string_length(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "it is empty, and somebody has to write it: %s", rule->text);
    return key_text.check(at, value, rule, user, err);
}
static const struct key_type key_words = {
    .check = check_words, .form = "\"...\"", .schema = "@text", .parts = {&key_text}};

static const struct key_rule reason_rules[] = {
    {.name = "kind", .required = true, .type = &key_choice, .choices = kinds, .text = "its kind"},
    {.name = "axis", .required = true, .type = &key_choice, .choices = axis_names, .text = "its axis"},
    {.name = "path", .required = true, .type = &key_text, .text = "its path; `*` stands for any text"},
    {.name = NULL}};
static const struct key_object reason_object = {.name = "waiverReason", .rules = reason_rules};

static const struct key_rule entry_rules[] = {
    {.name = "id", .required = true, .type = &key_case_name, .text = "the case; with `members`, the family"},
    {.name = "members",
     .type = &key_texts,
     .min = 1,
     .max = FAMILY_MAX_MEMBERS,
     .text = "names of members of the family `id`, each of which fails like this: a waiver for each of them"},
    {.name = "case_version",
     .required = true,
     .type = &key_number,
     .min = 1,
     .max = 1000000,
     .text = "its `version` when the failure was looked at"},
    {.name = "client",
     .required = true,
     .type = &key_choice,
     .choices = clients,
     .text = "`h1`, `h2`, or `all`: each client that the case runs with"},
    {.name = "reasons",
     .required = true,
     .type = &key_objects,
     .object = &reason_object,
     .min = 1,
     .max = CHECK_MAX_REASONS,
     .text =
         "the reasons that are excused (\"Reasons\", above), with the keys below: any other fails. The first must be "
         "among those of the failure; the others come along with it and may be absent"},
    {.name = "class",
     .type = &key_choice,
     .choices = classes,
     .text =
         "`always` (default): it fails whenever it is played; `flaky`: at times, and it is played at least 60 times "
         "in a run (below)"},
    {.name = "observed", .type = &key_text, .text = "what was observed, where `reason` does not say it"},
    {.name = "reason",
     .required = true,
     .type = &key_words,
     .text = "why it is the proxy's fault: what was observed, what the text says, and why this is against it"},
    {.name = "link", .type = &key_text, .text = "where it is discussed, e.g. `envoy#5011`"},
    {.name = NULL}};
static const struct key_object entry_object = {.rules = entry_rules};

static const struct key_rule file_rules[] = {
    {.name = "$schema", .type = &key_text, .text = "the schema, for editors"},
    {.name = "waivers", .required = true, .type = &key_words, .text = "the proxy"},
    {.name = "version", .required = true, .type = &key_words, .text = "its release"},
    {.name = "profile",
     .type = &key_text,
     .text = "the profile that it was run with: a run with that of another proxy refuses the file"},
    {.name = "entries",
     .required = true,
     .type = &key_objects,
     .object = &entry_object,
     .min = 0,
     .max = WAIVERS_MAX,
     .text = "list of waivers, with the keys below"},
    {.name = NULL}};
const struct key_object waivers_object = {.name = "waivers", .rules = file_rules};

static bool read_reasons(struct waiver *made, const json_t *list, struct arena *arena)
{
    made->reason_count = json_array_size(list);
    made->reasons = arena_calloc(arena, made->reason_count, sizeof *made->reasons);
    for (size_t i = 0; made->reasons && i < made->reason_count; i++) {
        const json_t *item = json_array_get(list, i);
        struct waiver_reason *reason = &made->reasons[i];
        bool known = reason_kind_from_name(keys_span(json_object_get(item, "kind")), &reason->kind) &&
                     axis_from_name(keys_span(json_object_get(item, "axis")), &reason->axis);
        assert(known);
        (void)known;
        reason->path = json_string_value(json_object_get(item, "path"));
    }
    return made->reasons != NULL;
}

/* Of the case with this id. false: out of memory. */
static bool waiver_from(struct waiver *made, const json_t *entry, const char *id, struct arena *arena)
{
    *made = (struct waiver){.id = id,
                            .case_version = (unsigned)json_integer_value(json_object_get(entry, "case_version")),
                            .observed = json_string_value(json_object_get(entry, "observed")),
                            .reason = json_string_value(json_object_get(entry, "reason")),
                            .link = json_string_value(json_object_get(entry, "link")),
                            .flaky = strcmp(keys_text(json_object_get(entry, "class")), "flaky") == 0};
    return read_reasons(made, json_object_get(entry, "reasons"), arena);
}

/* A waiver must speak of a case that there is, in its present version, and of a client that runs it. */
static enum err_code check_against_suite(const struct place *at, const struct waiver *waiver, const struct suite *suite,
                                         struct err *err)
{
    struct place id_at = {.up = at, .key = "id"};
    struct place version_at = {.up = at, .key = "case_version"};
    struct place client_at = {.up = at, .key = "client"};
    const struct testcase *testcase = suite_find(suite, waiver->id);
    if (!testcase)
        return place_error(&id_at, ERR_NOT_FOUND, err, "there is no case \"%s\"", waiver->id);
    if (testcase->version != waiver->case_version)
        return place_error(&version_at, ERR_SYNTAX, err,
                           "\"%s\" is at version %u: look again at what it does now, then renew or drop the waiver",
                           waiver->id, testcase->version);
    if (!(testcase->clients & waiver->client))
        return place_error(&client_at, ERR_SYNTAX, err, "\"%s\" does not run with %s", waiver->id,
                           client_name(waiver->client));
    return ERR_OK;
}

/* A mask. `all` is what the case runs with. */
static unsigned clients_of(const json_t *entry, const char *id, const struct suite *suite)
{
    enum testcase_client client;
    if (client_from_name(keys_span(json_object_get(entry, "client")), &client))
        return client;
    const struct testcase *testcase = suite ? suite_find(suite, id) : NULL;
    return testcase ? testcase->clients : CLIENT_H1 | CLIENT_H2;
}

static enum err_code add_clients(struct waivers *waivers, const struct place *at, struct waiver *made, unsigned wanted,
                                 const struct suite *suite, struct err *err)
{
    for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
        if (!(wanted & client))
            continue;
        made->client = (enum testcase_client)client;
        if (waivers_find(waivers, made->id, made->client))
            return place_error(at, ERR_SYNTAX, err, "\"%s\" with %s is waived twice", made->id,
                               client_name(made->client));
        enum err_code code = suite ? check_against_suite(at, made, suite, err) : ERR_OK;
        if (code != ERR_OK)
            return code;
        waivers->items[waivers->count++] = *made;
    }
    return ERR_OK;
}

/* The waiver of one case, for each of its clients. */
static enum err_code add_case(struct waivers *waivers, const struct place *at, const json_t *entry, const char *id,
                              size_t number, const struct suite *suite, struct err *err)
{
    struct waiver made;
    if (!id || !waiver_from(&made, entry, id, &waivers->arena))
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    made.entry = number;
    return add_clients(waivers, at, &made, clients_of(entry, id, suite), suite, err);
}

/* One waiver, or one for each of the `members`. */
static enum err_code read_entry(struct waivers *waivers, const struct place *at, const json_t *entry, size_t *number,
                                const struct suite *suite, struct err *err)
{
    const char *id = json_string_value(json_object_get(entry, "id"));
    const json_t *members = json_object_get(entry, "members");
    enum err_code code = ERR_OK;
    if (!members)
        return add_case(waivers, at, entry, id, (*number)++, suite, err);
    for (size_t i = 0; code == ERR_OK && i < json_array_size(members); i++) {
        const char *member = json_string_value(json_array_get(members, i));
        code =
            add_case(waivers, at, entry, arena_printf(&waivers->arena, "%s~%s", id, member), (*number)++, suite, err);
    }
    return code;
}

static enum err_code read_entries(struct waivers *waivers, const struct place *at, const json_t *list,
                                  const struct suite *suite, struct err *err)
{
    size_t count = 0;
    size_t number = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *members = json_object_get(json_array_get(list, i), "members");
        count += members ? json_array_size(members) : 1;
    }
    waivers->items = calloc(2 * count + 1, sizeof *waivers->items); /* "all" is one for each client */
    if (!waivers->items)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = read_entry(waivers, &inside, json_array_get(list, i), &number, suite, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code waivers_parse(struct waivers **out, const char *name, struct span json, const struct suite *suite,
                            struct err *err)
{
    char shown[512];
    struct waivers *waivers = calloc(1, sizeof *waivers);
    if (!waivers)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    arena_init(&waivers->arena, WAIVERS_MAX_TEXT * sizeof(struct waiver_reason));
    snprintf(shown, sizeof shown, "%s#", name);
    struct place at = {.key = shown};
    struct place list_at = {.up = &at, .key = "entries"};
    enum err_code code = keys_load(&waivers->root, name, json, WAIVERS_MAX_BYTES, err);
    if (code == ERR_OK)
        code = keys_check(&at, waivers->root, &waivers_object, NULL, err);
    if (code == ERR_OK)
        code = read_entries(waivers, &list_at, json_object_get(waivers->root, "entries"), suite, err);
    if (code != ERR_OK) {
        waivers_free(waivers);
        return code;
    }
    *out = waivers;
    return ERR_OK;
}

enum err_code waivers_load(struct waivers **out, const char *name_or_path, const struct suite *suite, struct err *err)
{
    char path[256];
    struct span json;
    struct buf bytes;
    int len = snprintf(path, sizeof path, "cases/waivers/%s.json", name_or_path);
    if (len > 0 && (size_t)len < sizeof path && embed_find(path, &json))
        return waivers_parse(out, path, json, suite, err);
    buf_init(&bytes, WAIVERS_MAX_BYTES);
    enum err_code code = keys_read_file(&bytes, name_or_path, WAIVERS_MAX_BYTES, err);
    if (code == ERR_OK)
        code = waivers_parse(out, name_or_path, buf_span(&bytes), suite, err);
    buf_fini(&bytes);
    return code;
}

void waivers_free(struct waivers *waivers)
{
    if (!waivers)
        return;
    json_decref(waivers->root);
    free(waivers->items);
    arena_fini(&waivers->arena);
    free(waivers);
}

const char *waivers_proxy(const struct waivers *waivers)
{
    return json_string_value(json_object_get(waivers->root, "waivers"));
}

const char *waivers_version(const struct waivers *waivers)
{
    return json_string_value(json_object_get(waivers->root, "version"));
}

const char *waivers_profile(const struct waivers *waivers)
{
    return json_string_value(json_object_get(waivers->root, "profile"));
}

size_t waivers_count(const struct waivers *waivers)
{
    return waivers->count;
}

const struct waiver *waivers_at(const struct waivers *waivers, size_t index)
{
    assert(index < waivers->count);
    return &waivers->items[index];
}

/* '*' stands for any text, the empty one included; everything else for itself. */
static bool pattern_fits(const char *pattern, const char *path)
{
    const char *star = NULL; /* the last one met, and where the text that it stands for may be made longer */
    const char *again = NULL;
    while (*path) {
        if (*pattern == '*') {
            star = pattern++;
            again = path;
        } else if (*pattern == *path) {
            pattern++;
            path++;
        } else if (star) {
            pattern = star + 1;
            path = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool fits(const struct waiver_reason *excused, const struct reason *reason)
{
    return excused->kind == reason->kind && excused->axis == reason->axis && pattern_fits(excused->path, reason->path);
}

bool waiver_excuses(const struct waiver *waiver, const struct reason *reason)
{
    for (size_t i = 0; i < waiver->reason_count; i++) {
        if (fits(&waiver->reasons[i], reason))
            return true;
    }
    return false;
}

static bool excuses_all(const struct waiver *waiver, const struct check_result *result)
{
    bool named = false; /* what the waiver is about is there */
    for (size_t i = 0; i < result->reason_count; i++) {
        if (!waiver_excuses(waiver, &result->reasons[i]))
            return false;
        named = named || fits(&waiver->reasons[0], &result->reasons[i]);
    }
    return named && result->reasons_omitted == 0;
}

const struct waiver *waivers_find(const struct waivers *waivers, const char *id, enum testcase_client client)
{
    for (size_t i = 0; waivers && i < waivers->count; i++) {
        const struct waiver *waiver = &waivers->items[i];
        if (waiver->client == client && strcmp(waiver->id, id) == 0)
            return waiver;
    }
    return NULL;
}

enum waiver_outcome waivers_apply(const struct waivers *waivers, const struct testcase *testcase,
                                  enum testcase_client client, const struct check_result *result,
                                  const struct waiver **which)
{
    *which = NULL;
    enum standing standing = verdict_standing(result->verdict);
    if (standing != STANDING_PASSED && standing != STANDING_FAILED)
        return WAIVER_NONE;
    const struct waiver *waiver = *which = waivers_find(waivers, testcase->id, client);
    if (!waiver)
        return WAIVER_NONE;
    if (standing == STANDING_PASSED)
        return waiver->flaky ? WAIVER_IDLE : WAIVER_STALE;
    bool applies = waiver->case_version == testcase->version && excuses_all(waiver, result);
    return applies ? WAIVER_APPLIES : WAIVER_MISMATCH;
}
