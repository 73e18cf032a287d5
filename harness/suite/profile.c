#include "harness/suite/profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/embed.h"
#include "harness/base/vocabulary.h"
#include "harness/suite/keys.h"

#define PROFILE_MAX_BYTES (1u << 20)

struct profile {
    json_t *root;
    struct profile *base; /* "any", for keys that this one does not set; or NULL */
};

/* ---- checks */

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

/* A value of a key that no table knows: something that an expectation can compare with. */
static enum err_code check_free(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    (void)rule;
    (void)user;
    bool scalar = json_is_string(value) || json_is_integer(value) || json_is_boolean(value);
    if (!scalar && !json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a string, a number, true, false, or a list");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        if (!json_is_string(json_array_get(value, i)) && !json_is_integer(json_array_get(value, i)))
            return place_error(&inside, ERR_SYNTAX, err, "expected a string or a number");
    }
    return ERR_OK;
}

static const struct key_rule statuses_rule = {.name = "..._status", .check = check_statuses};
static const struct key_rule free_rule = {.name = "...", .check = check_free};

/* The keys whose values are not free. A key that ends in _status is a list of statuses. */
static const struct key_rule value_rules[] = {
    {.name = "stream_framing",
     .check = key_choices,
     .choices = stream_framing_names,
     .min = 0,
     .max = STREAM_FRAMING_COUNT},
    {.name = "stream_content_type", .check = key_texts, .min = 1, .max = 20},
    {.name = "error_body", .check = key_choices, .choices = error_form_names, .min = 1, .max = ERROR_FORM_COUNT},
    {.name = "error_details", .check = key_bool},
    {.name = "reconnect_grace_ms", .check = key_number, .min = 0, .max = 600000},
    {.name = "parallel", .check = key_number, .min = 0, .max = 10000},
    {.name = NULL}};

static const struct key_rule *value_rule(const char *key)
{
    size_t len = strlen(key);
    for (const struct key_rule *rule = value_rules; rule->name; rule++) {
        if (strcmp(rule->name, key) == 0)
            return rule;
    }
    return len > 7 && strcmp(key + len - 7, "_status") == 0 ? &statuses_rule : &free_rule;
}

/* `user` is the key of the value. */
static enum err_code check_value(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)rule;
    const struct key_rule *of_key = value_rule(user);
    return of_key->check(at, value, of_key, NULL, err);
}

static enum err_code check_values(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    static const struct key_rule rules[] = {{.name = "value", .required = true, .check = check_value},
                                            {.name = "cite", .required = true, .check = key_text},
                                            {.name = NULL}};
    const char *key;
    json_t *item;
    (void)rule;
    (void)user;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected an object");
    json_object_foreach((json_t *)value, key, item)
    {
        struct place inside = {.up = at, .key = key};
        if (key[0] < 'a' || key[0] > 'z' || key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
            return place_error(&inside, ERR_SYNTAX, err, "expected a key of [a-z0-9_]");
        enum err_code code = keys_check(&inside, item, rules, (void *)(uintptr_t)key, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code check_lacks(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    const char *key;
    json_t *item;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected an object");
    json_object_foreach((json_t *)value, key, item)
    {
        struct place inside = {.up = at, .key = key};
        enum err_code code = key_text(&inside, item, rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code check_leaves_out(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      void *user, struct err *err)
{
    static const struct key_rule rules[] = {
        {.name = "features", .required = true, .check = key_names, .min = 0, .max = 64},
        {.name = "cite", .check = key_text},
        {.name = NULL}};
    (void)rule;
    enum err_code code = keys_check(at, value, rules, user, err);
    if (code == ERR_OK && json_array_size(json_object_get(value, "features")) > 0 && !json_object_get(value, "cite"))
        return place_error(at, ERR_SYNTAX, err, "the key \"cite\" is missing");
    return code;
}

static const struct key_rule profile_rules[] = {{.name = "$schema", .check = key_text},
                                                {.name = "profile", .required = true, .check = key_name},
                                                {.name = "title", .required = true, .check = key_text},
                                                {.name = "version", .required = true, .check = key_text},
                                                {.name = "values", .required = true, .check = check_values},
                                                {.name = "lacks", .check = check_lacks},
                                                {.name = "leaves_out", .check = check_leaves_out},
                                                {.name = NULL}};

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
    code = keys_check(&at, root, profile_rules, NULL, err);
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
    if (code == ERR_OK && strcmp(profile_name(profile), "any") != 0)
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

bool profile_leaves_out(const struct profile *profile, const char *feature)
{
    const json_t *list = json_object_get(json_object_get(profile->root, "leaves_out"), "features");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(json_string_value(json_array_get(list, i)), feature) == 0)
            return true;
    }
    return false;
}
