/* `transcheck config`: a complete configuration for a proxy. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/embedded_schema.h"
#include "harness/cli/envoy_config.h"
#include "harness/cli/options.h"

static int run(int argc, char **argv)
{
    struct config_envoy_options config = {.listen = "127.0.0.1:51051", .backend = "127.0.0.1:53000"};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_config, &config, argc, argv);
    if (code >= 0)
        return code;
    struct embedded_schema embedded;
    struct err err;
    code = 0;
    if (embedded_schema_init(&embedded, arguments.items[0], &err) != ERR_OK ||
        config_envoy_print(stdout, &config, buf_span(&embedded.descriptors), &err) != 0)
        code = options_fail(&command_config, &err, OPTIONS_EXIT_USAGE);
    embedded_schema_fini(&embedded);
    return code;
}

static void proxies(struct names *out)
{
    names_add(out, "envoy", 5);
}

/* Those that Envoy has filters for. */
static void envoy_modes(struct names *out)
{
    for (int i = 0; i < MODE_COUNT; i++) {
        if (config_envoy_has((enum mode)i))
            names_add(out, mode_names[i], strlen(mode_names[i]));
    }
}

static enum err_code take_mode(void *target, const char *value, struct err *err)
{
    (void)err;
    mode_from_name(span_cstr(value), target);
    return ERR_OK;
}

static const struct option_row rows[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     OPTION_TO_TEXT(struct config_envoy_options, listen),
     .text = "where the proxy listens (default 127.0.0.1:51051)"},
    {.name = "backend",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     OPTION_TO_TEXT(struct config_envoy_options, backend),
     .text = "where the suite's mock backend will listen (default 127.0.0.1:53000)"},
    {.name = "mode",
     .value = "NAME",
     .kind = OPTION_CHOICE,
     .noun = "Envoy filter for the mode",
     .names = envoy_modes,
     .take = take_mode,
     OPTION_TO(struct config_envoy_options, mode, enum mode),
     .text =
         "what stands in front of the proxy and behind it (default transcoder): transcoder, pass-through, grpc-web, "
         "http1-bridge, connect, gateway (aws_lambda), reverse-bridge, reverse-bridge-framed, reverse-transcoder"},
    {.name = "open-route",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct config_envoy_options, open_route),
     .text = "envoy: a route without `grpc: {}`, which passes unknown paths on to the backend"},
    {.name = NULL},
};

static const struct option_group groups[] = {{.title = "Options", .rows = rows}, {.rows = NULL}};

static const struct argument_row argument_rows[] = {
    {.name = "PROXY",
     .what = "the name of the proxy",
     .kind = OPTION_CHOICE,
     .noun = "configuration for",
     .names = proxies},
    {.name = NULL},
};

const struct command command_config = {
    .name = "config",
    .summary = "write a complete configuration for a proxy",
    .examples = "  transcheck config envoy > envoy.yaml\n"
                "  envoy -c envoy.yaml --concurrency 1 --use-dynamic-base-id --disable-hot-restart &\n"
                "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy\n",
    .usages =
        (const char *const[]){"PROXY [--mode NAME] [--listen ADDR:PORT] [--backend ADDR:PORT] [--open-route]", NULL},
    .about = "Writes a complete configuration of that proxy to standard output, with the suite's descriptors inlined. "
             "PROXY: envoy",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 written; 2 usage, or standard output cannot be written.",
    .run = run,
};
