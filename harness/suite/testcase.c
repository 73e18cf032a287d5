/* One case: the table of its keys, and what it is made into. */
#include "harness/suite/testcase.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "harness/reference/defects.h"
#include "harness/suite/capabilities.h"
#include "harness/suite/check_impl.h"
#include "harness/suite/exchanges.h"
#include "harness/suite/family.h"
#include "harness/suite/suite_impl.h"
#include "harness/suite/testcase_keys.h"
#include "harness/suite/testcase_request.h"
#include "mock-backend/script.h"

/* ---- the case */

static enum err_code valid_behaviours(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      void *user, struct err *err)
{
    enum err_code code = key_texts.check(at, value, rule, user, err);
    for (size_t i = 0; code == ERR_OK && i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        const char *text = json_string_value(json_array_get(value, i));
        size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        size_t digits = text[letters] == '-' ? strspn(text + letters + 1, "0123456789") : 0;
        if (letters < 1 || letters > 3 || digits < 2 || digits > 3 || text[letters + 1 + digits] != '\0')
            return place_error(&inside, ERR_SYNTAX, err, "expected a row of the inventory, such as \"S-06\"");
    }
    return code;
}
static const struct key_type behaviours_type = {
    .check = valid_behaviours,
    .form = "[\"...\", ...]",
    .schema = "{'type': 'array', 'uniqueItems': true, 'minItems': $min, 'maxItems': $max, "
              "'items': {'type': 'string', 'pattern': '^[A-Z]{1,3}-[0-9]{2,3}$'}}"};

/* What needs the method is checked when that is known: see testcase_read. */
static enum err_code valid_later(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)at, (void)value, (void)rule, (void)user, (void)err;
    return ERR_OK;
}
const struct key_type testcase_steps = {
    .check = valid_later, .form = "[{...}, ...]", .schema = "{'type': 'array', 'maxItems': $max, 'items': @step}"};
const struct key_type testcase_expect = {.check = valid_later, .form = "{...}", .schema = "@expect"};

const char *const capability_names[] = {
#define CAPABILITY(name, text) name,
    CAPABILITIES_LIST(CAPABILITY)
#undef CAPABILITY
        NULL};
static const char *const defects[] = {
#define DEFECT_NAME(id, name, text) name,
    DEFECTS_LIST(DEFECT_NAME)
#undef DEFECT_NAME
        NULL};

static const struct key_rule case_rules[] = {
    {.name = "id", .required = true, .type = &key_case_id, .text = "`topic/kebab-words`; permanent"},
    {.name = "version",
     .required = true,
     .type = &key_number,
     .min = 1,
     .max = 1000000,
     .text = "1; rises when the behaviour of the case changes"},
    {.name = "level",
     .required = true,
     .type = &key_choice,
     .choices = level_names,
     .text = "`must`, `should`, `may` (rules below)"},
    {.name = "title", .required = true, .type = &key_text, .text = "what holds when the case passes, one sentence"},
    {.name = "why", .required = true, .type = &key_text, .text = "what goes wrong for a user when it does not"},
    {.name = "cites",
     .required = true,
     .type = &key_texts,
     .min = 1,
     .max = TESTCASE_MAX_LIST,
     .text = "non-empty list of references: `INV-1` ... `INV-6`, `http.proto`, `PROTOCOL-HTTP2 \"Status\"`, `RFC 9110 "
             "section 15.5.6`, `envoy#5011`"},
    {.name = "behaviours",
     .type = &behaviours_type,
     .min = 0,
     .max = TESTCASE_MAX_LIST,
     .text = "rows of the behaviour inventory (`transcheck list --behaviours`), e.g. `[\"S-06\"]` (may be empty)"},
    {.name = "needs",
     .type = &key_choices,
     .choices = capability_names,
     .min = 0,
     .max = TESTCASE_MAX_LIST,
     .text = "capabilities of the proxy, in the table below; without one of them the case is `unsupported`"},
    {.name = "clients",
     .type = &key_choices,
     .choices = client_names,
     .min = 1,
     .max = 2,
     .text = "`[\"h1\", \"h2\"]` (default: both)"},
    {.name = "defects",
     .required = true,
     .type = &key_choices,
     .choices = defects,
     .min = 1,
     .max = TESTCASE_MAX_LIST,
     .text =
         "names of defects of the reference transcoder (`transcheck reference --list-defects`) that the case catches: "
         "at least one"},
    {.name = "twin",
     .type = &key_case_name,
     .text = "for a negative case: the id of the case that differs in one thing and passes"},
    {.name = "disturbs",
     .type = &key_bool,
     .excludes = "then",
     .text = "true: may hurt its neighbours (connection faults, floods): runs alone, after all others"},
    {.name = "together",
     .type = &key_object,
     .object = &together_object,
     .excludes = "disturbs",
     .unless = "each",
     .text = "the case is several exchanges at once, below; its strings have the number of the exchange for `{n}`"},
    {.name = "then",
     .type = &exchanges_then,
     .object = &exchange_object,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .excludes = "together",
     .unless = "each",
     .text = "further exchanges, one after the other on one connection, below; strings have the number of their "
             "exchange for `{n}`"},
    {.name = "each",
     .type = &family_members,
     .min = 1,
     .max = FAMILY_MAX_MEMBERS,
     .text = "the case is a family: one case for each member, with its values for the `{name}`s in the strings, below"},
    {.name = "rpc",
     .type = &key_text,
     .unless = "each",
     .text =
         "the gRPC method meant, `package.Service/Method`; default: what the request's path and method are bound to"},
    {.name = "request",
     .required = true,
     .type = &key_object,
     .object = &testcase_request_object,
     .unless = "each",
     .text = "below"},
    {.name = "backend",
     .type = &testcase_steps,
     .max = SCRIPT_MAX_STEPS,
     .unless = "each",
     .text =
         "list of steps, below; absent: nothing is expected to arrive, and whatever does is answered as a gRPC server "
         "would"},
    {.name = "expect", .required = true, .type = &testcase_expect, .unless = "each", .text = "below"},
    {.name = NULL}};
const struct key_object testcase_object = {.name = "case", .rules = case_rules};

/* ---- making the case */

/* The method that `rpc` names, if it stands there. */
static enum err_code find_rpc(const struct schema_method **out, const struct suite *suite, const struct place *at,
                              const json_t *source, struct err *err)
{
    struct place inside = {.up = at, .key = "rpc"};
    const json_t *rpc = json_object_get(source, "rpc");
    *out = rpc ? schema_method_find(suite->schema, keys_span(rpc)) : NULL;
    if (rpc && !*out)
        return place_error(&inside, ERR_SYNTAX, err, "no method \"%s\" in the descriptors", json_string_value(rpc));
    return ERR_OK;
}

/* Which method is meant: what the path is bound to, or what `rpc` names. */
static enum err_code fill_method(struct testcase *out, struct suite *suite, const struct place *at,
                                 const json_t *source, struct err *err)
{
    struct router_match match = {0};
    struct span path = out->request.path;
    path.len = span_index_of(path, '?', 0);
    enum router_result result =
        router_match(suite->router, LENIENCY_NONE, out->request.method, path, &suite->arena, &match);
    if (result == ROUTER_BAD)
        return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    if (result == ROUTER_MATCHED) {
        out->binding = match.binding;
        out->rpc = match.binding->method;
    }
    const json_t *rpc = json_object_get(source, "rpc");
    if (!rpc)
        return ERR_OK;
    enum err_code code = find_rpc(&out->rpc, suite, at, source, err);
    if (out->binding && out->binding->method != out->rpc)
        out->binding = NULL;
    return code;
}

static enum front front_of(enum mode mode, const json_t *request)
{
    enum front front = front_of_mode(mode);
    const json_t *named = json_object_get(request, "protocol");
    if (named && mode != MODE_TRANSCODER)
        front_from_name(keys_span(named), &front);
    return front;
}

static unsigned client_mask(const json_t *list, unsigned otherwise)
{
    enum testcase_client client;
    unsigned mask = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        mask |= client_from_name(keys_span(json_array_get(list, i)), &client) ? (unsigned)client : 0;
    return mask != 0 ? mask : otherwise;
}

/* The clients that can send it. */
static unsigned clients_of(enum mode mode, const json_t *request)
{
    if (json_object_get(request, "raw"))
        return CLIENT_H1;
    return json_object_get(request, "raw_frames") ? CLIENT_H2 : front_clients(front_of(mode, request));
}

static bool fill_words(struct testcase *out, const json_t *source, struct arena *arena)
{
    out->id = json_string_value(json_object_get(source, "id"));
    out->version = (unsigned)json_integer_value(json_object_get(source, "version"));
    out->title = json_string_value(json_object_get(source, "title"));
    out->why = json_string_value(json_object_get(source, "why"));
    out->cites = keys_list(json_object_get(source, "cites"), arena);
    out->behaviours = keys_list(json_object_get(source, "behaviours"), arena);
    out->needs = keys_list(json_object_get(source, "needs"), arena);
    out->defects = keys_list(json_object_get(source, "defects"), arena);
    out->twin = json_string_value(json_object_get(source, "twin"));
    out->clients =
        client_mask(json_object_get(source, "clients"), clients_of(out->mode, json_object_get(source, "request")));
    out->disturbs = keys_flag(source, "disturbs");
    return level_from_name(keys_span(json_object_get(source, "level")), &out->level) && out->cites && out->behaviours &&
           out->needs && out->defects;
}

/* A case of a family has the id of the family with the name of its member. */
static bool name_member(struct testcase *out, const char *member, struct arena *arena)
{
    if (!member)
        return true;
    out->family = out->id;
    out->id = arena_printf(arena, "%s~%s", out->family, member);
    return out->id != NULL;
}

/* What spans several keys, whatever the exchanges are. */
static enum err_code check_whole(const struct testcase *testcase, const struct place *at, struct err *err)
{
    struct place id_at = {.up = at, .key = "id"};
    size_t len = strlen(testcase->topic);
    if (strncmp(testcase->id, testcase->topic, len) != 0 || testcase->id[len] != '/')
        return place_error(&id_at, ERR_SYNTAX, err, "expected an id that begins with \"%s/\"", testcase->topic);
    if (strlen(testcase->id) > RESULTS_MAX_ID)
        return place_error(&id_at, ERR_LIMIT, err, "longer than %u bytes with the name of its member", RESULTS_MAX_ID);
    if (testcase->twin && strcmp(testcase->twin, testcase->id) == 0)
        return place_error(at, ERR_SYNTAX, err, "the twin is the case itself");
    if (testcase->one_connection && testcase->clients != CLIENT_H2)
        return place_error(at, ERR_SYNTAX, err, "exchanges on one connection need \"clients\": [\"h2\"]");
    return ERR_OK;
}

/* What spans several keys of one exchange, whose protocol and request are known. */
static enum err_code check_exchange(const struct testcase *testcase, const struct place *at, struct err *err)
{
    if (testcase->clients & ~front_clients(testcase->front))
        return place_error(at, ERR_SYNTAX, err, "gRPC needs HTTP/2: \"clients\" is [\"h2\"]");
    if (testcase->request.turn_count > 0 && testcase->clients != CLIENT_H2)
        return place_error(at, ERR_SYNTAX, err, "\"turn_by_turn\" needs \"clients\": [\"h2\"]");
    const struct raw_request *raw = &testcase->request.raw;
    if (raw_request_given(raw) && (testcase->one_connection || testcase->in_turn))
        return place_error(at, ERR_SYNTAX, err, "exchanges on one connection need requests that are not raw");
    if (raw_request_given(raw) && testcase->clients != (unsigned)(raw->bytes.data ? CLIENT_H1 : CLIENT_H2))
        return place_error(at, ERR_SYNTAX, err, "\"raw\" is for the client h1, \"raw_frames\" for h2");
    for (size_t i = 0; i < testcase->request.action_count; i++) {
        if (testcase->request.actions[i].kind == ACTION_ABORT_BODY_AFTER && !testcase->request.has_body)
            return place_error(at, ERR_SYNTAX, err, "\"abort_body_after\" without a body");
        if (testcase->request.actions[i].kind == ACTION_STAY_MS && !raw->bytes.data)
            return place_error(at, ERR_SYNTAX, err, "\"stay_ms\" without \"raw\"");
    }
    return ERR_OK;
}

/* What is asked, answered and expected: `source` stands at `at`. */
static enum err_code read_exchange(struct testcase *out, struct suite *suite, const struct place *at,
                                   const json_t *source, struct err *err)
{
    struct arena *arena = &suite->arena;
    struct place expect_at = {.up = at, .key = "expect"};
    struct place backend_at = {.up = at, .key = "backend"};
    out->backend = json_object_get(source, "backend");
    out->expect = json_object_get(source, "expect");
    struct place request_at = {.up = at, .key = "request"};
    const json_t *request = json_object_get(source, "request");
    struct request_input input = {.front = front_of(out->mode, request), .arena = arena};
    out->front = input.front;
    out->back = out->mode == MODE_REVERSE_TRANSCODER ? suite->router : NULL;
    enum err_code code = out->mode != MODE_TRANSCODER ? find_rpc(&input.rpc, suite, at, source, err) : ERR_OK;
    if (code == ERR_OK)
        code = testcase_request_fill(&out->request, &input, &request_at, request, err);
    if (code == ERR_OK)
        code = check_exchange(out, at, err);
    out->rpc = input.rpc;
    if (code == ERR_OK && out->mode == MODE_TRANSCODER)
        code = fill_method(out, suite, at, source, err);
    if (code == ERR_OK && out->backend)
        code = script_compile(&out->script, out->backend, &backend_at, out->rpc, arena, err);
    if (code == ERR_OK)
        code = check_expectation(&expect_at, out->expect, out->rpc, out->binding, suite->schema, arena, err);
    if (code != ERR_OK)
        return code;
    out->expects_unreached = keys_flag(out->expect, "unreached");
    if (script_listener_takes_no_calls(&out->script.listener) && !out->expects_unreached)
        return place_error(&expect_at, ERR_SYNTAX, err,
                           "no call can reach such a backend: expected \"unreached\": true");
    out->checks_health = check_mentions(out->expect, "then_healthy", NULL);
    out->unjudged = keys_flag(out->expect, "anything") && json_object_size(out->expect) == 1;
    out->calls_allowed = out->unjudged ? UINT_MAX : out->expects_unreached ? 0 : check_calls_allowed(out->expect);
    return ERR_OK;
}

/* What the expectation says of others before it, or leaves to one behind it: it is `number` of `count`. */
static enum err_code check_place(const struct testcase *testcase, const struct place *at, size_t number, size_t count,
                                 struct err *err)
{
    struct place expect_at = {.up = at, .key = "expect"};
    size_t asked = check_earlier_asked(testcase->expect);
    bool any = check_mentions(testcase->expect, "anything", NULL);
    if (any && !(testcase->unjudged && testcase->in_turn && number < count))
        return place_error(&expect_at, ERR_SYNTAX, err, "\"anything\" stands alone, where another exchange follows");
    if (asked == 0 || (testcase->in_turn && asked < number))
        return ERR_OK;
    return place_error(&expect_at, ERR_SYNTAX, err, "there is no exchange %zu before it, in turn", asked);
}

/* Exchange `number` of a case with several. */
static enum err_code read_one_of_many(struct testcase *out, struct suite *suite, const struct place *at,
                                      const json_t *source, size_t number, size_t count, struct err *err)
{
    size_t index;
    json_t *expanded;
    const json_t *owner = exchanges_owner(source, number, &index);
    struct place together_at = {.up = at, .key = "together"};
    struct place others_at = {.up = &together_at, .key = "others"};
    struct place then_at = {.up = at, .key = "then"};
    struct place other_at = {.up = out->in_turn ? &then_at : &others_at, .index = index};
    const struct place *owner_at = index == SIZE_MAX ? at : &other_at;
    enum err_code code = exchanges_one(&expanded, owner_at, owner, number, &suite->values_left, err);
    if (code != ERR_OK)
        return code;
    if (!suite_keep(suite, expanded))
        return err_set(err, ERR_NO_MEMORY, "%s: the cases take too much memory", out->file);
    out->source = expanded;
    code = read_exchange(out, suite, owner_at, expanded, err);
    if (code == ERR_OK)
        code = check_place(out, owner_at, number, count, err);
    if (code == ERR_OK && out->in_turn && out->script.shares)
        return place_error(owner_at, ERR_SYNTAX, err, "the script awaits others, and they come one after the other");
    if (code == ERR_OK && index != SIZE_MAX && out->script.listener.state != LISTENER_KEPT)
        return place_error(&other_at, ERR_SYNTAX, err,
                           "a \"listener\" is there for all exchanges: it stands in the \"backend\" of the case");
    return code;
}

static enum err_code read_many(struct testcase *out, struct suite *suite, const struct place *at, const json_t *source,
                               struct err *err)
{
    size_t count = exchanges_count(source);
    struct testcase *exchanges = arena_calloc(&suite->arena, count, sizeof *exchanges);
    if (!exchanges)
        return err_set(err, ERR_NO_MEMORY, "%s: the cases take too much memory", out->file);
    bool healthy = false;
    for (size_t i = 0; i < count; i++) {
        exchanges[i] = *out;
        enum err_code code = read_one_of_many(&exchanges[i], suite, at, source, i + 1, count, err);
        if (code != ERR_OK)
            return code;
        healthy = healthy || exchanges[i].checks_health;
    }
    exchanges[0].checks_health = healthy;
    *out = exchanges[0];
    out->source = source;
    out->exchanges = exchanges;
    out->exchange_count = count;
    return ERR_OK;
}

static const char *pointer_of(const struct place *at, const char *member, struct arena *arena)
{
    struct place each_at = {.up = at, .key = "each"};
    struct place member_at = {.up = &each_at, .key = member};
    return place_text(member ? &member_at : at, arena);
}

enum err_code testcase_read(struct testcase **out, struct suite *suite, const struct place *at, const json_t *source,
                            const struct testcase_file *file, struct err *err)
{
    struct arena *arena = &suite->arena;
    struct testcase *made = arena_calloc(arena, 1, sizeof *made);
    bool many = exchanges_many(source);
    enum err_code code = keys_check(at, source, &testcase_object, suite, err);
    if (code != ERR_OK)
        return code;
    if (made)
        made->mode = file->mode;
    if (!made || !fill_words(made, source, arena) || !name_member(made, file->member, arena))
        return err_set(err, ERR_NO_MEMORY, "%s: the cases take too much memory", file->name);
    made->source = source;
    made->file = file->name;
    made->topic = file->topic;
    made->pointer = pointer_of(at, file->member, arena);
    made->one_connection = exchanges_share_connection(source);
    made->in_turn = exchanges_in_turn(source);
    code = check_whole(made, at, err);
    if (code == ERR_OK)
        code = many ? read_many(made, suite, at, source, err) : read_exchange(made, suite, at, source, err);
    if (code == ERR_OK && !many)
        code = check_place(made, at, 1, 1, err);
    if (code == ERR_OK && made->script.shares && !many)
        return place_error(at, ERR_SYNTAX, err, "the script awaits others, and there is no \"together\"");
    if (code == ERR_OK && made->script.listener.state != LISTENER_KEPT && !made->disturbs && !many)
        return place_error(at, ERR_SYNTAX, err,
                           "a \"listener\" is there for everybody: the case needs \"disturbs\": true, or \"together\"");
    *out = made;
    return code;
}
