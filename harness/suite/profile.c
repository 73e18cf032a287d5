/* Profiles: the table of their keys, loading, and the values. */
#include "harness/suite/profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/embed.h"
#include "harness/base/vocabulary.h"
#include "harness/keys/keys.h"
#include "harness/suite/capabilities.h"
#include "harness/suite/features.h"

#define PROFILE_MAX_BYTES (1u << 20)

struct profile {
    json_t *root;
    struct profile *base; /* "any", for keys that this one does not set; or NULL */
};

/* ---- the keys of `values` */

static bool status_valid(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) >= 100 && json_integer_value(value) <= 599;
    const char *text = keys_text(value);
    return strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0;
}

static enum err_code check_statuses(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    (void)rule;
    (void)user;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of statuses");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        if (!status_valid(json_array_get(value, i)))
            return place_error(&inside, ERR_SYNTAX, err,
                               "expected a number from 100 to 599, or a class such as \"4xx\"");
    }
    return ERR_OK;
}
const struct key_type profile_statuses = {
    .name = "statuses",
    .check = check_statuses,
    .form = "[404, \"5xx\", ...]",
    .schema = "{'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'type': 'integer', 'minimum': 100, "
              "'maximum': 599}, {'enum': ['1xx', '2xx', '3xx', '4xx', '5xx']}]}}"};

#define STATUSES(key, meaning)                                                                                         \
    {                                                                                                                  \
        .name = key, .type = &profile_statuses, .text = "statuses of the answer to " meaning                           \
    }

static const char *const json_dialects[] = {"defaults", "enum-numbers", "proto-names", NULL};

static const char *const conflict_winners[] = {"path", "body", NULL};

static const char *const url_dialects[] = {"plus-is-space", "map-keys",        "json-values",
                                           "go-values",     "last-registered", NULL};

static const struct key_rule value_rules[] = {
    {.name = "stream_framing",
     .type = &key_choices,
     .choices = stream_framing_names,
     .min = 0,
     .max = STREAM_FRAMING_COUNT,
     .text = "framings of a streamed response: list of `array`, `ndjson`, `ndjson-result`, `sse`, `concat`"},
    {.name = "stream_content_type",
     .type = &key_texts,
     .min = 1,
     .max = 20,
     .text = "list of media types of a streamed response"},
    {.name = "error_body",
     .type = &key_choices,
     .choices = error_form_names,
     .min = 1,
     .max = ERROR_FORM_COUNT,
     .text = "list of `status` (google.rpc.Status JSON), `status-http-code` (the same with the HTTP number as code), "
             "`aip193`, `headers` (grpc-status and grpc-message as response headers), `text`, `empty`"},
    {.name = "json_output",
     .type = &key_choices,
     .choices = json_dialects,
     .min = 0,
     .max = 3,
     .text =
         "what the JSON of answers may do beside ProtoJSON's defaults: list of `defaults` (fields that are not set are "
         "printed, as null where they have presence; so a google.protobuf.Value that is not set reads as one that is "
         "null), `enum-numbers`, `proto-names`"},
    {.name = "error_details", .type = &key_bool, .text = "true when details are shown"},
    {.name = "path_body_conflict",
     .type = &key_choices,
     .choices = conflict_winners,
     .min = 1,
     .max = 2,
     .text = "whose value a field has that the path binds and the body names too: list of `path`, `body`; that the "
             "request may be refused goes without saying"},
    {.name = "url_dialects",
     .type = &key_choices,
     .choices = url_dialects,
     .min = 0,
     .max = 5,
     .text = "what texts of a URL may mean beside what http.proto and ProtoJSON say: list of `plus-is-space` (in the "
             "query), `map-keys` (`field[key]=value` in the query sets an entry of a map), `json-values` (a Struct, "
             "Value or ListValue is JSON), `go-values` (numbers, booleans and durations are in the forms of Go: "
             "`0x10`, `T`, `1h30m`), `last-registered` (of the templates that match a path the last one counts)"},
    STATUSES("unknown_path_status", "a path that nothing binds"),
    STATUSES("wrong_method_status", "a path that is bound under another HTTP method"),
    STATUSES("unknown_query_status", "a query parameter that names no field; 200 means it is ignored"),
    STATUSES("trailing_slash_status", "a path with a slash at its end that no template has"),
    STATUSES("empty_variable_status", "a path whose variable is empty"),
    STATUSES("double_slash_status", "a path with an empty segment"),
    STATUSES("bad_percent_status", "a path with a malformed percent triplet"),
    STATUSES("text_plain_status", "a JSON body labelled `text/plain`"),
    STATUSES("no_content_type_status", "a body without content-type"),
    STATUSES("unknown_field_status", "a member of the body that names no field; 200 means it is ignored"),
    STATUSES("empty_body_status", "an empty body where one is bound; 200 means it is an empty message"),
    STATUSES("large_message_status", "a message of 4 MiB + 1; 200 means it passes"),
    {.name = "reconnect_grace_ms",
     .type = &key_number,
     .min = 0,
     .max = 600000,
     .text = "how long ordinary requests may fail after a backend connection was broken"},
    {.name = "parallel",
     .type = &key_number,
     .min = 0,
     .max = 10000,
     .text = "how many cases may run at once (0: no limit of the proxy's)"},
    {.name = NULL}};
const struct key_object profile_values = {.rules = value_rules};

/* `user` is the rule of the value. */
static enum err_code check_value(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    const struct key_rule *of_key = user;
    (void)rule;
    return of_key->type->check(at, value, of_key, NULL, err);
}
static const struct key_type cited_value = {.check = check_value, .schema = "true"};
static const struct key_rule cited_rules[] = {{.name = "value", .required = true, .type = &cited_value},
                                              {.name = "cite", .required = true, .type = &key_text},
                                              {.name = NULL}};
static const struct key_object cited = {.rules = cited_rules};

static enum err_code check_values(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    const char *key;
    json_t *item;
    (void)rule;
    (void)user;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected an object");
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        struct place inside = {.up = at, .key = key};
        const struct key_rule *of_key = keys_find(at, &profile_values, key, err);
        enum err_code code = of_key ? keys_check(&inside, item, &cited, (void *)(uintptr_t)of_key, err) : ERR_SYNTAX;
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
static const struct key_type values = {.check = check_values, .form = "{...}", .schema = "@profileValues"};

/* ---- the other keys of the file */

static const struct key_rule capability_rules[] = {
#define CAPABILITY(capability, meaning) {.name = capability, .type = &key_text, .text = meaning},
    CAPABILITIES_LIST(CAPABILITY)
#undef CAPABILITY
        {.name = NULL}};
const struct key_object profile_capabilities = {.name = "lacks", .rules = capability_rules};

static const struct key_rule feature_rules[] = {
#define FEATURE(id, feature, meaning) {.name = feature, .type = &key_text, .text = meaning},
    FEATURES_LIST(FEATURE)
#undef FEATURE
        {.name = NULL}};
static const struct key_object left_out = {.name = "features", .rules = feature_rules};

static const struct key_rule profile_rules[] = {
    {.name = "$schema", .type = &key_text, .text = "the schema, for editors"},
    {.name = "profile", .required = true, .type = &key_name, .text = "its name, which is that of the file"},
    {.name = "title", .required = true, .type = &key_text, .text = "the proxy and what of its configuration matters"},
    {.name = "version", .required = true, .type = &key_text, .text = "the release that the values were read of"},
    {.name = "values",
     .required = true,
     .type = &values,
     .text = "`{\"key\": {\"value\": ..., \"cite\": \"...\"}}`: the keys below, each with its reference"},
    {.name = "lacks",
     .type = &key_object,
     .object = &profile_capabilities,
     .text = "`{\"capability\": \"why, with its reference\"}`: capabilities that the proxy does not have"},
    {.name = "descriptors_left_out",
     .type = &key_object,
     .object = &left_out,
     .text = "`{\"feature\": \"why, with its reference\"}`: methods with such a feature are not in what `transcheck "
             "descriptors` and `transcheck config` write, because the proxy would load none of the others beside them; "
             "their cases are `unsupported`"},
    {.name = NULL}};
const struct key_object profile_object = {.name = "profile", .rules = profile_rules};

/* ---- loading */

enum err_code profile_parse(struct profile **out, const char *name, struct span json, struct err *err)
{
    json_t *root;
    char shown[256];
    enum err_code code = keys_load(&root, name, json, PROFILE_MAX_BYTES, err);
    if (code != ERR_OK)
        return code;
    snprintf(shown, sizeof shown, "%s#", name);
    struct place at = {.key = shown};
    code = keys_check(&at, root, &profile_object, NULL, err);
    struct profile *profile = code == ERR_OK ? calloc(1, sizeof *profile) : NULL;
    if (code == ERR_OK && !profile)
        code = err_set(err, ERR_NO_MEMORY, "out of memory");
    if (code != ERR_OK) {
        json_decref(root);
        return code;
    }
    profile->root = root;
    *out = profile;
    return ERR_OK;
}

static enum err_code load_file(struct profile **out, const char *path, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, PROFILE_MAX_BYTES);
    enum err_code code = keys_read_file(&bytes, path, PROFILE_MAX_BYTES, err);
    if (code == ERR_OK)
        code = profile_parse(out, path, buf_span(&bytes), err);
    buf_fini(&bytes);
    return code;
}

static enum err_code unknown_name(const char *name, struct err *err)
{
    static const char folder[] = "cases/profiles/";
    struct buf names;
    buf_init(&names, 512);
    for (size_t i = 0; i < embed_count(); i++) {
        const char *path = embed_at(i).name;
        if (strncmp(path, folder, sizeof folder - 1) == 0)
            buf_printf(&names, "%s%.*s", names.len > 0 ? ", " : "", (int)(strlen(path) - sizeof folder + 1 - 5),
                       path + sizeof folder - 1);
    }
    struct place at = {.key = "profile"};
    place_error(&at, ERR_NOT_FOUND, err,
                "no profile \"%.100s\"; there are: %s (or give a file: a path that ends in .json)", name,
                names.data ? (const char *)names.data : "none");
    buf_fini(&names);
    return ERR_NOT_FOUND;
}

static enum err_code load_embedded(struct profile **out, const char *name, struct err *err)
{
    char path[256];
    struct span json;
    int len = snprintf(path, sizeof path, "cases/profiles/%s.json", name);
    if (len < 0 || (size_t)len >= sizeof path || !embed_find(path, &json))
        return unknown_name(name, err);
    return profile_parse(out, path, json, err);
}

static bool is_path(const char *name)
{
    size_t len = strlen(name);
    return strchr(name, '/') || (len > 5 && strcmp(name + len - 5, ".json") == 0);
}

enum err_code profile_load(struct profile **out, const char *name_or_path, struct err *err)
{
    struct profile *profile = NULL;
    const char *name = name_or_path ? name_or_path : "any";
    enum err_code code = is_path(name) ? load_file(&profile, name, err) : load_embedded(&profile, name, err);
    if (code == ERR_OK && !profile_is_any(profile))
        code = load_embedded(&profile->base, "any", err);
    if (code != ERR_OK) {
        profile_free(profile);
        return code;
    }
    *out = profile;
    return ERR_OK;
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    profile_free(profile->base);
    json_decref(profile->root);
    free(profile);
}

/* ---- reading */

const char *profile_name(const struct profile *profile)
{
    return json_string_value(json_object_get(profile->root, "profile"));
}

bool profile_is_any(const struct profile *profile)
{
    return strcmp(profile_name(profile), "any") == 0;
}

const char *profile_title(const struct profile *profile)
{
    return json_string_value(json_object_get(profile->root, "title"));
}

const char *profile_version(const struct profile *profile)
{
    return json_string_value(json_object_get(profile->root, "version"));
}

const struct json_t *profile_value(const struct profile *profile, const char *key)
{
    const json_t *entry = json_object_get(json_object_get(profile->root, "values"), key);
    if (entry)
        return json_object_get(entry, "value");
    return profile->base ? profile_value(profile->base, key) : NULL;
}

/* The element `index` of a list, or the value itself at index 0; NULL beyond. */
static const json_t *element(const json_t *value, size_t index)
{
    if (json_is_array(value))
        return json_array_get(value, index);
    return index == 0 ? value : NULL;
}

bool profile_has_text(const struct profile *profile, const char *key, const char *text)
{
    const json_t *value = profile_value(profile, key);
    const json_t *item;
    for (size_t i = 0; (item = element(value, i)) != NULL; i++) {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

long long profile_number(const struct profile *profile, const char *key, long long otherwise)
{
    const json_t *value = profile_value(profile, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *profile_lacks(const struct profile *profile, const char *capability)
{
    return json_string_value(json_object_get(json_object_get(profile->root, "lacks"), capability));
}

enum err_code profile_declare_lack(struct profile *profile, const char *capability, const char *why, struct err *err)
{
    if (profile_lacks(profile, capability))
        return ERR_OK;
    json_t *lacks = json_object_get(profile->root, "lacks");
    if (!lacks && json_object_set_new(profile->root, "lacks", json_object()) == 0)
        lacks = json_object_get(profile->root, "lacks");
    if (json_object_set_new(lacks, capability, json_string(why)) != 0)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    return ERR_OK;
}

const char *profile_leaves_out(const struct profile *profile, const char *feature)
{
    return json_string_value(json_object_get(json_object_get(profile->root, "descriptors_left_out"), feature));
}
