/* `transcheck manual`: the manual page. */
#include <stdio.h>

#include "harness/base/embed.h"
#include "harness/cli/commands.h"
#include "harness/cli/manual.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"

static int run(int argc, char **argv)
{
    struct arguments arguments;
    struct span template;
    int code = options_parse(&arguments, &command_manual, NULL, argc, argv);
    if (code >= 0)
        return code;
    if (!embed_find("docs/transcheck.1.in", &template)) {
        struct err err;
        err_set(&err, ERR_NOT_FOUND, "the manual page is not part of this binary");
        return options_fail(&command_manual, &err, OPTIONS_EXIT_USAGE);
    }
    manual_print(stdout, template);
    return stdio_flush("transcheck manual") ? 0 : OPTIONS_EXIT_USAGE;
}

const struct command command_manual = {
    .name = "manual",
    .summary = "write the manual page",
    .examples = "  transcheck manual | man -l -\n",
    .usages = (const char *const[]){"", NULL},
    .about = "Writes the manual page, in the man(7) macros. `make install` installs it.",
    .exits = "0 written; 2 usage, or standard output cannot be written.",
    .run = run,
};
