/* Messages for people, to stderr. Secrets are taken out here, and what a terminal would obey is escaped, but for line
 * breaks: those in text that came off the wire are the caller's to escape (escape.h). */
#ifndef TRANSCHECK_BASE_LOG_H
#define TRANSCHECK_BASE_LOG_H

struct redact;

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

struct log {
    enum log_level level;
    int color;                   /* whether stderr takes ANSI colours */
    const struct redact *redact; /* what must not be shown; NULL: nothing, which log_init sets */
};

void log_init(struct log *log, enum log_level level, int no_color);
void log_error(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
