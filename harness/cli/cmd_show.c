/* `transcheck show`: one case, for a person. */
#include <stdio.h>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/cli/suite_options.h"
#include "harness/reference/defects.h"
#include "harness/suite/testcase_text.h"

static void print_defects(struct buf *out, const struct testcase *testcase)
{
    buf_append_cstr(out, "\nCatches (defects of `transcheck reference`)\n");
    for (size_t i = 0; testcase->defects[i]; i++) {
        enum defect defect;
        bool known = defects_find(testcase->defects[i], &defect);
        buf_printf(out, "  %s: %s\n", testcase->defects[i], known ? defects_get(defect)->text : "not known here");
    }
}

struct show_options {
    struct suite_options suite;
    bool body;
};

/* The bytes that the client sends, for a pipe. */
static enum err_code write_body(const struct testcase *testcase, struct err *err)
{
    struct span body = testcase->request.body;
    if (testcase->exchange_count > 0)
        return err_set(err, ERR_USAGE, "%s sends several requests", testcase->id);
    if (raw_request_given(&testcase->request.raw))
        return err_set(err, ERR_USAGE, "%s sends a raw request, which has no body of its own", testcase->id);
    fwrite(body.data ? body.data : (const uint8_t *)"", 1, body.len, stdout);
    return ERR_OK;
}

static int show(const struct show_options *options, const char *id)
{
    struct loaded_suite loaded;
    struct err err = {0};
    struct buf out;
    int code = OPTIONS_EXIT_USAGE;
    const struct testcase *testcase;
    buf_init(&out, 64u << 20);
    if (loaded_suite_init(&loaded, options->suite.cases, &err) != ERR_OK ||
        loaded_suite_find(&testcase, &loaded, id, &err) != ERR_OK) {
        options_fail(&command_show, &err, code);
    } else if (options->body && write_body(testcase, &err) != ERR_OK) {
        options_fail(&command_show, &err, code);
    } else if (options->body) {
        code = stdio_flush("transcheck show") ? 0 : OPTIONS_EXIT_USAGE;
    } else {
        testcase_print(&out, testcase);
        print_defects(&out, testcase);
        fwrite(out.data, 1, out.len, stdout);
        code = stdio_flush("transcheck show") ? 0 : OPTIONS_EXIT_USAGE;
    }
    buf_fini(&out);
    loaded_suite_fini(&loaded);
    return code;
}

static int run(int argc, char **argv)
{
    struct show_options options = {.body = false};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_show, &options, argc, argv);
    return code >= 0 ? code : show(&options, arguments.items[0]);
}

static const struct option_row rows[] = {
    {.name = "body",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct show_options, body),
     .text = "the bytes of the request's body and nothing else, for a pipe"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Options", .rows = rows},
    {.title = "Cases", .rows = suite_option_cases_rows, .offset = offsetof(struct show_options, suite)},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "CASE-ID", .what = "the id of a case", .kind = OPTION_CASE},
    {.name = NULL},
};

const struct command command_show = {
    .name = "show",
    .summary = "show one case",
    .examples = "  transcheck show streaming/error-after-two-messages\n"
                "  transcheck show error-after-two-messages       # when only one topic has it\n",
    .usages = (const char *const[]){"[--cases DIR] [--body] CASE-ID", NULL},
    .about = "Prints a case for a person: why it is there, what is sent, what the backend plays, what must be seen. "
             "`transcheck list` lists the ids.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 shown; 2 usage, a bad file, or there is no such case.",
    .run = run,
};
