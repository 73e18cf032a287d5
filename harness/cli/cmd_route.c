/* `transcheck route`: what an HTTP request means. */
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/cli/options.h"
#include "harness/engine/http_rule/query.h"
#include "harness/engine/transcode/transcode.h"

struct route_command {
    struct engine_options engine;
    const char *http_rules;
    const char *body; /* as given */
    const char *content_type;
    const char *method;
    const char *path;
    bool all;
    struct transcode_options options;
    struct buf body_bytes;
    struct arena arena;
    struct err err;
};

static enum err_code take_body(struct route_command *command)
{
    struct err *err = &command->err;
    const char *body = command->body;
    if (!body)
        return ERR_OK;
    if (body[0] != '@')
        return buf_append_cstr(&command->body_bytes, body) ? ERR_OK : err_set(err, ERR_NO_MEMORY, "out of memory");
    if (!body[1])
        return err_set(err, ERR_USAGE, "--body: a file name follows the @; @- is standard input");
    return engine_options_read(&command->body_bytes, body + 1, err);
}

/* Whether the arguments are a method and a path, or none with --all; ERR_USAGE, ERR_IO of the body. */
static enum err_code take_arguments(struct route_command *command, const struct arguments *arguments)
{
    struct err *err = &command->err;
    command->options.json.lenient = command->engine.lenient;
    if (command->all && arguments->count > 0)
        return err_set(err, ERR_USAGE, "--all takes no METHOD and PATH");
    if (command->all)
        return ERR_OK;
    if (arguments->count < 2)
        return err_set(err, ERR_USAGE, "%s is missing: it takes METHOD and PATH, or --all",
                       arguments->count == 0 ? "the HTTP method" : "the path");
    command->method = arguments->items[0];
    command->path = arguments->items[1];
    if (!http_rule_is_method(span_cstr(command->method)))
        return err_set(err, ERR_USAGE, "the HTTP method is not a token (RFC 9110 section 5.6.2)");
    if (command->path[0] != '/')
        return err_set(err, ERR_USAGE, "a path begins with a slash");
    return take_body(command);
}

/* ---- printing */

static void print_json_text(struct span text)
{
    struct buf out;
    buf_init(&out, ENGINE_OPTIONS_MAX_INPUT);
    escape_json(&out, text);
    printf("%.*s", SPAN_FMT(buf_span(&out)));
    buf_fini(&out);
}

static void print_binding(FILE *out, const struct router_binding *binding)
{
    fprintf(out, "%-6.*s ", SPAN_FMT(binding->rule.method));
    engine_options_print_text(out, binding->rule.path);
    fprintf(out, "  %.*s", SPAN_FMT(binding->method->full_name));
    if (binding->index > 0)
        fprintf(out, " (additional binding %zu)", binding->index);
    fputc('\n', out);
}

static void print_part(const char *from, struct span name)
{
    printf("%-9s ", from);
    engine_options_print_text(stdout, name);
}

/* What the binding says of path, query, body and response, with the texts of this request. */
static void print_match(const struct route_command *command, const struct transcode_request *request)
{
    const struct router_binding *binding = request->match.binding;
    const struct schema_method *method = binding->method;
    struct query query;
    struct arena arena;
    print_part("method", method->full_name);
    printf("%s%s\n", method->client_streaming ? ", client streaming" : "",
           method->server_streaming ? ", server streaming" : "");
    printf("binding   %zu: %.*s ", binding->index, SPAN_FMT(binding->rule.method));
    engine_options_print_text(stdout, binding->rule.path);
    putchar('\n');
    for (size_t i = 0; i < request->match.capture_count; i++) {
        print_part("path", request->match.captures[i].variable->field_path);
        fputs(" = ", stdout);
        print_json_text(request->match.captures[i].value);
        putchar('\n');
    }
    struct leniency_set lenient = command->options.json.lenient;
    arena_init(&arena, ENGINE_OPTIONS_MAX_INPUT);
    if (query_parse(&query, request->query, leniency_has(lenient, LENIENCY_PLUS_IS_SPACE), &arena, NULL) != ERR_OK)
        query.count = 0;
    for (size_t i = 0; i < query.count; i++) {
        print_part("query", query.items[i].key);
        fputs(" = ", stdout);
        print_json_text(query.items[i].value);
        putchar('\n');
    }
    arena_fini(&arena);
    if (binding->body_all || binding->body_field)
        printf("body      %.*s%s, %zu bytes\n", SPAN_FMT(binding->rule.body),
               transcode_body_is_raw(binding) ? " (google.api.HttpBody: any bytes)" : "", command->body_bytes.len);
    else
        printf("body      none\n");
    if (binding->response_body_field)
        printf("response  %.*s\n", SPAN_FMT(binding->rule.response_body));
}

static void print_nearest(const struct router *router, const struct route_command *command, struct span path)
{
    const struct router_binding *found[5];
    size_t count = router_nearest(router, span_cstr(command->method), path, found, 5);
    if (count > 0)
        fprintf(stderr, "The nearest templates:\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "  ");
        print_binding(stderr, found[i]);
    }
}

/* ---- the command */

/* A query binds fields one by one, as ts.nanos, and what comes of it may be a value that JSON has no text for. */
static enum transcode_result no_json_form(struct route_command *command)
{
    err_prefix(&command->err, "the request message has no JSON form");
    return TRANSCODE_BAD_REQUEST;
}

/* The exit code; err says what is wrong. */
static int route(struct route_command *command, const struct router *router)
{
    struct leniency_set lenient = command->options.json.lenient;
    struct transcode_request request;
    struct buf message;
    struct buf json;
    buf_init(&message, ENGINE_OPTIONS_MAX_INPUT);
    buf_init(&json, ENGINE_OPTIONS_MAX_INPUT);
    enum transcode_result result = transcode_route(&request, router, lenient, span_cstr(command->method),
                                                   span_cstr(command->path), &command->arena, &command->err);
    if (result == TRANSCODE_NOT_FOUND || result == TRANSCODE_WRONG_METHOD) {
        fprintf(stderr, "transcheck route: %s\n", command->err.text);
        command->err.text[0] = '\0';
        print_nearest(router, command, request.path);
    }
    if (result == TRANSCODE_OK) {
        print_match(command, &request);
        result =
            transcode_stream_message(&request, &message, true, span_cstr(command->content_type),
                                     buf_span(&command->body_bytes), &command->options, &command->arena, &command->err);
    }
    if (result == TRANSCODE_OK) {
        const struct schema_message *input = request.match.binding->method->input;
        if (proto_to_json(&json, input, buf_span(&message), NULL, &command->arena, &command->err) == ERR_OK)
            printf("message   %.*s\n", SPAN_FMT(buf_span(&json)));
        else
            result = no_json_form(command);
    }
    buf_fini(&json);
    buf_fini(&message);
    return result == TRANSCODE_OK ? 0 : 1;
}

/* An annotation that is wrong: in which file. */
static enum err_code described(enum err_code code, struct route_command *command)
{
    if (code != ERR_OK && command->engine.descriptors)
        err_prefix(&command->err, "%s", command->engine.descriptors);
    return code;
}

/* The routes of the annotations, or of --http-rules where it has one. */
static enum err_code load_routes(struct router **out, struct route_command *command, const struct schema *schema)
{
    struct leniency_set *lenient = &command->options.json.lenient;
    struct schema *embedded = NULL;
    struct http_config *config = NULL;
    struct buf json;
    if (!command->http_rules)
        return described(router_new(out, schema, &(struct router_options){.lenient = *lenient}, &command->err),
                         command);
    buf_init(&json, HTTP_CONFIG_MAX_BYTES);
    enum err_code code = engine_options_read(&json, command->http_rules, &command->err);
    if (code == ERR_OK)
        code = engine_options_schema(&embedded, NULL, &command->err);
    if (code == ERR_OK) {
        const struct schema_message *http = schema_message_find(embedded, span_cstr("google.api.Http"));
        code = http_config_new(&config, schema, http, buf_span(&json), &command->err);
        if (code != ERR_OK)
            err_prefix(&command->err, "%s", command->http_rules);
    }
    if (code == ERR_OK)
        code = router_new(out, schema, &(struct router_options){.config = config, .lenient = *lenient}, &command->err);
    if (http_config_decodes_fully(config))
        leniency_add(lenient, LENIENCY_FULL_EXPANSION);
    http_config_free(config);
    schema_free(embedded);
    buf_fini(&json);
    return code;
}

static int print_all(const struct router *router)
{
    for (size_t i = 0; i < router_binding_count(router); i++)
        print_binding(stdout, router_binding_at(router, i));
    return 0;
}

/* The exit code. */
static int route_all(struct route_command *command)
{
    struct schema *schema = NULL;
    struct router *router = NULL;
    struct err flushed;
    int code = OPTIONS_EXIT_USAGE;
    if (engine_options_schema(&schema, command->engine.descriptors, &command->err) == ERR_OK &&
        load_routes(&router, command, schema) == ERR_OK)
        code = command->all ? print_all(router) : route(command, router);
    if (engine_options_flush(stdout, &flushed) != ERR_OK) {
        err_prefix(&flushed, "standard output");
        command->err = flushed;
        code = OPTIONS_EXIT_USAGE;
    }
    router_free(router);
    schema_free(schema);
    return code;
}

static int run(int argc, char **argv)
{
    struct route_command command = {.content_type = "application/json"};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_route, &command, argc, argv);
    if (code >= 0)
        return code;
    buf_init(&command.body_bytes, ENGINE_OPTIONS_MAX_INPUT);
    arena_init(&command.arena, ENGINE_OPTIONS_MAX_INPUT);
    if (take_arguments(&command, &arguments) != ERR_OK) {
        code = options_usage(&command_route, "%s", command.err.text);
    } else {
        code = route_all(&command);
        if (code != 0 && command.err.text[0])
            options_fail(&command_route, &command.err, code);
    }
    arena_fini(&command.arena);
    buf_fini(&command.body_bytes);
    return code;
}

#define TO_TEXT(member) OPTION_TO_TEXT(struct route_command, member)

static const struct option_row rows[] = {
    {.name = "http-rules",
     .value = "FILE.json",
     .kind = OPTION_INPUT,
     .standard = true,
     TO_TEXT(http_rules),
     .text =
         "a service configuration in JSON, of which the member `http` is read (google.api.Http): each of its rules "
         "overrides the annotation of the method that its selector names; of several for one method the last counts"},
    {.name = "body",
     .value = "JSON|@FILE",
     .kind = OPTION_TEXT,
     TO_TEXT(body),
     .text = "the request body; @- is standard input"},
    {.name = "content-type",
     .value = "TYPE",
     .kind = OPTION_TEXT,
     TO_TEXT(content_type),
     .text = "of the body, for google.api.HttpBody (default: application/json)"},
    {.name = "all",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct route_command, all),
     .text = "print every binding instead; takes no METHOD and PATH"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Options", .rows = rows},
    {.title = "Descriptors and leniencies",
     .rows = engine_option_rows,
     .offset = offsetof(struct route_command, engine)},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "METHOD", .what = "the HTTP method", .kind = OPTION_TEXT, .optional = true},
    {.name = "PATH", .what = "the path", .kind = OPTION_TEXT, .optional = true},
    {.name = NULL},
};

const struct command command_route = {
    .name = "route",
    .summary = "say which method and message an HTTP request means",
    .examples =
        "  transcheck route GET '/v1/reservations/7'\n"
        "  transcheck route --descriptors my.pb POST '/v1/shelves/1/books?page_size=5' --body '{\"title\":\"t\"}'\n"
        "  transcheck route --descriptors my.pb --lenient unknown-query,plus-is-space GET '/v1/books?q=a+b&x=1'\n",
    .usages = (const char *const[]){"[options] METHOD PATH", "[options] --all", NULL},
    .about =
        "Says which binding an HTTP request meets, what is bound from where, and the request message as JSON; or why "
        "there is none: the HTTP methods that this path has, and the templates that come nearest.",
    .groups = groups,
    .arguments = argument_rows,
    .exits =
        "0 the request means a message; 1 it does not (standard error says why); 2 usage, or a file that cannot be "
        "read.",
    .run = run,
};
