/* `transcheck waivers`: a waiver file from results, for a person to write the reasons into. */
#include <stdio.h>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/cli/waivers_draft.h"
#include "reports/results_reader.h"

#define MAX_FILE (64u << 20)

struct waivers_options {
    const char *from;
    const char *merge;
};

static void plural(size_t count, const char *one, const char *more)
{
    fprintf(stderr, "%zu %s", count, count == 1 ? one : more);
}

static void tell(const struct draft_counts *counts)
{
    fputs("transcheck waivers: ", stderr);
    plural(counts->entries, "entry", "entries");
    if (counts->unwritten > 0) {
        fputs("; ", stderr);
        plural(counts->unwritten, "waits", "wait");
        fputs(" for your words: each empty \"reason\". No run takes the file before", stderr);
    }
    if (counts->dropped > 0) {
        fputs("; ", stderr);
        plural(counts->dropped, "waiver of --merge does", "waivers of --merge do");
        fputs(" not fit any more", stderr);
    }
    if (counts->too_many > 0) {
        fputs("; ", stderr);
        plural(counts->too_many, "result has", "results have");
        fputs(" more reasons than are kept, which no waiver excuses", stderr);
    }
    fputc('\n', stderr);
}

static int print(const struct results *results, const struct waivers *kept)
{
    struct buf text;
    struct draft_counts counts;
    buf_init(&text, MAX_FILE);
    bool good = waivers_draft(&text, &counts, results, kept);
    if (good)
        fwrite(text.data, 1, text.len, stdout);
    else
        fprintf(stderr, "transcheck waivers: more than %u MiB of waivers\n", MAX_FILE >> 20);
    buf_fini(&text);
    good = stdio_flush("transcheck waivers") && good;
    if (good)
        tell(&counts);
    return good ? 0 : OPTIONS_EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    struct waivers_options options = {.from = NULL};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_waivers, &options, argc, argv);
    if (code >= 0)
        return code;
    struct results *results = NULL;
    struct waivers *kept = NULL;
    struct err err;
    enum err_code read = results_read_files(&results, &options.from, 1, false, &err);
    if (read == ERR_OK && options.merge)
        read = waivers_load(&kept, options.merge, NULL, &err); /* of cases as they were: their versions are compared */
    code = read == ERR_OK ? print(results, kept) : options_fail(&command_waivers, &err, OPTIONS_EXIT_USAGE);
    waivers_free(kept);
    results_free(results);
    return code;
}

static const struct option_row rows[] = {
    {.name = "from",
     .value = "RESULTS.ndjson",
     .kind = OPTION_INPUT,
     .required = true,
     .standard = true,
     OPTION_TO_TEXT(struct waivers_options, from),
     .text = "what `transcheck run --results FILE` wrote (- is standard input)"},
    {.name = "merge",
     .value = "NAME|FILE",
     .kind = OPTION_NAME_OR_FILE,
     .noun = "waiver file",
     .names = names_waivers,
     OPTION_TO_TEXT(struct waivers_options, merge),
     .text = "keep the entries of these waivers that excuse a result as it is now, or whose case was not played; whose "
             "case passes, or fails in another way, is left out or written anew"},
    {.name = NULL},
};

static const struct option_group groups[] = {{.title = "Options", .rows = rows}, {.rows = NULL}};

const struct command command_waivers = {
    .name = "waivers",
    .summary = "begin a waiver file from results, for you to give the reasons",
    .examples = "  transcheck waivers --from results.ndjson > waivers.json\n"
                "  transcheck waivers --from results.ndjson --merge envoy-1.40 > envoy-1.41.json\n",
    .usages = (const char *const[]){"--from RESULTS.ndjson [--merge NAME|FILE]", NULL},
    .about =
        "Writes a waiver file to standard output: an entry for each case that failed or was unstable, with its "
        "version, "
        "its reasons and what was observed; one for both clients where they agree.\n\n"
        "The `reason` of a new entry is empty: whether the proxy is at fault, and by which text, only a person can "
        "say. "
        "`transcheck run --waivers FILE` refuses the file and names the place until each is written. Leave out what "
        "turns out to be another's fault, the configuration's for instance.",
    .groups = groups,
    .exits = "0 written; 2 usage, results or waivers that cannot be read, or standard output cannot be written.",
    .run = run,
};
