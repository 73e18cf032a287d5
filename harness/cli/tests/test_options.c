/* Parsing of a command line: what comes out for what is right; that what is wrong ends it, with a message and code 2.
 * The words of the messages are in options_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Subcommands are not part of the library that tests link with. */
#include "harness/cli/help.c"
#include "harness/cli/names.c"
#include "harness/cli/option_value.c"
#include "harness/cli/options.c"
#include "harness/cli/stdio.c"

struct shared {
    uint64_t number;
};

struct values {
    bool flag;
    const char *text;
    const char *choice;
    const char *address;
    const char *input;
    struct shared shared;
    char taken[64];
};

static int shown;

static int show(void)
{
    shown++;
    return 7;
}

static void choices(struct names *out)
{
    names_add(out, "one", 3);
    names_add(out, "two", 3);
}

static enum err_code take(void *target, const char *value, struct err *err)
{
    char *taken = target;
    if (strcmp(value, "bad") == 0)
        return err_set(err, ERR_USAGE, "it is bad");
    strcat(strcat(taken, value), ";");
    return ERR_OK;
}

static const struct option_row shared_rows[] = {
    {.name = "number",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 2,
     .max = UINT64_MAX,
     OPTION_TO_NUMBER(struct shared, number),
     .text = "a number"},
    {.name = NULL},
};

static const struct option_row rows[] = {
    {.name = "flag", .kind = OPTION_FLAG, OPTION_TO_FLAG(struct values, flag), .text = "a flag"},
    {.name = "text", .value = "TEXT", .kind = OPTION_TEXT, OPTION_TO_TEXT(struct values, text), .text = "a text"},
    {.name = "text-with",
     .value = "TEXT",
     .kind = OPTION_TEXT,
     .with = "text",
     OPTION_TO_TEXT(struct values, text),
     .text = "the same"},
    {.name = "choice",
     .value = "one|two",
     .kind = OPTION_CHOICE,
     .noun = "choice",
     .names = choices,
     OPTION_TO_TEXT(struct values, choice),
     .text = "a choice"},
    {.name = "address",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     OPTION_TO_TEXT(struct values, address),
     .text = "an address"},
    {.name = "input",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .standard = true,
     OPTION_TO_TEXT(struct values, input),
     .text = "a file"},
    {.name = "take",
     .value = "TEXT",
     .kind = OPTION_TEXT,
     .repeats = true,
     .offset = offsetof(struct values, taken),
     .take = take,
     .text = "several"},
    {.name = "show", .kind = OPTION_SHOW, .show = show, .text = "something"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.rows = rows},
    {.title = "Shared", .rows = shared_rows, .offset = offsetof(struct values, shared)},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "FIRST", .what = "the first", .kind = OPTION_TEXT},
    {.name = "CHOICE",
     .what = "the choice",
     .kind = OPTION_CHOICE,
     .noun = "choice",
     .names = choices,
     .optional = true},
    {.name = NULL},
};

static const struct command plain = {
    .name = "plain",
    .summary = "a command",
    .examples = "  transcheck plain x\n",
    .usages = (const char *const[]){"[options] FIRST [CHOICE]", NULL},
    .about = "It does nothing.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 always.",
};

static const struct option_row needing_rows[] = {
    {.name = "needed",
     .value = "TEXT",
     .kind = OPTION_TEXT,
     .required = true,
     OPTION_TO_TEXT(struct values, text),
     .text = "a text"},
    {.name = NULL},
};
static const struct option_group needing_groups[] = {{.rows = needing_rows}, {.rows = NULL}};
static const struct argument_row many_rows[] = {
    {.name = "CHOICE", .what = "a choice", .kind = OPTION_CHOICE, .noun = "choice", .names = choices, .repeats = true},
    {.name = NULL},
};

static const struct command needing = {
    .name = "needing",
    .summary = "another command",
    .examples = "  transcheck needing --needed x one two\n",
    .usages = (const char *const[]){"--needed TEXT CHOICE...", NULL},
    .about = "It does nothing, too.",
    .groups = needing_groups,
    .arguments = many_rows,
    .exits = "0 always.",
};

const struct command *const commands_table[] = {&plain, &needing, NULL};

/* ---- runs of the parser */

#define MAX_WORDS 16

static struct values values;
static struct arguments arguments;
static char *words[MAX_WORDS];
static char told[2][4096]; /* standard output, standard error */

/* Sends a stream to a file until restore. */
static FILE *divert(int *saved, FILE *stream)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stream);
    *saved = dup(fileno(stream));
    assert_true(*saved >= 0 && dup2(fileno(file), fileno(stream)) >= 0);
    return file;
}

static void restore(char text[4096], int saved, FILE *stream, FILE *file)
{
    fflush(stream);
    assert_true(dup2(saved, fileno(stream)) >= 0);
    close(saved);
    rewind(file);
    text[fread(text, 1, 4095, file)] = '\0';
    fclose(file);
}

/* Parses words, ended by NULL; what it returns. */
static int parse_words(const struct command *command, ...)
{
    int argc = 1, saved[2];
    va_list args;
    memset(&values, 0, sizeof values);
    words[0] = (char *)(uintptr_t)command->name;
    va_start(args, command);
    while (argc < MAX_WORDS - 1 && (words[argc] = va_arg(args, char *)) != NULL)
        argc++;
    va_end(args);
    words[argc] = NULL;
    FILE *out = divert(&saved[0], stdout);
    FILE *err = divert(&saved[1], stderr);
    int code = options_parse(&arguments, command, &values, argc, words);
    restore(told[1], saved[1], stderr, err);
    restore(told[0], saved[0], stdout, out);
    return code;
}

/* It is refused, with a message that holds `said`, and nothing on standard output. */
#define EXPECT_WRONG(said, ...)                                                                                        \
    do {                                                                                                               \
        assert_int_equal(parse_words(__VA_ARGS__, NULL), 2);                                                           \
        assert_string_equal(told[0], "");                                                                              \
        if (!strstr(told[1], said))                                                                                    \
            fail_msg("%s", told[1]);                                                                                   \
    } while (0)

#define EXPECT_RIGHT(...)                                                                                              \
    do {                                                                                                               \
        assert_int_equal(parse_words(__VA_ARGS__, NULL), -1);                                                          \
        assert_string_equal(told[0], "");                                                                              \
        assert_string_equal(told[1], "");                                                                              \
    } while (0)

/* ---- tests */

static void test_values(void **state)
{
    (void)state;
    EXPECT_RIGHT(&plain, "x");
    assert_false(values.flag);
    assert_null(values.text);
    EXPECT_RIGHT(&plain, "--flag", "--text", "a b", "--choice", "two", "--address", "[::1]:0", "--number", "2", "x");
    assert_true(values.flag);
    assert_string_equal(values.text, "a b");
    assert_string_equal(values.choice, "two");
    assert_string_equal(values.address, "[::1]:0");
    assert_int_equal(values.shared.number, 2);
    EXPECT_RIGHT(&plain, "x", "--number=18446744073709551615", "--text=a=b", "--choice=one");
    assert_true(values.shared.number == UINT64_MAX);
    assert_string_equal(values.text, "a=b");
    EXPECT_RIGHT(&plain, "x", "--text=");
    assert_string_equal(values.text, "");
    EXPECT_RIGHT(&plain, "x", "--text", "");
    assert_string_equal(values.text, "");
}

static void test_order_of_words(void **state)
{
    (void)state;
    EXPECT_RIGHT(&plain, "first", "--flag", "one", "--text", "t");
    assert_int_equal(arguments.count, 2);
    assert_string_equal(arguments.items[0], "first");
    assert_string_equal(arguments.items[1], "one");
    EXPECT_RIGHT(&plain, "--flag", "--", "--text", "two");
    assert_string_equal(arguments.items[0], "--text");
    assert_string_equal(arguments.items[1], "two");
    assert_null(values.text);
    EXPECT_RIGHT(&plain, "--", "--");
    assert_string_equal(arguments.items[0], "--");
    EXPECT_RIGHT(&plain, "-");
    assert_string_equal(arguments.items[0], "-");
    EXPECT_RIGHT(&plain, "");
    assert_string_equal(arguments.items[0], "");
}

/* What begins with a dash is a value all the same, unless it is an option of this command. */
static void test_values_with_dashes(void **state)
{
    (void)state;
    EXPECT_RIGHT(&plain, "x", "--text", "-x");
    assert_string_equal(values.text, "-x");
    EXPECT_RIGHT(&plain, "x", "--text", "--nothing");
    assert_string_equal(values.text, "--nothing");
    EXPECT_RIGHT(&plain, "x", "--text", "--");
    assert_string_equal(values.text, "--");
    EXPECT_RIGHT(&plain, "x", "--text=--flag");
    assert_string_equal(values.text, "--flag");
    EXPECT_WRONG("--text needs a value: TEXT; '--flag' behind it", &plain, "x", "--text", "--flag");
    EXPECT_WRONG("--text needs a value: TEXT; '--number=3' behind it", &plain, "x", "--text", "--number=3");
    EXPECT_WRONG("--text needs a value: TEXT\n", &plain, "x", "--text");
}

static void test_given_again(void **state)
{
    (void)state;
    EXPECT_RIGHT(&plain, "x", "--text", "a", "--flag", "--text=b", "--flag", "--number=5", "--number=6");
    assert_string_equal(values.text, "b");
    assert_int_equal(values.shared.number, 6);
    EXPECT_RIGHT(&plain, "x", "--take", "a", "--take=b", "--take", "a");
    assert_string_equal(values.taken, "a;b;a;");
    EXPECT_WRONG("--take: it is bad\n", &plain, "x", "--take", "a", "--take", "bad");
}

static void test_wrong_names(void **state)
{
    (void)state;
    EXPECT_WRONG("did you mean '--text'?", &plain, "x", "--tex", "a");
    EXPECT_WRONG("(names are not abbreviated)", &plain, "x", "--tex", "a");
    EXPECT_WRONG("did you mean '--number'?", &plain, "x", "--nubmer=5");
    EXPECT_WRONG("there is no option '-x'", &plain, "-x", "x");
    EXPECT_WRONG("there is no option '--needed'; `transcheck needing` has it", &plain, "--needed", "x");
    EXPECT_WRONG("there is no option '---text'", &plain, "---text", "x");
    EXPECT_WRONG("there is no option '--'", &plain, "--=x", "x");
}

static void test_wrong_values(void **state)
{
    (void)state;
    EXPECT_WRONG("--flag takes no value", &plain, "x", "--flag=");
    EXPECT_WRONG("--show takes no value", &plain, "x", "--show=1");
    EXPECT_WRONG("from 2 to 18446744073709551615, found '1'", &plain, "x", "--number", "1");
    EXPECT_WRONG("found '18446744073709551616'", &plain, "x", "--number", "18446744073709551616");
    EXPECT_WRONG("found '18446744073709551621'", &plain, "x", "--number", "18446744073709551621");
    EXPECT_WRONG("found '-2'", &plain, "x", "--number", "-2");
    EXPECT_WRONG("--choice: there is no choice 'on'; did you mean 'one'?", &plain, "x", "--choice=on");
    EXPECT_WRONG("--address: ", &plain, "x", "--address=1.2.3.4");
    EXPECT_WRONG("--input: there is no file", &plain, "x", "--input=/no/such");
    EXPECT_RIGHT(&plain, "x", "--input=-");
    EXPECT_RIGHT(&plain, "x", "--input=/dev/null");
}

static void test_what_goes_together(void **state)
{
    (void)state;
    EXPECT_WRONG("--text-with needs --text, too", &plain, "x", "--text-with", "a");
    EXPECT_RIGHT(&plain, "x", "--text-with", "a", "--text", "b");
    EXPECT_WRONG("--needed TEXT is missing: a text", &needing, "one");
    EXPECT_WRONG("a choice is missing: CHOICE", &needing, "--needed=x");
    EXPECT_RIGHT(&needing, "one", "two", "--needed", "x", "one");
    assert_int_equal(arguments.count, 3);
    EXPECT_WRONG("there is no choice 'three'", &needing, "one", "two", "--needed", "x", "three");
}

static void test_arguments(void **state)
{
    (void)state;
    EXPECT_WRONG("the first is missing: FIRST", &plain, "--flag");
    EXPECT_WRONG("there is no choice 'x'", &plain, "x", "x");
    EXPECT_WRONG("the argument '3' is one too many: transcheck plain [options] FIRST [CHOICE]", &plain, "1", "one",
                 "3");
}

static void test_what_ends_at_once(void **state)
{
    (void)state;
    shown = 0;
    assert_int_equal(parse_words(&plain, "--show", "--nothing", NULL), 7);
    assert_int_equal(shown, 1);
    EXPECT_WRONG("there is no option '--nothing'", &plain, "--nothing", "--show");
    assert_int_equal(shown, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(parse_words(&needing, i == 0 ? "-h" : "--help", "--nothing", NULL), 0);
        assert_string_equal(told[1], "");
        assert_true(strncmp(told[0], "Examples:\n  transcheck needing --needed x one two\n", 50) == 0);
    }
}

static void test_help(void **state)
{
    (void)state;
    assert_int_equal(parse_words(&plain, "--help", NULL), 0);
    for (const char *const *part = (const char *const[]){"\nUsage: transcheck plain [options] FIRST [CHOICE]\n",
                                                         "\nOptions\n  --flag                  a flag\n",
                                                         "\n  --choice one|two        a choice\n",
                                                         "\n  --take TEXT             several; may be given again\n",
                                                         "\nShared\n  --number N              a number; from 2 to 1844",
                                                         "\nExit code: 0 always.\n", NULL};
         *part; part++) {
        if (!strstr(told[0], *part))
            fail_msg("%s is not in %s", *part, told[0]);
    }
}

static void test_messages_are_escaped(void **state)
{
    (void)state;
    EXPECT_WRONG("there is no option '--\\x1b[31m'", &plain, "--\x1b[31m");
    EXPECT_WRONG("'\\r\\n\\xff' is one too many", &plain, "a", "one", "\r\n\xff");
    struct err err;
    int saved;
    err_set(&err, ERR_IO, "%s", "a\x1b[31m\nb");
    FILE *file = divert(&saved, stderr);
    assert_int_equal(options_fail(&plain, &err, 3), 3);
    restore(told[1], saved, stderr, file);
    assert_string_equal(told[1], "transcheck plain: a\\x1b[31m\\nb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_order_of_words),
        cmocka_unit_test(test_values_with_dashes),
        cmocka_unit_test(test_given_again),
        cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_what_goes_together),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_what_ends_at_once),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_messages_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
