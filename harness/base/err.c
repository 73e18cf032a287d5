#include "harness/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (len < 0)
        err->text[0] = '\0';
    return code;
}

enum err_code err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return ERR_OK;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t at = len < 0 ? 0 : (size_t)len;
    if (at < sizeof err->text - 1)
        snprintf(err->text + at, sizeof err->text - at, ": %s", old);
    return err->code;
}
