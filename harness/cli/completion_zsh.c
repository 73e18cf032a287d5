/* The completion script for zsh. */
#include <stdbool.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/completion.h"

#define MAX_DESCRIPTION 72 /* bytes of what is told beside a completion */

static const char begin[] = "#compdef transcheck\n"
                            "# Completion of transcheck for zsh, made by `transcheck completion zsh`.\n"
                            "\n"
                            "_transcheck_cases() {\n"
                            "    local -a ids\n"
                            "    local line\n"
                            "    for line in ${(f)\"$(transcheck list 2>/dev/null)\"}; do\n"
                            "        ids+=(${${=line}[2]})\n"
                            "    done\n"
                            "    compadd -a ids\n"
                            "}\n"
                            "\n"
                            "_transcheck_names_or_files() {\n"
                            "    compadd -- \"$@\"\n"
                            "    _files\n"
                            "}\n"
                            "\n"
                            "# Without an action a message would stand in the way of the options.\n"
                            "_transcheck_nothing() {\n"
                            "    return 1\n"
                            "}\n";

/* Inside single quotes; what `special` names gets a backslash. */
static void put_quoted(FILE *out, const char *text, size_t len, const char *special)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            fputs("'\\''", out);
        else
            fprintf(out, "%s%c", strchr(special, text[i]) ? "\\" : "", text[i]);
    }
}

/* What is said first, up to where it goes on. */
static size_t short_len(const char *text)
{
    size_t len = strcspn(text, ";(");
    while (len > MAX_DESCRIPTION || (len > 0 && text[len - 1] == ' ')) {
        do
            len--;
        while (len > 0 && text[len - 1] != ' ');
        len -= len > 0;
    }
    return len;
}

static void put_action(FILE *out, enum option_kind kind, names_fn *names_of)
{
    struct names names;
    switch (kind) {
    case OPTION_CASE:
    case OPTION_GLOB:
        fputs("_transcheck_cases", out);
        return;
    case OPTION_FOLDER:
        fputs("_files -/", out);
        return;
    case OPTION_INPUT:
    case OPTION_OUTPUT:
        fputs("_files", out);
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
    if (!names_of) {
        fputs("_transcheck_nothing", out);
        return;
    }
    bool or_file = kind == OPTION_NAME_OR_FILE;
    names_init(&names);
    names_of(&names);
    fputs(or_file ? " _transcheck_names_or_files " : "(", out);
    for (size_t i = 0; i < names.count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", names.items[i]);
    fputs(or_file ? "" : ")", out);
    names_fini(&names);
}

static void put_option(FILE *out, const struct option_row *row)
{
    fprintf(out, "            '%s--%s%s[", row->repeats ? "*" : "", row->name, row->value ? "=" : "");
    put_quoted(out, row->text, short_len(row->text), "[]\\:");
    fputc(']', out);
    if (row->value) {
        fputc(':', out);
        put_quoted(out, row->value, strlen(row->value), ":\\");
        fputc(':', out);
        put_action(out, row->kind, row->names);
    }
    fputs("' \\\n", out);
}

static void put_command(FILE *out, const struct command *command)
{
    fprintf(out, "    %s)\n        _arguments -S \\\n", command->name);
    for (const struct option_group *group = command->groups; group && group->rows; group++) {
        for (const struct option_row *row = group->rows; row->name; row++)
            put_option(out, row);
    }
    for (const struct argument_row *row = command->arguments; row && row->name; row++) {
        fprintf(out, "            '%s:%s", row->repeats ? "*" : row->optional ? ":" : "", row->name);
        fputc(':', out);
        put_action(out, row->kind, row->names);
        fputs("' \\\n", out);
    }
    fputs("            '(-h --help)'{-h,--help}'[tell more]'\n        ;;\n", out);
}

void completion_print_zsh(FILE *out)
{
    fputs(begin, out);
    fputs("\n_transcheck() {\n    local -a commands=(\n", out);
    for (const struct command *const *command = commands_table; *command; command++) {
        fprintf(out, "        '%s:", (*command)->name);
        put_quoted(out, (*command)->summary, strlen((*command)->summary), ":\\");
        fputs("'\n", out);
    }
    fputs("        'help:tell more, of a command or of all'\n"
          "    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        if [[ $words[2] == -* ]]; then\n"
          "            compadd -- --help --version\n"
          "        else\n"
          "            _describe -t commands command commands\n"
          "        fi\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          out);
    for (const struct command *const *command = commands_table; *command; command++)
        put_command(out, *command);
    fputs("    help) _describe -t commands command commands ;;\n"
          "    esac\n"
          "}\n"
          "\n"
          "if [[ $funcstack[1] == _transcheck ]]; then\n"
          "    _transcheck \"$@\"\n"
          "else\n"
          "    compdef _transcheck transcheck\n"
          "fi\n",
          out);
}
