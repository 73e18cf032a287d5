#include "harness/cli/report_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/formats.h"
#include "reports/results_reader.h"
#include "reports/summary.h"

typedef enum err_code report_fn(FILE *out, const struct results *results, struct err *err);

static enum err_code write_file(const char *path, const struct results *results, report_fn *report, struct err *err)
{
    if (!path)
        return ERR_OK;
    if (strcmp(path, "-") == 0) {
        enum err_code code = report(stdout, results, err);
        return code == ERR_OK && fflush(stdout) != 0 ? err_set(err, ERR_IO, "stdout: %s", strerror(errno)) : code;
    }
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.part", path) < 0)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    FILE *out = fopen(temporary, "w");
    enum err_code code =
        out ? report(out, results, err) : err_set(err, ERR_IO, "cannot write %s: %s", temporary, strerror(errno));
    if (out && fclose(out) != 0 && code == ERR_OK)
        code = err_set(err, ERR_IO, "cannot write %s: %s", temporary, strerror(errno));
    if (code == ERR_OK && rename(temporary, path) != 0)
        code = err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    if (code != ERR_OK && out)
        unlink(temporary);
    free(temporary);
    return code;
}

static bool wants_color(const struct report_files *files, FILE *out)
{
    const char *no_color = getenv("NO_COLOR");
    return !files->no_color && !(no_color && *no_color) && isatty(fileno(out));
}

enum err_code report_files_write_results(const struct report_files *files, const struct results *results,
                                         struct err *err)
{
    enum err_code code = ERR_OK;
    if (!files->quiet) {
        FILE *out = files->summary_to_stderr ? stderr : stdout;
        code = report_summary(out, results, wants_color(files, out), err);
    }
    if (code == ERR_OK)
        code = write_file(files->html, results, report_html, err);
    if (code == ERR_OK)
        code = write_file(files->junit, results, report_junit, err);
    if (code == ERR_OK)
        code = write_file(files->tap, results, report_tap, err);
    return code;
}

enum err_code report_files_write(const struct report_files *files, FILE *stream, const char *name, struct err *err)
{
    struct results *results = NULL;
    enum err_code code = results_read_stream(&results, stream, name, false, err);
    if (code == ERR_OK)
        code = report_files_write_results(files, results, err);
    results_free(results);
    return code;
}
