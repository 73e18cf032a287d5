#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/net/versions.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
    {"run", cmd_run, "run the suite against a proxy and judge it"},
    {"list", cmd_list, "list the cases"},
    {"show", cmd_show, "show one case"},
    {"reference", cmd_reference, "the built-in reference transcoder, whole or with one planted defect"},
    {"backend", cmd_backend, "the mock gRPC backend by itself, or playing one case for whoever calls"},
    {"descriptors", cmd_descriptors, "write the descriptor set that a proxy has to load"},
    {"config", cmd_config, "write a complete configuration for a proxy"},
    {"report", cmd_report, "make HTML, JUnit and TAP from a results file"},
    {"convert", cmd_convert, "convert messages between ProtoJSON and binary"},
    {"route", cmd_route, "say which method and message an HTTP request means"},
};

static const size_t command_count = sizeof commands / sizeof commands[0];

static void usage(FILE *out)
{
    fputs(
        "Examples:\n"
        "  transcheck config envoy > envoy.yaml     # a configuration for your proxy; start the proxy with it, then:\n"
        "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy --html report.html\n"
        "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --select 'streaming/*' --verbose\n"
        "  transcheck show streaming/error-after-two-messages\n"
        "\n"
        "transcheck tests proxies that turn HTTP/JSON into gRPC: it sends crafted requests at the front, plays a "
        "scripted\n"
        "gRPC backend at the back, and judges what passed through.\n"
        "\n"
        "Commands:\n",
        out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`transcheck COMMAND --help` tells more. `transcheck --version` names the versions of what is inside.\n",
          out);
}

static int version(void)
{
    printf("transcheck %s (nghttp2 %s, curl %s, OpenSSL %s)\n", TRANSCHECK_VERSION, versions_nghttp2(), versions_curl(),
           versions_openssl());
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return version();
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            char called[32]; /* how messages, getopt_long's too, call the command */
            snprintf(called, sizeof called, "transcheck %s", commands[i].name);
            argv[1] = called;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "transcheck: there is no command '%.64s'; `transcheck --help` lists them\n", name);
    return 2;
}
