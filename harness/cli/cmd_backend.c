/* `transcheck backend`: the mock gRPC backend as a program. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/cli/memory_option.h"
#include "harness/cli/options.h"
#include "harness/cli/suite_options.h"
#include "harness/keys/keys.h"
#include "harness/net/address.h"
#include "harness/net/open_files.h"
#include "mock-backend/server.h"

#define EXIT_CANNOT_SERVE 3
#define MAX_CALL_MEMORY   (8u << 20)
#define MAX_CALL_BODY     (4u << 20)
#define MAX_LINE          4096u
#define CLIENT_POINT_MS   500
#define MAX_FUNCTION      (8u << 20) /* bytes of a function's answer; the invocation API takes 6 MiB */
#define MAX_EVENT_SHOWN   1000u
#define WAITING_MS        3600000u

struct backend_command {
    const char *case_id;
    const char *cases;
    const char *descriptors;
    const char *function; /* the file with its answer */
    const char *listen;
    bool quiet;
    char host[256];
    struct backend_options options;
    struct loop *loop;
    struct backend *backend;
    struct loaded_suite loaded; /* of the case, or of the embedded descriptors */
    bool has_loaded;
    struct schema *schema;       /* of --descriptors */
    const struct script *script; /* of the case; NULL: none */
    struct played_call *calls;   /* in flight */
    struct loop_timer *waiting;
    uint64_t max_memory_mib;
    struct budget budget;
    size_t limits[BACKEND_LIMIT_COUNT];
};

/* A call that plays the case. */
struct played_call {
    struct played_call *next, **link;
    struct backend_command *command;
    struct loop_timer *timer;
    struct arena arena;
    struct call_seen seen;
    struct script script; /* of --function */
};

/* ---- lines */

static void put_field(struct buf *line, const struct fields *fields, const char *name)
{
    struct span value = fields_value(fields, name);
    escape_terminal_cut(line, value, 200);
}

static const char *how_ended(const struct call_seen *seen)
{
    if (seen->over_budget)
        return "more than there is memory for";
    if (seen->malformed)
        return seen->malformed;
    if (seen->reset)
        return "reset by the caller";
    if (seen->conn_reset)
        return "connection reset by the caller";
    if (seen->conn_lost)
        return "connection closed by the caller";
    return seen->half_closed ? "complete" : "request not finished";
}

/* Each kind of limit is told once, when it is first met. */
static void on_limit(void *user, enum backend_limit what)
{
    static const char *const texts[BACKEND_LIMIT_COUNT] = {
        [BACKEND_STRAY_DROPPED] = "the oldest calls are reset",
        [BACKEND_IDLE_CLOSED] = "the connections that are idle for longest are closed for new ones",
        [BACKEND_TURNED_AWAY] = "calls and connections are refused",
    };
    struct backend_command *command = user;
    if (command->limits[what]++ == 0)
        fprintf(stderr,
                "warning: the limit of memory (%zu MiB, --max-memory-mib) or of connections (%d) is reached: %s\n",
                command->budget.max >> 20, BACKEND_MAX_CONNECTIONS, texts[what]);
}

static void print_call(const struct call_seen *seen)
{
    struct buf line;
    buf_init(&line, MAX_LINE);
    buf_printf(&line, "conn %" PRIu32 " ", seen->conn);
    if (seen->stream > 0)
        buf_printf(&line, "stream %" PRId32 " ", seen->stream);
    else
        buf_printf(&line, "%s ", seen->protocol);
    put_field(&line, &seen->headers, ":method");
    buf_append_cstr(&line, " ");
    put_field(&line, &seen->headers, ":path");
    buf_append_cstr(&line, " content-type: ");
    put_field(&line, &seen->headers, "content-type");
    buf_printf(&line, ", %" PRIu64 " bytes, %s", seen->body_len, how_ended(seen));
    fprintf(stderr, "%s\n", line.data ? (const char *)line.data : "");
    buf_fini(&line);
}

static void print_event(const struct call_seen *seen)
{
    struct buf line;
    buf_init(&line, 2 * MAX_LINE);
    buf_append_cstr(&line, "the function was given ");
    escape_terminal_cut(&line, buf_span(&seen->body), MAX_EVENT_SHOWN);
    fprintf(stderr, "%s\n", line.data ? (const char *)line.data : "");
    buf_fini(&line);
}

/* ---- calls that play a case or a function */

/* The script that gives the answer which stands in the file now. */
static enum err_code load_function(struct script *out, const char *path, struct arena *arena, struct err *err)
{
    struct buf text;
    json_t *answer = NULL;
    struct place at = {.key = path};
    buf_init(&text, MAX_FUNCTION);
    enum err_code rc = keys_read_file(&text, path, MAX_FUNCTION, err);
    if (rc == ERR_OK)
        rc = keys_load(&answer, path, buf_span(&text), MAX_FUNCTION, err);
    if (rc == ERR_OK)
        rc = script_of_function(out, answer, &at, arena, err);
    json_decref(answer);
    buf_fini(&text);
    return rc;
}

static void client_points(void *user)
{
    struct played_call *call = user;
    backend_signal(call->command->backend, call, SCRIPT_CLIENT_HAS_MESSAGES, SIZE_MAX);
}

static void played_call_free(struct played_call *call)
{
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    loop_timer_free(call->timer);
    call_seen_fini(&call->seen);
    arena_fini(&call->arena);
    free(call);
}

static enum backend_claim on_call(void *user, const struct backend_request *request, struct backend_plan *plan)
{
    (void)request;
    struct backend_command *command = user;
    const struct script *script = command->script;
    struct err err = {0};
    struct played_call *call = calloc(1, sizeof *call);
    if (!call)
        return BACKEND_UNCLAIMED;
    call->command = command;
    call->timer = loop_timer_new(command->loop, client_points, call);
    if (!call->timer) {
        free(call);
        return BACKEND_UNCLAIMED;
    }
    loop_timer_start(call->timer, CLIENT_POINT_MS);
    call->link = &command->calls;
    call->next = command->calls;
    if (call->next)
        call->next->link = &call->next;
    command->calls = call;
    arena_init(&call->arena, MAX_CALL_MEMORY);
    call->arena.budget = &command->budget;
    call_seen_init(&call->seen, &call->arena, MAX_CALL_BODY);
    if (command->function) {
        if (load_function(&call->script, command->function, &call->arena, &err) != ERR_OK) {
            fprintf(stderr, "warning: %s; the call is not answered by it\n", err.text);
            played_call_free(call);
            return BACKEND_UNCLAIMED;
        }
        script = &call->script;
    }
    *plan = (struct backend_plan){.script = script, .seen = &call->seen, .tag = call};
    return BACKEND_CLAIMED;
}

static void on_call_end(void *user, const struct backend_plan *plan)
{
    struct backend_command *command = user;
    struct played_call *call = plan->tag;
    if (!command->quiet)
        print_call(&call->seen);
    if (!command->quiet && command->function)
        print_event(&call->seen);
    played_call_free(call);
}

static void on_stray(void *user, const struct call_seen *seen)
{
    (void)user;
    print_call(seen);
}

/* ---- set-up */

static enum err_code load_case(struct backend_command *command, struct err *err)
{
    const struct testcase *testcase;
    enum err_code rc = loaded_suite_find(&testcase, &command->loaded, command->case_id, err);
    if (rc != ERR_OK || !testcase->backend)
        return rc; /* without a backend nothing is expected to arrive; what does is answered as a gRPC server would */
    command->script = &testcase->script;
    return ERR_OK;
}

static enum err_code check_function(const char *path, struct err *err)
{
    struct script script;
    struct arena arena;
    arena_init(&arena, MAX_CALL_MEMORY);
    enum err_code rc = load_function(&script, path, &arena, err);
    arena_fini(&arena);
    return rc;
}

static enum err_code load(struct backend_command *command, struct err *err)
{
    if (command->descriptors && command->case_id)
        return err_set(err, ERR_USAGE, "--case plays on the embedded descriptors: --descriptors does not go with it");
    if (command->function && (command->case_id || command->descriptors))
        return err_set(err, ERR_USAGE, "--function answers every call: --%s does not go with it",
                       command->case_id ? "case" : "descriptors");
    if (command->function) {
        enum err_code rc = check_function(command->function, err);
        if (rc != ERR_OK)
            return rc;
    }
    if (command->descriptors) {
        enum err_code rc = engine_options_schema(&command->schema, command->descriptors, err);
        command->options.schema = command->schema;
        return rc;
    }
    command->has_loaded = true;
    if (!command->case_id) {
        enum err_code rc = embedded_schema_init(&command->loaded.embedded, NULL, err);
        command->options.schema = command->loaded.embedded.schema;
        return rc;
    }
    enum err_code rc = loaded_suite_init(&command->loaded, command->cases, err);
    command->options.schema = command->loaded.embedded.schema;
    return rc == ERR_OK ? load_case(command, err) : rc;
}

static void on_signal(void *user, int signum)
{
    (void)signum;
    loop_stop(user);
}

static void on_turned_down(void *user)
{
    const struct backend_command *command = user;
    if (!command->quiet)
        fprintf(stderr, "a connection came, and met the listener \"%s\"\n",
                script_listener_name(command->script->listener.state));
}

static void wait_on(void *user)
{
    struct backend_command *command = user;
    loop_timer_start(command->waiting, WAITING_MS);
}

/* The state that the case says, for as long as the command runs: which is until a signal, also where nothing listens
 * that the loop would wait for. */
static enum err_code listen_as_case(struct backend_command *command, struct err *err)
{
    const struct script_listener *listener = &command->script->listener;
    command->waiting = loop_timer_new(command->loop, wait_on, command);
    if (!command->waiting)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    wait_on(command);
    fprintf(stderr, "the case has the listener \"%s\", here until the end: %s\n", script_listener_name(listener->state),
            script_listener_meaning(listener->state));
    return backend_listen(command->backend, listener, err);
}

static void tell_address(const struct backend_command *command)
{
    bool listens = !command->script || command->script->listener.state != LISTENER_CLOSED;
    bool ipv6 = strchr(command->host, ':') != NULL;
    fprintf(stderr, "%s on %s%s%s:%u\n", listens ? "listening" : "not listening", ipv6 ? "[" : "", command->host,
            ipv6 ? "]" : "", (unsigned)backend_port(command->backend));
}

static enum err_code serve(struct backend_command *command, struct err *err)
{
    struct backend_callbacks callbacks = {
        .on_stray = command->quiet ? NULL : on_stray, .on_limit = on_limit, .on_turned_down = on_turned_down};
    if (command->script || command->function) {
        callbacks.on_call = on_call;
        callbacks.on_call_end = on_call_end;
    }
    command->options.serve_default = !command->case_id && !command->function;
    open_files_raise();
    enum err_code rc = loop_new(&command->loop, err);
    if (rc == ERR_OK)
        rc = loop_on_signal(command->loop, SIGINT, on_signal, command->loop, err);
    if (rc == ERR_OK)
        rc = loop_on_signal(command->loop, SIGTERM, on_signal, command->loop, err);
    if (rc == ERR_OK)
        rc = backend_new(&command->backend, command->loop, &command->options, &callbacks, command, err);
    if (rc == ERR_OK && command->script && command->script->listener.state != LISTENER_KEPT)
        rc = listen_as_case(command, err);
    if (rc != ERR_OK)
        return rc;
    if (!address_is_loopback(command->host))
        fprintf(stderr, "warning: %s is reachable from other machines; what calls it can see whatever a case plays\n",
                command->host);
    tell_address(command);
    loop_run(command->loop);
    return ERR_OK;
}

static void command_fini(struct backend_command *command)
{
    backend_free(command->backend);
    while (command->calls)
        played_call_free(command->calls);
    loop_timer_free(command->waiting);
    loop_free(command->loop);
    schema_free(command->schema);
    if (command->has_loaded)
        loaded_suite_fini(&command->loaded);
}

static int run(int argc, char **argv)
{
    struct backend_command command = {.max_memory_mib = BUDGET_DEFAULT_MIB};
    struct arguments arguments;
    struct err err = {0};
    int code = options_parse(&arguments, &command_backend, &command, argc, argv);
    if (code >= 0)
        return code;
    command.options.tls = command.options.tls || command.options.cert_file;
    command.options.address = command.host;
    command.options.budget = &command.budget;
    budget_of_process(&command.budget, command.max_memory_mib);
    code = OPTIONS_EXIT_USAGE;
    enum err_code rc = address_parse(command.host, sizeof command.host, &command.options.port, command.listen, &err);
    if (rc == ERR_OK)
        rc = load(&command, &err);
    if (rc == ERR_OK) {
        rc = serve(&command, &err);
        code = rc == ERR_OK ? 0 : rc == ERR_USAGE ? OPTIONS_EXIT_USAGE : EXIT_CANNOT_SERVE;
    }
    if (code != 0)
        options_fail(&command_backend, &err, code);
    command_fini(&command);
    return code;
}

static const struct option_row rows[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     .required = true,
     OPTION_TO_TEXT(struct backend_command, listen),
     .text = "where the proxy connects; port 0 picks one"},
    {.name = "case",
     .value = "CASE-ID",
     .kind = OPTION_CASE,
     OPTION_TO_TEXT(struct backend_command, case_id),
     .text = "play the backend of that case for every call, and its listener from the start to the end; a point that "
             "only the suite's own client can see (client_has_messages) counts as reached after half a second"},
    {.name = "cases",
     .value = "DIR",
     .kind = OPTION_FOLDER,
     .with = "case",
     OPTION_TO_TEXT(struct backend_command, cases),
     .text = "case files to use in place of the embedded ones"},
    {.name = "function",
     .value = "FILE.json",
     .kind = OPTION_INPUT,
     OPTION_TO_TEXT(struct backend_command, function),
     .text = "be the invocation API of a function that answers this (statusCode, headers, body, isBase64Encoded), and "
             "print "
             "the events; the file is read for each call"},
    {.name = "descriptors",
     .value = "FILE.pb",
     .kind = OPTION_INPUT,
     OPTION_TO_TEXT(struct backend_command, descriptors),
     .text = "a serialized FileDescriptorSet of the methods to serve, in place of the embedded one"},
    {.name = "tls",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct backend_command, options.tls),
     .text = "TLS with a throw-away certificate, or that of --cert"},
    {.name = "cert",
     .value = "FILE",
     .kind = OPTION_INPUT,
     OPTION_TO_TEXT(struct backend_command, options.cert_file),
     .text = "TLS with this certificate chain (PEM)"},
    {.name = "key",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "cert",
     OPTION_TO_TEXT(struct backend_command, options.key_file),
     .text = "its private key (PEM), when it is in a file of its own"},
    MEMORY_OPTION(struct backend_command, max_memory_mib),
    {.name = "quiet", .kind = OPTION_FLAG, OPTION_TO_FLAG(struct backend_command, quiet), .text = "no line per call"},
    {.name = NULL},
};

static const struct option_group groups[] = {{.title = "Options", .rows = rows}, {.rows = NULL}};

const struct command command_backend = {
    .name = "backend",
    .summary = "the mock gRPC backend by itself, or playing one case for whoever calls",
    .examples =
        "  transcheck backend --listen 127.0.0.1:53000\n"
        "  transcheck backend --listen 127.0.0.1:53000 --case streaming/error-after-two-messages\n"
        "  transcheck backend --listen 127.0.0.1:53000 --function answer.json\n"
        "  curl -i http://127.0.0.1:51051/v1/reservations?room=atrium      # through the proxy, in another terminal\n",
    .usages = (const char *const[]){"--listen ADDR:PORT [options]", NULL},
    .about = "The mock gRPC backend by itself: HTTP/2 with prior knowledge, or TLS with ALPN h2; HTTP/1.1, too, which "
             "a case's "
             "script may speak. It prints its address and a line per call to standard error, and ends on SIGINT or "
             "SIGTERM.",
    .groups = groups,
    .notes =
        "Without --case a method of the descriptors is answered with OK: its request echoed where input and output "
        "are the same type, else one empty message. Others get UNIMPLEMENTED, a foreign content-type 415, HTTP/1.1 "
        "404.",
    .exits = "0 when ended by SIGINT or SIGTERM; 2 usage, or a bad file; 3 when it cannot listen.",
    .run = run,
};
