/* Prints messages for people, without secrets and escaped. */
#include "harness/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/base/redact.h"

void log_init(struct log *log, enum log_level level, int no_color)
{
    const char *unwanted = getenv("NO_COLOR"); /* counts when it is not empty: no-color.org */
    const char *term = getenv("TERM");
    bool plain = no_color || (unwanted && *unwanted) || !term || strcmp(term, "dumb") == 0;
    log->level = level;
    log->redact = NULL;
    log->color = !plain && isatty(STDERR_FILENO);
}

#define MAX_TEXT 4096

/* Escapes each line for a terminal: messages hold names of files and other words of the command line. */
static void put_lines(struct buf *out, struct span text)
{
    for (size_t at = 0; at <= text.len;) {
        size_t end = span_index_of(text, '\n', at);
        if (at > 0)
            buf_append_byte(out, '\n');
        escape_terminal(out, span_of(text.data + at, end - at));
        at = end + 1;
    }
}

/* One fprintf per message: stderr is unbuffered, and a line should reach a shared terminal whole. */
__attribute__((format(printf, 4, 0))) static void emit(const struct log *log, const char *label, const char *color,
                                                       const char *format, va_list args)
{
    char text[MAX_TEXT];
    struct buf shown, escaped;
    if (vsnprintf(text, sizeof text, format, args) < 0)
        return;
    buf_init(&shown, sizeof text * sizeof REDACT_TEXT);
    buf_init(&escaped, sizeof text * sizeof REDACT_TEXT * 8);
    if (redact_prose(&shown, log->redact, span_cstr(text)) && shown.len)
        put_lines(&escaped, buf_span(&shown));
    const char *clean = escaped.data ? (const char *)escaped.data : "";
    if (log->color)
        fprintf(stderr, "%s%s\033[0m%s\n", color, label, clean);
    else
        fprintf(stderr, "%s%s\n", label, clean);
    buf_fini(&escaped);
    buf_fini(&shown);
}

void log_error(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(log, "error: ", "\033[1;31m", format, args);
    va_end(args);
}

void log_warn(const struct log *log, const char *format, ...)
{
    if (log->level < LOG_NORMAL)
        return;
    va_list args;
    va_start(args, format);
    emit(log, "warning: ", "\033[33m", format, args);
    va_end(args);
}

void log_info(const struct log *log, const char *format, ...)
{
    if (log->level < LOG_NORMAL)
        return;
    va_list args;
    va_start(args, format);
    emit(log, "", "", format, args);
    va_end(args);
}

void log_debug(const struct log *log, const char *format, ...)
{
    if (log->level < LOG_VERBOSE)
        return;
    va_list args;
    va_start(args, format);
    emit(log, "debug: ", "\033[2m", format, args);
    va_end(args);
}
