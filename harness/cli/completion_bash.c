/* The completion script for bash 4 and later. It needs nothing beside bash. */
#include <stdbool.h>

#include "harness/cli/commands.h"
#include "harness/cli/completion.h"

static const char begin[] =
    "# Completion of transcheck for bash 4 and later, made by `transcheck completion bash`.\n"
    "\n"
    "# WORDS WORD [OPTION OF compgen...]\n"
    "_transcheck_reply()\n"
    "{\n"
    "    local words=$1 word=$2\n"
    "    shift 2\n"
    "    if (($# > 0)); then compopt -o filenames 2>/dev/null; fi\n"
    "    mapfile -t COMPREPLY < <(compgen \"$@\" -W \"$words\" -- \"$word\")\n"
    "}\n"
    "\n"
    "# WORD\n"
    "_transcheck_cases()\n"
    "{\n"
    "    local ids\n"
    "    ids=$(\"${COMP_WORDS[0]}\" list 2>/dev/null | while read -r _ id _; do echo \"$id\"; done)\n"
    "    _transcheck_reply \"$ids\" \"$1\"\n"
    "}\n"
    "\n"
    "_transcheck()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
    "    if [ \"$word\" = = ]; then # --option=\n"
    "        word=\n"
    "    elif [ \"$option\" = = ] && ((COMP_CWORD > 2)); then # --option=word\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    COMPREPLY=()\n";

static void put_names(FILE *out, names_fn *names_of)
{
    struct names names;
    names_init(&names);
    if (names_of)
        names_of(&names);
    for (size_t i = 0; i < names.count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", names.items[i]);
    names_fini(&names);
}

static void put_action(FILE *out, enum option_kind kind, names_fn *names)
{
    switch (kind) {
    case OPTION_CASE:
    case OPTION_GLOB:
        fputs("_transcheck_cases \"$word\"", out);
        return;
    case OPTION_FOLDER:
        fputs("_transcheck_reply '' \"$word\" -d", out);
        return;
    case OPTION_INPUT:
    case OPTION_OUTPUT:
        fputs("_transcheck_reply '' \"$word\" -f", out);
        return;
    case OPTION_FLAG:
    case OPTION_SHOW:
    case OPTION_TEXT:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_NAME_OR_FILE:
    case OPTION_ADDRESS:
        break;
    }
    if (!names) {
        fputs(":", out);
        return;
    }
    fputs("_transcheck_reply '", out);
    put_names(out, names);
    fprintf(out, "' \"$word\"%s", kind == OPTION_NAME_OR_FILE ? " -f" : "");
}

/* Values of options, each behind its option. */
static void put_values(FILE *out)
{
    fputs("    case \"$command $option\" in\n", out);
    for (const struct command *const *command = commands_table; *command; command++) {
        for (const struct option_group *group = (*command)->groups; group && group->rows; group++) {
            for (const struct option_row *row = group->rows; row->name; row++) {
                if (!row->value)
                    continue;
                fprintf(out, "    '%s --%s')\n        ", (*command)->name, row->name);
                put_action(out, row->kind, row->names);
                fputs("\n        return\n        ;;\n", out);
            }
        }
    }
    fputs("    esac\n", out);
}

static void put_options(FILE *out, const struct command *command)
{
    for (const struct option_group *group = command->groups; group && group->rows; group++) {
        for (const struct option_row *row = group->rows; row->name; row++)
            fprintf(out, "--%s ", row->name);
    }
    fputs("--help", out);
}

/* Options, and in the place of an argument what the first one may be. */
static void put_words(FILE *out)
{
    fputs("    case $command in\n", out);
    for (const struct command *const *command = commands_table; *command; command++) {
        const struct argument_row *row = (*command)->arguments;
        fprintf(out, "    %s)\n", (*command)->name);
        if (row && row->kind != OPTION_TEXT) {
            fputs("        if [[ $word != -* ]]; then\n            ", out);
            put_action(out, row->kind, row->names);
            fputs("\n            return\n        fi\n", out);
        }
        fputs("        _transcheck_reply '", out);
        put_options(out, *command);
        fputs("' \"$word\"\n        ;;\n", out);
    }
    fputs("    help) _transcheck_reply \"$commands\" \"$word\" ;;\n    esac\n", out);
}

void completion_print_bash(FILE *out)
{
    fputs(begin, out);
    fputs("    local commands='", out);
    for (const struct command *const *command = commands_table; *command; command++)
        fprintf(out, "%s ", (*command)->name);
    fputs("help'\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        _transcheck_reply \"$commands --help --version\" \"$word\"\n"
          "        return\n"
          "    fi\n",
          out);
    put_values(out);
    put_words(out);
    fputs("}\n\ncomplete -F _transcheck transcheck\n", out);
}
