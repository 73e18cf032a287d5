/* Opens, checks and writes the outputs of `run` and `report`. */
#include "harness/cli/report_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/base/temporary.h"
#include "reports/comparison.h"
#include "reports/results_reader.h"
#include "reports/summary.h"

#define RESULTS REPORT_FORMAT_COUNT /* index of the results among the outputs */
#define OUTPUTS (REPORT_FORMAT_COUNT + 1)

static const char *path_of(const struct report_files *files, size_t index)
{
    return index == RESULTS ? files->results : files->reports[index];
}

/* ---- opening */

static bool tell(const struct report_files *files, enum err_code code, const struct err *err)
{
    if (code != ERR_OK)
        log_error(files->log, "%s", err->text);
    return code == ERR_OK;
}

static bool open_outputs(struct report_files *files)
{
    bool good = true;
    for (size_t i = 0; i < OUTPUTS; i++) {
        char option[32];
        struct err err;
        files->outputs[i].stream = NULL;
        if (!path_of(files, i))
            continue;
        snprintf(option, sizeof option, "--%s", i == RESULTS ? "results" : report_formats[i].name);
        good = tell(files, output_open(&files->outputs[i], option, path_of(files, i), i == RESULTS, files->log, &err),
                    &err) &&
               good;
    }
    return good;
}

static bool check_distinct(const struct report_files *files)
{
    bool good = true;
    for (size_t i = 0; i < OUTPUTS; i++) {
        for (size_t j = i + 1; j < OUTPUTS; j++) {
            struct err err;
            if (files->outputs[i].stream && files->outputs[j].stream)
                good = tell(files, output_check_distinct(&files->outputs[i], &files->outputs[j], &err), &err) && good;
        }
    }
    return good;
}

/* No output is the file `st`. */
static bool check_not(const struct report_files *files, const struct stat *st, const char *what, bool through)
{
    bool good = true;
    for (size_t i = 0; i < OUTPUTS; i++) {
        const struct output *output = &files->outputs[i];
        struct err err;
        if (output->stream && (through || output->path.way != OUTPUT_THROUGH))
            good = tell(files, output_check_not(output, st, what, &err), &err) && good;
    }
    return good;
}

static bool check_inputs(const struct report_files *files, const char *const *inputs, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        bool is_stdin = strcmp(inputs[i], "-") == 0;
        if (is_stdin ? fstat(STDIN_FILENO, &st) == 0 : stat(inputs[i], &st) == 0)
            good = check_not(files, &st, "one of the files to read", true) && good;
    }
    return good;
}

/* A file that is replaced while our messages or the summary go to it as well would lose these. */
static bool check_standard(const struct report_files *files)
{
    struct stat st;
    bool good = fstat(STDOUT_FILENO, &st) != 0 || check_not(files, &st, "standard output", false);
    return (fstat(STDERR_FILENO, &st) != 0 || check_not(files, &st, "standard error", false)) && good;
}

enum err_code report_files_open(struct report_files *files, const char *const *inputs, size_t input_count)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves costs what it read, and no other output */
    bool good = open_outputs(files);
    good = check_distinct(files) && good;
    good = check_inputs(files, inputs, input_count) && good;
    good = check_standard(files) && good;
    for (size_t i = 0; i < OUTPUTS; i++)
        files->summary_to_stderr =
            files->summary_to_stderr || (files->outputs[i].stream && files->outputs[i].path.is_stdout);
    if (!good)
        report_files_close(files);
    return good ? ERR_OK : ERR_USAGE;
}

FILE *report_files_kept(struct report_files *files)
{
    if (!files->kept)
        files->kept = temporary_file();
    if (!files->kept)
        log_error(files->log, "no temporary file for the results: %s (TMPDIR names another folder)", strerror(errno));
    return files->kept;
}

FILE *report_files_stream(struct report_files *files)
{
    return files->outputs[RESULTS].stream;
}

/* ---- writing */

/* Ends an output into which a report was written, well or not. */
static bool end_output(struct report_files *files, struct output *output, enum err_code code, struct err *err)
{
    if (code != ERR_OK && output->error == 0) {
        err_prefix(err, "%s", output->label);
        output_discard(output);
    } else {
        code = output_close(output, err);
    }
    return tell(files, code, err);
}

/* How the summary looks where it goes to. */
static struct summary_options summary_for(const struct report_files *files, int fd)
{
    const char *unwanted = getenv("NO_COLOR");
    bool plain = files->no_color || (unwanted && *unwanted);
    bool terminal = isatty(fd);
    struct winsize size = {0};
    if (terminal && ioctl(fd, TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    return (struct summary_options){
        .color = terminal && !plain, .verbose = files->verbose, .rows = size.ws_row, .columns = size.ws_col};
}

static enum err_code put_summary(FILE *out, const struct results *results, const struct summary_options *options,
                                 struct err *err)
{
    return results->comparison ? report_comparison(out, results, err) : report_summary(out, results, options, err);
}

static bool write_summary(struct report_files *files, const struct results *results)
{
    struct output output;
    struct summary_options options;
    struct err err;
    if (files->quiet)
        return true;
    if (files->summary_to_stderr) {
        options = summary_for(files, STDERR_FILENO);
        return tell(files, put_summary(stderr, results, &options, &err), &err);
    }
    fflush(stdout);
    if (!tell(files, output_open(&output, "", "-", false, files->log, &err), &err))
        return false;
    options = summary_for(files, STDOUT_FILENO);
    enum err_code code = put_summary(output.stream, results, &options, &err);
    return end_output(files, &output, code, &err);
}

static bool write_report(struct report_files *files, size_t index, const struct results *results)
{
    struct output *output = &files->outputs[index];
    struct err err;
    if (!output->stream)
        return true;
    char *target = output->path.target ? strdup(output->path.target) : NULL;
    enum err_code code = report_formats[index].write(output->stream, results, &err);
    bool good = end_output(files, output, code, &err);
    if (good && target && index == REPORT_html && files->kept) { /* `report` is silent when all is well */
        struct buf text;
        buf_init(&text, 16384);
        escape_terminal(&text, span_cstr(target));
        buf_append_byte(&text, '\0');
        if (!text.failed)
            log_info(files->log, "report: file://%s", (const char *)text.data);
        buf_fini(&text);
    }
    free(target);
    return good;
}

bool report_files_write(struct report_files *files, const struct results *results)
{
    bool good = write_summary(files, results);
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++)
        good = write_report(files, i, results) && good;
    return good;
}

static bool end_results(struct report_files *files)
{
    struct output *output = &files->outputs[RESULTS];
    struct err err;
    if (!output->stream)
        return true;
    const char *target = output->path.way == OUTPUT_THROUGH ? NULL : output->path.target;
    files->results_target = target ? strdup(target) : NULL;
    return tell(files, output_close(output, &err), &err);
}

/* The kept stream to read from its start: as much of it as reached the disk, whatever became of the rest. */
static FILE *open_kept(struct report_files *files)
{
    fflush(files->kept);
    int fd = fcntl(fileno(files->kept), F_DUPFD_CLOEXEC, 3);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

/* From the kept stream; when that is damaged from the user's file; when that is, too, as much of the kept one as there
 * is. */
static enum err_code read_run(struct report_files *files, struct results **results, FILE *kept, bool file_is_whole,
                              struct err *err)
{
    const char *name = files->results ? files->results : "results";
    const char *target = files->results_target;
    enum err_code code = results_read_stream(results, kept, name, false, err);
    if (code != ERR_OK && target && file_is_whole)
        code = results_read_files(results, &target, 1, false, err);
    if (code != ERR_OK) {
        code = results_read_stream(results, kept, name, true, err);
        if (code == ERR_OK)
            log_error(files->log, "the reports hold only what could be kept of the results");
    }
    return code;
}

bool report_files_write_run(struct report_files *files)
{
    struct results *results = NULL;
    struct err err;
    bool good = end_results(files);
    FILE *kept = open_kept(files);
    enum err_code code = kept ? read_run(files, &results, kept, good, &err)
                              : err_set(&err, ERR_IO, "the results cannot be read: %s", strerror(errno));
    good = tell(files, code, &err) && report_files_write(files, results) && good;
    results_free(results);
    if (kept)
        fclose(kept);
    return good;
}

void report_files_close(struct report_files *files)
{
    for (size_t i = 0; i < OUTPUTS; i++) {
        if (files->outputs[i].stream)
            output_discard(&files->outputs[i]);
    }
    if (files->kept)
        fclose(files->kept);
    free(files->results_target);
    files->kept = NULL;
    files->results_target = NULL;
}
