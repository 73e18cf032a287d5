#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/suite_options.h"
#include "harness/net/address.h"
#include "harness/suite/keys.h"
#include "mock-backend/server.h"

#define MAX_CALL_MEMORY (8u << 20)
#define MAX_CALL_BODY   (4u << 20)
#define MAX_SCRIPT      (256u << 20)
#define MAX_LINE        4096u
#define CLIENT_POINT_MS 500

static const char help[] =
    "Examples:\n"
    "  transcheck backend --listen 127.0.0.1:53000\n"
    "  transcheck backend --listen 127.0.0.1:53000 --case streaming/error-after-two-messages\n"
    "  curl -i http://127.0.0.1:51051/v1/reservations?room=atrium      # through the proxy, in another terminal\n"
    "\n"
    "Usage: transcheck backend --listen ADDR:PORT [--case CASE-ID] [--cases DIR] [--descriptors FILE.pb]\n"
    "                          [--tls] [--cert FILE --key FILE] [--quiet]\n"
    "\n"
    "The mock gRPC backend by itself: HTTP/2 with prior knowledge, or TLS with ALPN h2. It prints its address and a "
    "line\n"
    "per call to stderr, and ends on SIGINT or SIGTERM. Port 0 picks a free port.\n"
    "\n"
    "  --case CASE-ID       play the backend of that case for every call. A point that only the suite's own client "
    "can\n"
    "                       see (client_has_messages) counts as reached after half a second.\n"
    "  --cases DIR          case files to use in place of the embedded ones\n"
    "  --descriptors FILE   a serialized FileDescriptorSet of the methods to serve, in place of the embedded one\n"
    "  --tls                TLS with a throw-away certificate; --cert and --key: TLS with that one\n"
    "  --quiet              no line per call\n"
    "\n"
    "Without --case a method of the descriptors is answered with OK: its request echoed where input and output are "
    "the\n"
    "same type, else one empty message. Others get UNIMPLEMENTED, a foreign content-type 415.\n";

struct command {
    const char *case_id;
    const char *cases;
    const char *descriptors;
    bool quiet;
    char host[256];
    struct backend_options options;
    struct loop *loop;
    struct backend *backend;
    struct loaded_suite loaded; /* of the case, or of the embedded descriptors */
    bool has_loaded;
    struct schema *schema; /* of --descriptors */
    struct arena arena;
    struct script script;
    bool has_script;
    struct played_call *calls; /* in flight */
};

/* A call that plays the case. */
struct played_call {
    struct played_call *next, **link;
    struct command *command;
    struct loop_timer *timer;
    struct arena arena;
    struct call_seen seen;
};

/* ---- lines */

static void put_field(struct buf *line, const struct fields *fields, const char *name)
{
    struct span value = fields_value(fields, name);
    escape_terminal_cut(line, value, 200);
}

static const char *how_ended(const struct call_seen *seen)
{
    if (seen->reset)
        return "reset by the caller";
    if (seen->conn_reset)
        return "connection reset by the caller";
    if (seen->conn_lost)
        return "connection closed by the caller";
    return seen->half_closed ? "complete" : "request not finished";
}

static void print_call(const struct call_seen *seen)
{
    struct buf line;
    buf_init(&line, MAX_LINE);
    buf_printf(&line, "conn %" PRIu32 " stream %" PRId32 " ", seen->conn, seen->stream);
    put_field(&line, &seen->headers, ":method");
    buf_append_cstr(&line, " ");
    put_field(&line, &seen->headers, ":path");
    buf_append_cstr(&line, " content-type: ");
    put_field(&line, &seen->headers, "content-type");
    buf_printf(&line, ", %" PRIu64 " bytes, %s", seen->body_len, how_ended(seen));
    fprintf(stderr, "%s\n", line.data ? (const char *)line.data : "");
    buf_fini(&line);
}

/* ---- calls that play a case */

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
    struct command *command = user;
    if (!command->has_script)
        return BACKEND_UNCLAIMED;
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
    call_seen_init(&call->seen, &call->arena, MAX_CALL_BODY);
    *plan = (struct backend_plan){.script = &command->script, .seen = &call->seen, .tag = call};
    return BACKEND_CLAIMED;
}

static void on_call_end(void *user, const struct backend_plan *plan)
{
    struct command *command = user;
    struct played_call *call = plan->tag;
    if (!command->quiet)
        print_call(&call->seen);
    played_call_free(call);
}

static void on_stray(void *user, const struct call_seen *seen)
{
    (void)user;
    print_call(seen);
}

/* ---- set-up */

static enum err_code load_schema(struct command *command, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, SCHEMA_MAX_BYTES);
    enum err_code rc = keys_read_file(&bytes, command->descriptors, SCHEMA_MAX_BYTES, err);
    if (rc == ERR_OK) {
        rc = schema_new(&command->schema, buf_span(&bytes), err);
        if (rc != ERR_OK)
            err_prefix(err, "%s", command->descriptors);
    }
    command->options.schema = command->schema;
    buf_fini(&bytes);
    return rc;
}

static enum err_code load_case(struct command *command, struct err *err)
{
    const struct testcase *testcase = suite_find(command->loaded.suite, command->case_id);
    if (!testcase) {
        struct buf id;
        buf_init(&id, 1024);
        escape_terminal_cut(&id, span_cstr(command->case_id), 200);
        err_set(err, ERR_USAGE, "there is no case '%s'; `transcheck list` lists them",
                id.data ? (const char *)id.data : "");
        buf_fini(&id);
        return ERR_USAGE;
    }
    if (!testcase->backend)
        return ERR_OK; /* nothing is expected to arrive; what does is answered as a gRPC server would */
    command->has_script = true;
    return script_compile(&command->script, testcase->backend, testcase->rpc, &command->arena, err);
}

static enum err_code load(struct command *command, struct err *err)
{
    if (command->descriptors && command->case_id)
        return err_set(err, ERR_USAGE, "--case plays on the embedded descriptors: --descriptors does not go with it");
    if (command->descriptors)
        return load_schema(command, err);
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

static enum err_code serve(struct command *command, struct err *err)
{
    enum err_code rc = load(command, err);
    if (rc != ERR_OK)
        return rc;
    struct backend_callbacks callbacks = {.on_stray = command->quiet ? NULL : on_stray};
    if (command->has_script) {
        callbacks.on_call = on_call;
        callbacks.on_call_end = on_call_end;
    }
    command->options.serve_default = !command->case_id;
    rc = loop_new(&command->loop, err);
    if (rc == ERR_OK)
        rc = loop_on_signal(command->loop, SIGINT, on_signal, command->loop, err);
    if (rc == ERR_OK)
        rc = loop_on_signal(command->loop, SIGTERM, on_signal, command->loop, err);
    if (rc == ERR_OK)
        rc = backend_new(&command->backend, command->loop, &command->options, &callbacks, command, err);
    if (rc != ERR_OK)
        return rc;
    if (!address_is_loopback(command->host))
        fprintf(stderr, "warning: %s is reachable from other machines; what calls it can see whatever a case plays\n",
                command->host);
    fprintf(stderr, "listening on %s%s%s:%u\n", strchr(command->host, ':') ? "[" : "", command->host,
            strchr(command->host, ':') ? "]" : "", (unsigned)backend_port(command->backend));
    loop_run(command->loop);
    return ERR_OK;
}

static void command_fini(struct command *command)
{
    backend_free(command->backend);
    while (command->calls)
        played_call_free(command->calls);
    loop_free(command->loop);
    schema_free(command->schema);
    if (command->has_loaded)
        loaded_suite_fini(&command->loaded);
    arena_fini(&command->arena);
}

enum backend_option { OPTION_LISTEN = 256, OPTION_CASE, OPTION_CASES, OPTION_DESCRIPTORS, OPTION_CERT, OPTION_KEY };

static const struct option long_options[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"case", required_argument, NULL, OPTION_CASE},
    {"cases", required_argument, NULL, OPTION_CASES},
    {"descriptors", required_argument, NULL, OPTION_DESCRIPTORS},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"tls", no_argument, NULL, 't'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static enum err_code take_option(struct command *command, int option, struct err *err)
{
    switch (option) {
    case OPTION_LISTEN:
        return address_parse(command->host, sizeof command->host, &command->options.port, optarg, err);
    case OPTION_CASE:
        command->case_id = optarg;
        return ERR_OK;
    case OPTION_CASES:
        command->cases = optarg;
        return ERR_OK;
    case OPTION_DESCRIPTORS:
        command->descriptors = optarg;
        return ERR_OK;
    case OPTION_CERT:
        command->options.cert_file = optarg;
        command->options.tls = true;
        return ERR_OK;
    case OPTION_KEY:
        command->options.key_file = optarg;
        return ERR_OK;
    case 't':
        command->options.tls = true;
        return ERR_OK;
    case 'q':
        command->quiet = true;
        return ERR_OK;
    default:
        return err_set(err, ERR_USAGE, "an option that is not known or lacks its value");
    }
}

static enum err_code parse(struct command *command, int argc, char **argv, bool *wants_help, struct err *err)
{
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "tqh", long_options, NULL)) != -1;) {
        if (option == 'h') {
            *wants_help = true;
            return ERR_OK;
        }
        enum err_code rc = take_option(command, option, err);
        if (rc != ERR_OK)
            return rc;
    }
    if (optind < argc)
        return err_set(err, ERR_USAGE, "it takes options only");
    if (!command->host[0])
        return err_set(err, ERR_USAGE, "--listen ADDR:PORT is needed");
    if (command->options.key_file && !command->options.cert_file)
        return err_set(err, ERR_USAGE, "--key needs --cert");
    command->options.address = command->host;
    return ERR_OK;
}

int cmd_backend(int argc, char **argv)
{
    struct command command = {0};
    struct err err = {0};
    bool wants_help = false;
    arena_init(&command.arena, MAX_SCRIPT);
    enum err_code rc = parse(&command, argc, argv, &wants_help, &err);
    if (rc == ERR_OK && wants_help)
        fputs(help, stdout);
    else if (rc == ERR_OK)
        rc = serve(&command, &err);
    if (rc != ERR_OK)
        fprintf(stderr, "transcheck backend: %s\n`transcheck backend --help` tells more\n", err.text);
    command_fini(&command);
    return rc == ERR_OK ? 0 : 2;
}
