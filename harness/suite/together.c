/* Cases whose exchanges are played at once: their keys, and each exchange as a case of its own. */
#include "harness/suite/together.h"

#include "harness/suite/testcase_keys.h"

#define NUMBER          "{n}" /* in a text: the number of the exchange */
#define TEXT_OF_A_VALUE 64u   /* bytes, which count as one value more */

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
static const struct key_object exchange_object = {.name = "exchange", .rules = exchange_rules};

static size_t count_of(const json_t *object)
{
    const json_t *count = json_object_get(object, "count");
    return count ? (size_t)json_integer_value(count) : 1;
}

static size_t count_all(const json_t *together)
{
    size_t count = count_of(together);
    const json_t *others = json_object_get(together, "others");
    for (size_t i = 0; i < json_array_size(others); i++)
        count += count_of(json_array_get(others, i));
    return count;
}

static enum err_code check_count(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)rule, (void)user;
    size_t count = count_all(value);
    if (count >= 2 && count <= TESTCASE_MAX_EXCHANGES)
        return ERR_OK;
    return place_error(at, ERR_SYNTAX, err, "expected 2 to %d exchanges, not %zu", TESTCASE_MAX_EXCHANGES, count);
}

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
const struct key_object together_object = {.name = "together", .rules = together_rules, .whole = check_count};

size_t together_count(const json_t *source)
{
    const json_t *together = json_object_get(source, "together");
    return together ? count_all(together) : 1;
}

bool together_shares_connection(const json_t *source)
{
    return span_is(keys_span(json_object_get(json_object_get(source, "together"), "connections")), "one");
}

/* ---- one exchange */

struct expansion {
    size_t number;
    size_t *left; /* of suite->values_left */
};

static json_t *expand_text(const json_t *value, size_t number)
{
    struct span rest = span_of(json_string_value(value), json_string_length(value));
    struct buf text;
    if (!memmem(rest.data, rest.len, NUMBER, strlen(NUMBER)))
        return json_incref((json_t *)(uintptr_t)value);
    buf_init(&text, KEYS_MAX_BODY);
    while (rest.len > 0) {
        const uint8_t *found = memmem(rest.data, rest.len, NUMBER, strlen(NUMBER));
        size_t len = found ? (size_t)(found - rest.data) : rest.len;
        buf_append(&text, rest.data, len);
        rest = span_from(rest, len);
        if (found) {
            buf_printf(&text, "%zu", number);
            rest = span_from(rest, strlen(NUMBER));
        }
    }
    json_t *made = text.failed ? NULL : json_stringn((const char *)text.data, text.len);
    buf_fini(&text);
    return made;
}

/* Not deeper than KEYS_MAX_DEPTH, since keys_load read it. NULL when it is too much. */
static json_t *expand(const json_t *value, const struct expansion *expansion)
{
    const char *key;
    json_t *item;
    bool done = true;
    size_t cost = 1 + json_string_length(value) / TEXT_OF_A_VALUE;
    if (cost > *expansion->left)
        return NULL;
    *expansion->left -= cost;
    if (json_is_string(value))
        return expand_text(value, expansion->number);
    if (!json_is_array(value) && !json_is_object(value))
        return json_incref((json_t *)(uintptr_t)value);
    json_t *made = json_is_array(value) ? json_array() : json_object();
    for (size_t i = 0; i < json_array_size(value) && done; i++)
        done = json_array_append_new(made, expand(json_array_get(value, i), expansion)) == 0;
    json_object_foreach((json_t *)(uintptr_t)value, key, item) done =
        done && json_object_set_new(made, key, expand(item, expansion)) == 0;
    if (!done)
        json_decref(made);
    return done ? made : NULL;
}

static const json_t *owner_of(const json_t *source, size_t number, size_t *others)
{
    const json_t *together = json_object_get(source, "together");
    const json_t *list = json_object_get(together, "others");
    size_t last = count_of(together);
    *others = SIZE_MAX;
    for (size_t i = 0; number > last && i < json_array_size(list); i++) {
        *others = i;
        last += count_of(json_array_get(list, i));
    }
    return *others == SIZE_MAX ? source : json_array_get(list, *others);
}

json_t *together_exchange(const json_t *source, size_t number, size_t *left, size_t *others)
{
    const struct expansion expansion = {.number = number, .left = left};
    static const char *const keys[] = {"rpc", "request", "backend", "expect"};
    const json_t *owner = owner_of(source, number, others);
    json_t *made = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(owner, keys[i]);
        if (value && json_object_set_new(made, keys[i], expand(value, &expansion)) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}
