/* The program: finds the subcommand and runs it. */
#include <stdio.h>
#include <string.h>

#include "harness/base/nearest.h"
#include "harness/cli/commands.h"
#include "harness/cli/help.h"
#include "harness/cli/option_value.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/net/versions.h"

#define COMMANDS_ROW(name) &command_##name,
const struct command *const commands_table[] = {COMMANDS(COMMANDS_ROW) NULL};
#undef COMMANDS_ROW

static int version(void)
{
    printf("transcheck %s (nghttp2 %s, curl %s, OpenSSL %s)\n", TRANSCHECK_VERSION, versions_nghttp2(), versions_curl(),
           versions_openssl());
    return stdio_flush("transcheck --version") ? 0 : OPTIONS_EXIT_USAGE;
}

static const struct command *find(const char *name)
{
    for (const struct command *const *command = commands_table; *command; command++) {
        if (strcmp((*command)->name, name) == 0)
            return *command;
    }
    return NULL;
}

/* A word in the place of a command that is none: prints the nearest, and what there is. */
static int no_such(const char *word)
{
    char quoted[OPTION_VALUE_SHOWN], hint[NEAREST_HINT_MAX];
    struct names names;
    bool option = word[0] == '-';
    names_init(&names);
    for (const struct command *const *command = commands_table; *command && !option; command++)
        names_add(&names, (*command)->name, strlen((*command)->name));
    names_add(&names, option ? "--help" : "help", option ? 6 : 4);
    if (option)
        names_add(&names, "--version", 9);
    fprintf(stderr, "transcheck: there is no %s %s%s\n`transcheck --help` tells more\n", option ? "option" : "command",
            option_value_quote(quoted, word), nearest_hint(hint, word, names.items, names.count));
    names_fini(&names);
    return 2;
}

/* `transcheck help [COMMAND]` */
static int help(int argc, char **argv)
{
    const struct command *command = argc > 2 ? find(argv[2]) : NULL;
    if (argc > 2 && !command)
        return no_such(argv[2]);
    if (command)
        help_print(stdout, command);
    else
        help_print_program(stdout);
    return stdio_flush("transcheck help") ? 0 : OPTIONS_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (!stdio_open()) {
        perror("transcheck: /dev/null");
        return OPTIONS_EXIT_USAGE;
    }
    if (argc < 2) {
        help_print_program(stderr);
        return 2;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return help(argc, argv);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return version();
    const struct command *command = find(name);
    return command ? command->run(argc - 1, argv + 1) : no_such(name);
}
