/* `transcheck reference`: the built-in transcoder as a program. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/cli/memory_option.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/net/address.h"
#include "harness/net/open_files.h"
#include "harness/reference/reference.h"

#define EXIT_CANNOT_SERVE 3

struct reference_command {
    const char *listen;
    const char *backend;
    const char *descriptors;
    const char *mode;
    const char *defect;
    uint64_t deadline_ms;
    uint64_t max_memory_mib;
    const char *cert;
    const char *key;
    bool tls;
    bool backend_tls;
    const char *binary_media_types;
    const char *trailers;
    const char *payload_format;
};

static int list_defects(void)
{
    for (int i = 1; i < DEFECT_COUNT; i++) {
        const struct defect_info *info = defects_get((enum defect)i);
        printf("%-34s %s\n", info->name, info->text);
    }
    return stdio_flush("transcheck reference") ? 0 : OPTIONS_EXIT_USAGE;
}

static int list_modes(void)
{
    for (int i = 0; i < MODE_COUNT; i++)
        printf("%-22s %s -> %s\n", mode_name((enum mode)i), mode_front((enum mode)i), mode_back((enum mode)i));
    return stdio_flush("transcheck reference") ? 0 : OPTIONS_EXIT_USAGE;
}

static void stop(void *user, int signum)
{
    (void)signum;
    loop_stop(user);
}

static bool is(const char *value, const char *other)
{
    return value && strcmp(value, other) == 0;
}

static enum err_code fill_options(struct reference_options *options, char host[2][256],
                                  const struct reference_command *command, struct err *err)
{
    enum err_code code = address_parse(host[0], 256, &options->listen_port, command->listen, err);
    if (code == ERR_OK)
        code = address_parse(host[1], 256, &options->backend_port, command->backend, err);
    options->listen_host = host[0];
    options->backend_host = host[1];
    options->gateway = (struct gateway_options){.text_bodies = is(command->binary_media_types, "off"),
                                                .no_trailers = is(command->trailers, "off"),
                                                .format_2 = is(command->payload_format, "2.0")};
    options->tls = command->tls || command->cert;
    options->cert_file = command->cert;
    options->key_file = command->key;
    options->backend_tls = command->backend_tls;
    options->deadline_ms = command->deadline_ms;
    if (command->mode && !mode_from_name(span_cstr(command->mode), &options->mode))
        return err_set(err, ERR_USAGE, "there is no such mode");
    if (command->defect && !defects_find(command->defect, &options->defect))
        return err_set(err, ERR_USAGE, "there is no such defect");
    return code;
}

/* Nothing can be given up here: that the memory is used up is told once. */
static bool tell_full(void *user)
{
    bool *told = user;
    if (!*told)
        fputs("warning: the limit of memory (--max-memory-mib) is reached: requests are refused\n", stderr);
    *told = true;
    return false;
}

/* The exit code, or -1: err says what is wrong. */
static int serve(struct loop *loop, struct budget *budget, const struct reference_command *command,
                 const struct schema *schema, struct err *err)
{
    char host[2][256];
    struct reference *reference;
    struct reference_options options = {.schema = schema, .budget = budget};
    if (fill_options(&options, host, command, err) != ERR_OK)
        return OPTIONS_EXIT_USAGE;
    if (loop_on_signal(loop, SIGINT, stop, loop, err) != ERR_OK ||
        loop_on_signal(loop, SIGTERM, stop, loop, err) != ERR_OK)
        return EXIT_CANNOT_SERVE;
    enum err_code code = reference_new(&reference, loop, &options, err);
    if (code != ERR_OK)
        return code == ERR_USAGE ? OPTIONS_EXIT_USAGE : EXIT_CANNOT_SERVE;
    bool v6 = strchr(host[0], ':') != NULL;
    fprintf(stderr, "listening on %s%s%s:%u\n", v6 ? "[" : "", host[0], v6 ? "]" : "",
            (unsigned)reference_port(reference));
    fflush(stderr);
    loop_run(loop);
    if (budget->refused > 0)
        fprintf(stderr, "%zu times something was refused because the memory was used up\n", budget->refused);
    reference_free(reference);
    return 0;
}

static int run(int argc, char **argv)
{
    struct reference_command command = {.max_memory_mib = BUDGET_DEFAULT_MIB};
    struct arguments arguments;
    struct err err = {.code = ERR_OK};
    struct schema *schema = NULL;
    struct loop *loop = NULL;
    bool told_full = false;
    struct budget budget = {.reclaim = tell_full, .user = &told_full};
    int code = options_parse(&arguments, &command_reference, &command, argc, argv);
    if (code >= 0)
        return code;
    open_files_raise();
    budget_of_process(&budget, command.max_memory_mib);
    if (engine_options_schema(&schema, command.descriptors, &err) != ERR_OK)
        code = OPTIONS_EXIT_USAGE;
    else if (loop_new(&loop, &err) != ERR_OK)
        code = EXIT_CANNOT_SERVE;
    else
        code = serve(loop, &budget, &command, schema, &err);
    if (code != 0)
        options_fail(&command_reference, &err, code);
    if (loop)
        loop_free(loop);
    schema_free(schema);
    return code;
}

static void switch_names(struct names *out)
{
    names_add(out, "on", 2);
    names_add(out, "off", 3);
}

static void format_names(struct names *out)
{
    names_add(out, "1.0", 3);
    names_add(out, "2.0", 3);
}

static const struct option_row gateway_rows[] = {
    {.name = "binary-media-types",
     .value = "on|off",
     .kind = OPTION_CHOICE,
     .noun = "setting",
     .names = switch_names,
     OPTION_TO_TEXT(struct reference_command, binary_media_types),
     .text = "off: bodies are UTF-8 text both ways, U+FFFD stands for other bytes, and the base64 of an answer is not "
             "decoded (default on: */*, with CONVERT_TO_BINARY)"},
    {.name = "trailers",
     .value = "on|off",
     .kind = OPTION_CHOICE,
     .noun = "setting",
     .names = switch_names,
     OPTION_TO_TEXT(struct reference_command, trailers),
     .text = "off: it knows nothing of gRPC; grpc-status stays among the headers, and there are no trailers, as with "
             "API Gateway (default on)"},
    {.name = "payload-format",
     .value = "1.0|2.0",
     .kind = OPTION_CHOICE,
     .noun = "format",
     .names = format_names,
     OPTION_TO_TEXT(struct reference_command, payload_format),
     .text = "the form of the events, and of what is read of answers: cookies in 2.0 (default 1.0)"},
    {.name = NULL},
};

static const struct option_row rows[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     .required = true,
     OPTION_TO_TEXT(struct reference_command, listen),
     .text = "where clients connect; port 0 picks one"},
    {.name = "backend",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     .required = true,
     OPTION_TO_TEXT(struct reference_command, backend),
     .text = "the gRPC server, or what the mode has behind it"},
    {.name = "tls",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct reference_command, tls),
     .text = "TLS for clients, with a throw-away certificate or that of --cert"},
    {.name = "cert",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "key",
     OPTION_TO_TEXT(struct reference_command, cert),
     .text = "TLS for clients with this certificate chain (PEM)"},
    {.name = "key",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "cert",
     OPTION_TO_TEXT(struct reference_command, key),
     .text = "its private key (PEM)"},
    {.name = "backend-tls",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct reference_command, backend_tls),
     .text = "TLS to the backend, whose certificate is not verified"},
    {.name = "descriptors",
     .value = "FILE.pb",
     .kind = OPTION_INPUT,
     OPTION_TO_TEXT(struct reference_command, descriptors),
     .text = "a FileDescriptorSet with google.api.http rules (default: the embedded one)"},
    {.name = "mode",
     .value = "NAME",
     .kind = OPTION_CHOICE,
     .noun = "mode",
     .names = names_modes,
     .listing = "--list-modes",
     OPTION_TO_TEXT(struct reference_command, mode),
     .text = "what it stands between (default transcoder)"},
    {.name = "list-modes",
     .kind = OPTION_SHOW,
     .show = list_modes,
     .text = "print the names of all modes, with what is in front and behind"},
    {.name = "defect",
     .value = "NAME",
     .kind = OPTION_CHOICE,
     .noun = "defect",
     .names = names_defects,
     .listing = "--list-defects",
     OPTION_TO_TEXT(struct reference_command, defect),
     .text = "plant this defect"},
    {.name = "list-defects",
     .kind = OPTION_SHOW,
     .show = list_defects,
     .text = "print the names of all defects, with what they do"},
    {.name = "deadline-ms",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 86400000,
     OPTION_TO_NUMBER(struct reference_command, deadline_ms),
     .text = "how long the backend may take (default 15000)"},
    MEMORY_OPTION(struct reference_command, max_memory_mib),
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Options", .rows = rows}, {.title = "With --mode gateway", .rows = gateway_rows}, {.rows = NULL}};

const struct command command_reference = {
    .name = "reference",
    .summary = "the built-in reference transcoder or bridge, whole or with one planted defect",
    .examples = "  transcheck reference --listen 127.0.0.1:51051 --backend 127.0.0.1:53000\n"
                "  transcheck reference --listen 127.0.0.1:0 --backend 127.0.0.1:53000 --defect missing-trailers-ok\n"
                "  transcheck reference --listen 127.0.0.1:0 --backend 127.0.0.1:53000 --mode gateway\n",
    .usages = (const char *const[]){"--listen ADDR:PORT --backend ADDR:PORT [options]", "--list-modes",
                                    "--list-defects", NULL},
    .about = "The built-in transcoder: HTTP/1.1 and HTTP/2 in front, gRPC behind. With --mode, a bridge. It is "
             "correct, or has one planted defect.",
    .groups = groups,
    .notes = "When it is ready, it prints one line to standard error: listening on ADDR:PORT",
    .exits = "0 when ended by SIGINT or SIGTERM; 2 usage, or a bad file; 3 when it cannot listen.",
    .run = run,
};
