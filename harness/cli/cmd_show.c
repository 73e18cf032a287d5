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

static int show(const char *cases, const char *id)
{
    struct loaded_suite loaded;
    struct err err = {0};
    struct buf out;
    int code = OPTIONS_EXIT_USAGE;
    const struct testcase *testcase;
    buf_init(&out, 64u << 20);
    if (loaded_suite_init(&loaded, cases, &err) != ERR_OK ||
        loaded_suite_find(&testcase, &loaded, id, &err) != ERR_OK) {
        options_fail(&command_show, &err, code);
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
    struct suite_options options = {.cases = NULL};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_show, &options, argc, argv);
    return code >= 0 ? code : show(options.cases, arguments.items[0]);
}

static const struct option_group groups[] = {{.title = "Options", .rows = suite_option_cases_rows}, {.rows = NULL}};

static const struct argument_row argument_rows[] = {
    {.name = "CASE-ID", .what = "the id of a case", .kind = OPTION_CASE},
    {.name = NULL},
};

const struct command command_show = {
    .name = "show",
    .summary = "show one case",
    .examples = "  transcheck show streaming/error-after-two-messages\n"
                "  transcheck show error-after-two-messages       # when only one topic has it\n",
    .usages = (const char *const[]){"[--cases DIR] CASE-ID", NULL},
    .about = "Prints a case for a person: why it is there, what is sent, what the backend plays, what must be seen. "
             "`transcheck list` lists the ids.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 shown; 2 usage, a bad file, or there is no such case.",
    .run = run,
};
