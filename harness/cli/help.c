/* `--help` from the tables of commands. */
#include "harness/cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "harness/cli/commands.h"

#define COLUMN 26 /* where the text of an option begins */

void help_put_words(FILE *out, const char *text, size_t indent, size_t at)
{
    bool first = true;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (!first && at + 1 + len > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
        at += len + (first ? 0 : 1);
        first = false;
        text += len + strspn(text + len, " ");
    }
    fputc('\n', out);
}

/* Paragraphs, with an empty line before each. */
static void put_paragraphs(FILE *out, const char *text)
{
    while (text && *text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        char *paragraph = strndup(text, len);
        fputc('\n', out);
        if (paragraph)
            help_put_words(out, paragraph, 0, 0);
        free(paragraph);
        text += len + (end ? 2 : 0);
    }
}

static void put_option(FILE *out, const struct option_row *row)
{
    int len = fprintf(out, "  --%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
    if (len + 2 > COLUMN)
        fprintf(out, "\n%*s", COLUMN, "");
    else
        fprintf(out, "%*s", COLUMN - len, "");
    char text[1024], range[64] = "";
    if (row->kind == OPTION_NUMBER)
        snprintf(range, sizeof range, "; from %llu to %llu", (unsigned long long)row->min,
                 (unsigned long long)row->max);
    snprintf(text, sizeof text, "%s%s%s", row->text, range, row->repeats ? "; may be given again" : "");
    help_put_words(out, text, COLUMN, COLUMN);
}

void help_print(FILE *out, const struct command *command)
{
    fprintf(out, "Examples:\n%s\n", command->examples);
    for (size_t i = 0; command->usages[i]; i++)
        fprintf(out, "%s transcheck %s%s%s\n", i == 0 ? "Usage:" : "      ", command->name,
                *command->usages[i] ? " " : "", command->usages[i]);
    put_paragraphs(out, command->about);
    for (const struct option_group *group = command->groups; group && group->rows; group++) {
        fprintf(out, "\n%s\n", group->title ? group->title : "Options");
        for (const struct option_row *row = group->rows; row->name; row++)
            put_option(out, row);
    }
    put_paragraphs(out, command->notes);
    if (command->exits) {
        fputs("\nExit code: ", out);
        help_put_words(out, command->exits, 0, strlen("Exit code: "));
    }
}

void help_print_program(FILE *out)
{
    fputs(
        "Examples:\n"
        "  transcheck config envoy > envoy.yaml     # a configuration for your proxy; start the proxy with it, then:\n"
        "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy --html report.html\n"
        "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --select 'streaming/*' --verbose\n"
        "  transcheck show streaming/error-after-two-messages\n",
        out);
    put_paragraphs(out,
                   "transcheck tests proxies that turn HTTP/JSON into gRPC: it sends crafted requests at the front, "
                   "plays a scripted gRPC backend at the back, and judges what passed through.");
    fputs("\nCommands:\n", out);
    for (const struct command *const *command = commands_table; *command; command++)
        fprintf(out, "  %-12s %s\n", (*command)->name, (*command)->summary);
    fputs("\n`transcheck COMMAND --help` tells more. `transcheck --version` names the versions of what is inside.\n",
          out);
}
