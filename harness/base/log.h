/* Messages for people, to stderr. Text that came off the wire must be escaped by the caller (escape.h). */
#ifndef TRANSCHECK_BASE_LOG_H
#define TRANSCHECK_BASE_LOG_H

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

struct log {
    enum log_level level;
    int color; /* whether stderr takes ANSI colours */
};

void log_init(struct log *log, enum log_level level, int no_color);
void log_error(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
