/* Parsing of a command line by the tables of its command. */
#include "harness/cli/options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/base/nearest.h"
#include "harness/cli/commands.h"
#include "harness/cli/help.h"
#include "harness/cli/option_value.h"
#include "harness/cli/stdio.h"

#define MAX_OPTIONS 64 /* of one command */

struct parser {
    const struct command *command;
    char *values;
    char **argv;
    int argc;
    int at;
    uint64_t given; /* a bit per option, in the order of the tables */
    struct arguments *out;
    struct err *err;
};

/* An option of the command, and where it stands. */
struct found {
    const struct option_row *row;
    char *target;
    unsigned index;
};

/* ---- messages */

__attribute__((format(printf, 2, 0))) static void tell(const struct command *command, const char *format, va_list args)
{
    struct buf text, escaped;
    buf_init(&text, 8192);
    buf_init(&escaped, 65536);
    buf_vprintf(&text, format, args);
    escape_terminal(&escaped, buf_span(&text));
    fprintf(stderr, "transcheck %s: %.*s\n", command->name, SPAN_FMT(buf_span(&escaped)));
    buf_fini(&escaped);
    buf_fini(&text);
}

int options_usage(const struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(command, format, args);
    va_end(args);
    fprintf(stderr, "`transcheck %s --help` tells more\n", command->name);
    return OPTIONS_EXIT_USAGE;
}

__attribute__((format(printf, 2, 3))) static void tell_text(const struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(command, format, args);
    va_end(args);
}

int options_fail(const struct command *command, const struct err *err, int code)
{
    tell_text(command, "%s", err->text);
    return code;
}

/* ---- names of options */

static bool find(struct found *out, const struct parser *parser, const char *name, size_t len)
{
    *out = (struct found){.index = 0};
    for (const struct option_group *group = parser->command->groups; group && group->rows; group++) {
        for (const struct option_row *row = group->rows; row->name; row++, out->index++) {
            assert(out->index < MAX_OPTIONS);
            if (strlen(row->name) == len && memcmp(row->name, name, len) == 0) {
                out->row = row;
                out->target = parser->values ? parser->values + group->offset + row->offset : NULL;
                return true;
            }
        }
    }
    return false;
}

static bool has_option(const struct command *command, const char *name)
{
    struct parser parser = {.command = command};
    struct found found;
    return find(&found, &parser, name, strlen(name));
}

/* "; `transcheck run` and `transcheck report` have it", or nothing. */
static void who_has_it(struct buf *out, const struct command *command, const char *name)
{
    const char *last = NULL;
    for (const struct command *const *other = commands_table; *other; other++) {
        if (*other == command || !has_option(*other, name))
            continue;
        if (last)
            buf_printf(out, "%s`transcheck %s`", out->len > 0 ? ", " : "; ", last);
        last = (*other)->name;
    }
    if (last)
        buf_printf(out, "%s`transcheck %s` %s it", out->len > 0 ? " and " : "; ", last, out->len > 0 ? "have" : "has");
}

static void list_options(struct names *out, const struct command *command)
{
    char dashed[64];
    for (const struct option_group *group = command->groups; group && group->rows; group++) {
        for (const struct option_row *row = group->rows; row->name; row++) {
            int len = snprintf(dashed, sizeof dashed, "--%s", row->name);
            names_add(out, dashed, (size_t)len);
        }
    }
    names_add(out, "--help", strlen("--help"));
}

/* `word` has its dashes, and not its value. */
static enum err_code unknown_option(const struct parser *parser, struct span word)
{
    char text[128], quoted[OPTION_VALUE_SHOWN], hint[NEAREST_HINT_MAX];
    struct names names;
    struct buf elsewhere;
    size_t dashes = word.len > 1 && word.data[1] == '-' ? 2 : 1;
    names_init(&names);
    buf_init(&elsewhere, 512);
    list_options(&names, parser->command);
    snprintf(text, sizeof text, "--%.*s", SPAN_FMT(span_from(word, dashes)));
    if (!has_option(parser->command, text + 2))
        who_has_it(&elsewhere, parser->command, text + 2);
    const char *near = nearest_name(text, names.items, names.count);
    bool abbreviated = dashes == 2 && near && strncmp(near, text, strlen(text)) == 0;
    const char *more =
        elsewhere.len > 0 ? (const char *)elsewhere.data : nearest_hint(hint, text, names.items, names.count);
    snprintf(text, sizeof text, "%.*s", SPAN_FMT(word));
    err_set(parser->err, ERR_USAGE, "there is no option %s%s%s", option_value_quote(quoted, text),
            abbreviated ? " (names are not abbreviated)" : "", more);
    buf_fini(&elsewhere);
    names_fini(&names);
    return ERR_USAGE;
}

/* ---- values */

static const char *kind_noun(const struct option_row *row)
{
    return row->noun ? row->noun : row->name;
}

/* The value of an option that takes one: what follows '=', or the next word. NULL: it is missing, and err says so. */
static const char *value_of(struct parser *parser, const struct option_row *row, const char *after_equals)
{
    char quoted[OPTION_VALUE_SHOWN];
    struct found other;
    if (after_equals)
        return after_equals;
    if (parser->at >= parser->argc) {
        err_set(parser->err, ERR_USAGE, "--%s needs a value: %s", row->name, row->value);
        return NULL;
    }
    const char *next = parser->argv[parser->at];
    if (strncmp(next, "--", 2) == 0 && find(&other, parser, next + 2, strcspn(next + 2, "="))) {
        err_set(parser->err, ERR_USAGE, "--%s needs a value: %s; %s behind it is an option", row->name, row->value,
                option_value_quote(quoted, next));
        return NULL;
    }
    parser->at++;
    return next;
}

static enum err_code store(const struct found *found, const char *value, struct err *err)
{
    const struct option_row *row = found->row;
    char label[64];
    snprintf(label, sizeof label, "--%s", row->name);
    struct option_value rule = {.kind = row->kind,
                                .label = label,
                                .noun = kind_noun(row),
                                .standard = row->standard,
                                .min = row->min,
                                .max = row->max,
                                .names = row->names,
                                .listing = row->listing};
    uint64_t number = 0;
    enum err_code code = option_value_check(&number, &rule, value, err);
    if (code != ERR_OK)
        return code;
    if (row->take) {
        code = row->take(found->target, value, err);
        return code == ERR_OK ? ERR_OK : err_prefix(err, "%s", label);
    }
    if (row->kind == OPTION_NUMBER)
        memcpy(found->target, &number, sizeof number);
    else
        memcpy(found->target, &value, sizeof value);
    return ERR_OK;
}

/* -1: go on; else the exit code. */
static int take_option(struct parser *parser, const char *word)
{
    struct found found;
    size_t len = strcspn(word, "=");
    const char *after = word[len] == '=' ? word + len + 1 : NULL;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        help_print(stdout, parser->command);
        return stdio_flush("transcheck --help") ? 0 : OPTIONS_EXIT_USAGE;
    }
    if (word[1] != '-' || !find(&found, parser, word + 2, len - 2)) {
        unknown_option(parser, span_of(word, len));
        return OPTIONS_EXIT_USAGE;
    }
    const struct option_row *row = found.row;
    parser->given |= UINT64_C(1) << found.index;
    if (row->value) {
        const char *value = value_of(parser, row, after);
        return value && store(&found, value, parser->err) == ERR_OK ? -1 : OPTIONS_EXIT_USAGE;
    }
    if (after) {
        err_set(parser->err, ERR_USAGE, "--%s takes no value", row->name);
        return OPTIONS_EXIT_USAGE;
    }
    if (row->kind == OPTION_SHOW)
        return row->show();
    *(bool *)found.target = true;
    return -1;
}

/* ---- the whole line */

static enum err_code check_options(const struct parser *parser)
{
    unsigned index = 0;
    struct found with;
    for (const struct option_group *group = parser->command->groups; group && group->rows; group++) {
        for (const struct option_row *row = group->rows; row->name; row++, index++) {
            bool given = (parser->given >> index & 1) != 0;
            if (row->required && !given)
                return err_set(parser->err, ERR_USAGE, "--%s %s is missing: %s", row->name, row->value, row->text);
            if (!given || !row->with)
                continue;
            bool known = find(&with, parser, row->with, strlen(row->with));
            assert(known);
            (void)known;
            if (!(parser->given >> with.index & 1))
                return err_set(parser->err, ERR_USAGE, "--%s needs --%s, too", row->name, row->with);
        }
    }
    return ERR_OK;
}

static size_t most_arguments(const struct argument_row *row)
{
    size_t count = 0;
    for (; row && row->name; row++, count++) {
        if (row->repeats)
            return SIZE_MAX;
    }
    return count;
}

static enum err_code check_arguments(const struct parser *parser)
{
    const struct argument_row *row = parser->command->arguments;
    const char *const *items = (const char *const *)parser->out->items;
    char quoted[OPTION_VALUE_SHOWN];
    size_t max = most_arguments(row);
    if (parser->out->count > max)
        return err_set(parser->err, ERR_USAGE, "the argument %s is one too many: transcheck %s %s",
                       option_value_quote(quoted, items[max]), parser->command->name, parser->command->usages[0]);
    for (size_t i = 0; i < parser->out->count; i++) {
        struct option_value rule = {
            .kind = row->kind, .noun = row->noun, .standard = row->standard, .names = row->names};
        uint64_t number;
        enum err_code code = option_value_check(&number, &rule, items[i], parser->err);
        if (code != ERR_OK)
            return code;
        if (row->repeats && i + 1 == parser->out->count)
            return ERR_OK;
        row += !row->repeats;
    }
    return row && row->name && !row->optional
               ? err_set(parser->err, ERR_USAGE, "%s is missing: %s", row->what, row->name)
               : ERR_OK;
}

static int parse(struct parser *parser)
{
    bool ended = false;
    while (parser->at < parser->argc) {
        char *word = parser->argv[parser->at++];
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (ended || word[0] != '-' || !word[1]) {
            parser->out->items[parser->out->count++] = word; /* never ahead of what is read */
        } else {
            int code = take_option(parser, word);
            if (code >= 0)
                return code;
        }
    }
    return check_options(parser) == ERR_OK && check_arguments(parser) == ERR_OK ? -1 : OPTIONS_EXIT_USAGE;
}

int options_parse(struct arguments *out, const struct command *command, void *values, int argc, char **argv)
{
    struct err err = {.code = ERR_OK};
    *out = (struct arguments){.items = argv + 1};
    struct parser parser = {
        .command = command, .values = values, .argv = argv, .argc = argc, .at = 1, .out = out, .err = &err};
    int code = parse(&parser);
    if (code > 0 && err.text[0])
        return options_usage(command, "%s", err.text);
    return code;
}
