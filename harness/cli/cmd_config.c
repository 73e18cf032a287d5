#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/embedded_schema.h"
#include "harness/cli/envoy_config.h"

static const char help[] =
    "Examples:\n"
    "  transcheck config envoy > envoy.yaml\n"
    "  envoy -c envoy.yaml --concurrency 1 --use-dynamic-base-id --disable-hot-restart &\n"
    "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy\n"
    "\n"
    "Usage: transcheck config PROXY [--listen ADDR:PORT] [--backend ADDR:PORT] [--open-route]\n"
    "\n"
    "Writes a complete configuration of that proxy to stdout, with the suite's descriptors inlined. PROXY: envoy\n"
    "\n"
    "  --listen ADDR:PORT   where the proxy listens (default 127.0.0.1:51051)\n"
    "  --backend ADDR:PORT  where the suite's mock backend will listen (default 127.0.0.1:53000)\n"
    "  --open-route         envoy: a route without `grpc: {}`, which passes unknown paths on to the backend\n";

int cmd_config(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"backend", required_argument, NULL, 'b'},
                                            {"open-route", no_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct config_envoy_options config = {.listen = "127.0.0.1:51051", .backend = "127.0.0.1:53000"};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'l':
            config.listen = optarg;
            break;
        case 'b':
            config.backend = optarg;
            break;
        case 'o':
            config.open_route = true;
            break;
        default:
            fputs(help, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (optind + 1 != argc || strcmp(argv[optind], "envoy") != 0) {
        fprintf(stderr, "transcheck config: name one proxy: envoy; try --help\n");
        return 2;
    }
    struct embedded_schema embedded;
    struct err err;
    int code = 0;
    if (embedded_schema_init(&embedded, "envoy", &err) != ERR_OK ||
        config_envoy_print(stdout, &config, buf_span(&embedded.descriptors), &err) != 0) {
        fprintf(stderr, "transcheck config: %s\n", err.text);
        code = 2;
    }
    embedded_schema_fini(&embedded);
    return code;
}
