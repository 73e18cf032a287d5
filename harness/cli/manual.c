/* The manual page from the tables of commands. */
#include "harness/cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/vocabulary.h"
#include "harness/cli/commands.h"

/* One byte of text, as troff takes it. A dot or an apostrophe at the start of a line would be a request. */
static void put_byte(FILE *out, char c, bool first)
{
    switch (c) {
    case '\\':
        fputs("\\e", out);
        return;
    case '-':
        fputs("\\-", out);
        return;
    case '\'':
        fputs("\\(aq", out);
        return;
    case '^':
        fputs("\\(ha", out);
        return;
    case '~':
        fputs("\\(ti", out);
        return;
    case '.':
        fputs(first ? "\\&." : ".", out);
        return;
    default:
        fputc(c, out);
    }
}

static void put_plain(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put_byte(out, text[i], i == 0);
}

/* A sentence that begins in lower case and has no end: as one with both. `x` is bold. */
static void put_sentence(FILE *out, const char *text)
{
    bool bold = false;
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '`') {
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", out);
        } else {
            put_byte(out, i == 0 ? (char)toupper((unsigned char)text[i]) : text[i], i == 0);
        }
    }
    fputs(len > 0 && (text[len - 1] == '.' || text[len - 1] == ':') ? "\n" : ".\n", out);
}

static void put_paragraphs(FILE *out, const char *text)
{
    while (text && *text) {
        const char *end = strstr(text, "\n\n");
        char *paragraph = strndup(text, end ? (size_t)(end - text) : strlen(text));
        fputs(".PP\n", out);
        if (paragraph)
            put_sentence(out, paragraph);
        free(paragraph);
        text = end ? end + 2 : NULL;
    }
}

/* Names of options are bold, words in capitals italic. */
static void put_usage(FILE *out, const char *usage)
{
    while (*usage) {
        size_t option = strncmp(usage, "--", 2) == 0 ? strcspn(usage, " ]") : 0;
        size_t word = isupper((unsigned char)*usage) ? strcspn(usage, " ].") : 0;
        size_t len = option > 0 ? option : word > 0 ? word : 1;
        fputs(option > 0 ? "\\fB" : word > 0 ? "\\fI" : "", out);
        put_plain(out, usage, len);
        fputs(option + word > 0 ? "\\fR" : "", out);
        usage += len;
    }
    fputc('\n', out);
}

static void put_synopsis(FILE *out)
{
    for (const struct command *const *command = commands_table; *command; command++) {
        for (size_t i = 0; (*command)->usages[i]; i++) {
            fprintf(out, ".SY \"transcheck %s\"\n", (*command)->name);
            if (*(*command)->usages[i])
                put_usage(out, (*command)->usages[i]);
            fputs(".YS\n", out);
        }
    }
}

static void put_option(FILE *out, const struct option_row *row)
{
    fputs(".TP\n\\fB\\-\\-", out);
    put_plain(out, row->name, strlen(row->name));
    fputs("\\fR", out);
    if (row->value) {
        fputs(" \\fI", out);
        put_plain(out, row->value, strlen(row->value));
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put_sentence(out, row->text);
    if (row->kind == OPTION_NUMBER)
        fprintf(out, "From %llu to %llu.\n", (unsigned long long)row->min, (unsigned long long)row->max);
    if (row->repeats)
        fputs("May be given again.\n", out);
}

static void put_commands(FILE *out)
{
    for (const struct command *const *command = commands_table; *command; command++) {
        fprintf(out, ".SS \"transcheck %s\"\n", (*command)->name);
        put_sentence(out, (*command)->summary);
        put_paragraphs(out, (*command)->about);
        for (const struct option_group *group = (*command)->groups; group && group->rows; group++) {
            if (group->title)
                fprintf(out, ".PP\n\\fI%s\\fR\n", group->title);
            for (const struct option_row *row = group->rows; row->name; row++)
                put_option(out, row);
        }
        put_paragraphs(out, (*command)->notes);
    }
}

static void put_exits(FILE *out)
{
    for (const struct command *const *command = commands_table; *command; command++) {
        fprintf(out, ".TP\n.B %s\n", (*command)->name);
        put_sentence(out, (*command)->exits);
    }
}

static void put_term(FILE *out, const char *name, const char *meaning)
{
    fputs(".TP\n.B ", out);
    put_plain(out, name, strlen(name));
    fputc('\n', out);
    put_sentence(out, meaning);
}

static void put_verdicts(FILE *out)
{
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++)
        put_term(out, verdict_name((enum verdict)v), verdict_meaning((enum verdict)v));
}

static void put_kinds(FILE *out)
{
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++)
        put_term(out, reason_kind_name((enum reason_kind)kind), reason_kind_meaning((enum reason_kind)kind));
}

static void put_line(FILE *out, struct span line)
{
    static const char version[] = "@VERSION@";
    const char *at = memmem(line.data, line.len, version, strlen(version));
    if (!at) {
        fprintf(out, "%.*s\n", SPAN_FMT(line));
        return;
    }
    size_t before = (size_t)((const uint8_t *)at - line.data);
    fprintf(out, "%.*s%s%.*s\n", (int)before, (const char *)line.data, TRANSCHECK_VERSION,
            SPAN_FMT(span_from(line, before + strlen(version))));
}

void manual_print(FILE *out, struct span template)
{
    static const struct {
        const char *name;
        void (*put)(FILE *out);
    } parts[] = {{"@SYNOPSIS@", put_synopsis},
                 {"@COMMANDS@", put_commands},
                 {"@EXITS@", put_exits},
                 {"@VERDICTS@", put_verdicts},
                 {"@KINDS@", put_kinds}};
    size_t at = 0;
    while (at < template.len) {
        size_t end = span_index_of(template, '\n', at);
        struct span line = span_of(template.data + at, end - at);
        bool part = false;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !part; i++) {
            part = span_is(line, parts[i].name);
            if (part)
                parts[i].put(out);
        }
        if (!part)
            put_line(out, line);
        at = end + 1;
    }
}
