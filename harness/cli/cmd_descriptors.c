/* `transcheck descriptors`: the descriptor set that a proxy has to load. */
#include <stdio.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/embedded_schema.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"

struct descriptors_options {
    const char *profile;
};

static int run(int argc, char **argv)
{
    struct descriptors_options options = {.profile = NULL};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_descriptors, &options, argc, argv);
    if (code >= 0)
        return code;
    if (isatty(STDOUT_FILENO))
        return options_usage(&command_descriptors, "the set is binary: send it to a file, as in `> descriptors.pb`");
    struct embedded_schema embedded;
    struct err err;
    code = 0;
    if (embedded_schema_init(&embedded, options.profile, &err) != ERR_OK) {
        code = options_fail(&command_descriptors, &err, OPTIONS_EXIT_USAGE);
    } else {
        fwrite(embedded.descriptors.data, 1, embedded.descriptors.len, stdout);
        code = stdio_flush("transcheck descriptors") ? 0 : OPTIONS_EXIT_USAGE;
    }
    embedded_schema_fini(&embedded);
    return code;
}

static const struct option_row rows[] = {
    {.name = "profile",
     .value = "NAME|FILE",
     .kind = OPTION_NAME_OR_FILE,
     .noun = "profile",
     .names = names_profiles,
     OPTION_TO_TEXT(struct descriptors_options, profile),
     .text = "leave out the methods that this proxy is documented to refuse; their cases are then reported as "
             "unsupported"},
    {.name = NULL},
};

static const struct option_group groups[] = {{.title = "Options", .rows = rows}, {.rows = NULL}};

const struct command command_descriptors = {
    .name = "descriptors",
    .summary = "write the descriptor set that a proxy has to load",
    .examples = "  transcheck descriptors --profile envoy > descriptors.pb\n",
    .usages = (const char *const[]){"[--profile NAME|FILE]", NULL},
    .about = "Writes the FileDescriptorSet of the suite's services to standard output, for the proxy to load.",
    .groups = groups,
    .exits = "0 written; 2 usage, a bad file, or standard output cannot be written.",
    .run = run,
};
