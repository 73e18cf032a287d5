/* `transcheck completion`: scripts that make shells complete commands, options and their values. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/completion.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {
    {"bash", completion_print_bash},
    {"zsh", completion_print_zsh},
};

#define SHELL_COUNT (sizeof shells / sizeof shells[0])

static void shell_names(struct names *out)
{
    for (size_t i = 0; i < SHELL_COUNT; i++)
        names_add(out, shells[i].name, strlen(shells[i].name));
}

static int run(int argc, char **argv)
{
    struct arguments arguments;
    int code = options_parse(&arguments, &command_completion, NULL, argc, argv);
    if (code >= 0)
        return code;
    for (size_t i = 0; i < SHELL_COUNT; i++) {
        if (strcmp(shells[i].name, arguments.items[0]) == 0)
            shells[i].print(stdout);
    }
    return stdio_flush("transcheck completion") ? 0 : OPTIONS_EXIT_USAGE;
}

static const struct argument_row argument_rows[] = {
    {.name = "SHELL", .what = "the name of the shell", .kind = OPTION_CHOICE, .noun = "shell", .names = shell_names},
    {.name = NULL},
};

const struct command command_completion = {
    .name = "completion",
    .summary = "write a completion script for a shell",
    .examples = "  . <(transcheck completion bash)                                # in this shell\n"
                "  transcheck completion zsh > \"${fpath[1]}/_transcheck\"          # in every new one\n",
    .usages = (const char *const[]){"SHELL", NULL},
    .about = "Writes a script that makes the shell complete commands, options, and names of cases, profiles, waivers, "
             "defects and leniencies. SHELL: bash or zsh. `make install` puts both scripts where the shells look for "
             "them.",
    .arguments = argument_rows,
    .exits = "0 written; 2 usage, or standard output cannot be written.",
    .run = run,
};
