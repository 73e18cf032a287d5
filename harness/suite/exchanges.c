/* Cases of several exchanges: their keys, and each exchange as a case of its own. */
#include "harness/suite/exchanges.h"

#include <stdio.h>

#include "harness/suite/substitute.h"
#include "harness/suite/testcase_keys.h"

static const char *const connections[] = {"one", "each", NULL};

static const struct key_rule exchange_rules[] = {
    {.name = "count",
     .type = &key_number,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "so many exchanges (default 1)"},
    {.name = "rpc", .type = &key_text, .text = "as in a case"},
    {.name = "request",
     .required = true,
     .type = &key_object,
     .object = &testcase_request_object,
     .text = "as in a case"},
    {.name = "backend", .type = &testcase_steps, .max = SCRIPT_MAX_STEPS, .text = "as in a case"},
    {.name = "expect", .required = true, .type = &testcase_expect, .text = "as in a case"},
    {.name = NULL}};
const struct key_object exchange_object = {.name = "exchange", .rules = exchange_rules};

static size_t count_of(const json_t *object)
{
    const json_t *count = json_object_get(object, "count");
    return count ? (size_t)json_integer_value(count) : 1;
}

static size_t count_all(size_t first, const json_t *others)
{
    size_t count = first;
    for (size_t i = 0; i < json_array_size(others); i++)
        count += count_of(json_array_get(others, i));
    return count;
}

static enum err_code check_count(const struct place *at, size_t count, struct err *err)
{
    if (count >= 2 && count <= TESTCASE_MAX_EXCHANGES)
        return ERR_OK;
    return place_error(at, ERR_SYNTAX, err, "expected 2 to %d exchanges, not %zu", TESTCASE_MAX_EXCHANGES, count);
}

static enum err_code check_together(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    (void)rule, (void)user;
    return check_count(at, count_all(count_of(value), json_object_get(value, "others")), err);
}

static enum err_code check_then(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    enum err_code code = key_objects.check(at, value, rule, user, err);
    return code == ERR_OK ? check_count(at, count_all(1, value), err) : code;
}
const struct key_type exchanges_then = {.check = check_then,
                                        .form = "[{...}, ...]",
                                        .schema =
                                            "{'type': 'array', 'minItems': $min, 'maxItems': $max, 'items': $object}"};

static const struct key_rule together_rules[] = {
    {.name = "count",
     .type = &key_number,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "so many exchanges by the case's own `request`, `backend` and `expect` (default 1)"},
    {.name = "connections",
     .required = true,
     .type = &key_choice,
     .choices = connections,
     .text =
         "`\"one\"`: streams of one HTTP/2 connection (`clients` is `[\"h2\"]`); `\"each\"`: one for each exchange"},
    {.name = "others",
     .type = &key_objects,
     .object = &exchange_object,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "further exchanges, with the keys below"},
    {.name = NULL}};
const struct key_object together_object = {.name = "together", .rules = together_rules, .whole = check_together};

/* The further exchanges, and in *first how many are by the case's own keys. */
static const json_t *further(const json_t *source, size_t *first)
{
    const json_t *together = json_object_get(source, "together");
    const json_t *then = json_object_get(source, "then");
    *first = together ? count_of(together) : 1;
    return then ? then : json_object_get(together, "others");
}

bool exchanges_many(const json_t *source)
{
    return json_object_get(source, "together") || json_object_get(source, "then");
}

size_t exchanges_count(const json_t *source)
{
    size_t first;
    const json_t *others = further(source, &first);
    return count_all(first, others);
}

bool exchanges_share_connection(const json_t *source)
{
    return span_is(keys_span(json_object_get(json_object_get(source, "together"), "connections")), "one");
}

bool exchanges_in_turn(const json_t *source)
{
    return json_object_get(source, "then") != NULL;
}

/* ---- one exchange */

const json_t *exchanges_owner(const json_t *source, size_t number, size_t *index)
{
    size_t last;
    const json_t *list = further(source, &last);
    *index = SIZE_MAX;
    for (size_t i = 0; number > last && i < json_array_size(list); i++) {
        *index = i;
        last += count_of(json_array_get(list, i));
    }
    return *index == SIZE_MAX ? source : json_array_get(list, *index);
}

enum err_code exchanges_one(json_t **out, const struct place *at, const json_t *owner, size_t number, size_t *left,
                            struct err *err)
{
    static const char *const keys[] = {"rpc", "request", "backend", "expect"};
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    json_t *values = json_pack("{s:s}", EXCHANGES_NUMBER, text);
    json_t *made = json_object();
    const struct substitution substitution = {.values = values, .left = left};
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && code == ERR_OK; i++) {
        const json_t *value = json_object_get(owner, keys[i]);
        struct place inside = {.up = at, .key = keys[i]};
        json_t *filled = NULL;
        if (value)
            code = substitute(&filled, &substitution, &inside, value, err);
        if (code == ERR_OK && filled && json_object_set_new(made, keys[i], filled) != 0)
            code = place_error(&inside, ERR_NO_MEMORY, err, "the cases take too much memory");
    }
    json_decref(values);
    *out = code == ERR_OK ? made : NULL;
    if (code != ERR_OK)
        json_decref(made);
    return code;
}
