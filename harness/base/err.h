/* An error of the environment or of hostile input, filled by the callee into storage the caller owns.
 * `text` says where and what to do, for a person; it never holds unescaped bytes from the wire. */
#ifndef TRANSCHECK_BASE_ERR_H
#define TRANSCHECK_BASE_ERR_H

#include <stddef.h>

enum err_code {
    ERR_OK = 0,
    ERR_NO_MEMORY,   /* malloc failed */
    ERR_LIMIT,       /* a stated limit was exceeded */
    ERR_SYNTAX,      /* malformed input */
    ERR_RANGE,       /* well-formed, but a value out of its range */
    ERR_UNSUPPORTED, /* understood, and not done */
    ERR_NOT_FOUND,   /* no such name */
    ERR_IO,          /* the operating system said no; errno text inside */
    ERR_USAGE        /* the caller's command line or configuration */
};

struct err {
    enum err_code code;
    char text[768];
};

/* Fills `err` (may be NULL) and returns `code`, so that `return err_set(err, ERR_SYNTAX, ...)` reads well. */
enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text already there; keeps the code and returns it. */
enum err_code err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
