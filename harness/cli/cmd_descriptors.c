#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/embedded_schema.h"

static const char help[] =
    "Examples:\n"
    "  transcheck descriptors --profile envoy > descriptors.pb\n"
    "\n"
    "Usage: transcheck descriptors [--profile NAME|FILE]\n"
    "\n"
    "Writes the FileDescriptorSet of the suite's services to stdout, for the proxy to load. With a profile, services "
    "that\n"
    "this proxy is documented to refuse are left out; their cases are then reported as unsupported.\n";

int cmd_descriptors(int argc, char **argv)
{
    static const struct option options[] = {
        {"profile", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *profile = NULL;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'p') {
            profile = optarg;
        } else {
            fputs(help, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (optind != argc) {
        fputs("transcheck descriptors: takes no arguments; try --help\n", stderr);
        return 2;
    }
    if (isatty(STDOUT_FILENO)) {
        fputs("transcheck descriptors: the set is binary: send it to a file, as in `> descriptors.pb`\n", stderr);
        return 2;
    }
    struct embedded_schema embedded;
    struct err err;
    int code = 0;
    if (embedded_schema_init(&embedded, profile, &err) != ERR_OK) {
        fprintf(stderr, "transcheck descriptors: %s\n", err.text);
        code = 2;
    } else if (fwrite(embedded.descriptors.data, 1, embedded.descriptors.len, stdout) != embedded.descriptors.len ||
               fflush(stdout) != 0) {
        perror("transcheck descriptors: stdout");
        code = 2;
    }
    embedded_schema_fini(&embedded);
    return code;
}
