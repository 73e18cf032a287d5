#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/suite_options.h"
#include "harness/reference/defects.h"
#include "harness/suite/testcase_text.h"

static const char help[] =
    "Examples:\n"
    "  transcheck show streaming/error-after-two-messages\n"
    "  transcheck show error-after-two-messages       # when only one topic has it\n"
    "\n"
    "Usage: transcheck show [--cases DIR] CASE-ID\n"
    "\n"
    "Prints a case for a person: why it is there, what is sent, what the backend plays, what must be\n"
    "seen. `transcheck list` lists the ids.\n";

static const struct option long_options[] = {
    {"cases", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* By id, or by the part behind the topic when that names one case only. */
static const struct testcase *find(const struct suite *suite, const char *id)
{
    const struct testcase *found = suite_find(suite, id);
    size_t hits = 0;
    for (size_t i = 0; i < suite_count(suite) && !strchr(id, '/'); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        if (strcmp(strchr(testcase->id, '/') + 1, id) == 0) {
            found = testcase;
            hits++;
        }
    }
    return hits > 1 ? NULL : found;
}

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
    int exit_code = 2;
    buf_init(&out, 64u << 20);
    const struct testcase *testcase = NULL;
    if (loaded_suite_init(&loaded, cases, &err) != ERR_OK) {
        fprintf(stderr, "transcheck show: %s\n", err.text);
    } else if ((testcase = find(loaded.suite, id)) == NULL) {
        escape_terminal_cut(&out, span_cstr(id), 200);
        fprintf(stderr, "transcheck show: there is no case '%s'; `transcheck list` lists them\n",
                out.data ? (const char *)out.data : "");
    } else {
        testcase_print(&out, testcase);
        print_defects(&out, testcase);
        exit_code = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? 0 : 2;
    }
    buf_fini(&out);
    loaded_suite_fini(&loaded);
    return exit_code;
}

int cmd_show(int argc, char **argv)
{
    const char *cases = NULL;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return 0;
        case 'c':
            cases = optarg;
            break;
        default:
            fputs("`transcheck show --help` tells more\n", stderr);
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fputs("transcheck show: it takes one case id; `transcheck list` lists them\n", stderr);
        return 2;
    }
    return show(cases, argv[optind]);
}
