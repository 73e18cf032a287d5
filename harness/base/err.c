/* Filling and prefixing the text of an error. */
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
    char prefix[sizeof err->text];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    if (len < 0)
        return err->code;
    /* What does not fit is cut from the end of the text. */
    size_t room = sizeof err->text - 1;
    size_t front = (size_t)len < room ? (size_t)len : room;
    size_t colon = room - front < 2 ? room - front : 2;
    size_t text = strnlen(err->text, room);
    if (text > room - front - colon)
        text = room - front - colon;
    memmove(err->text + front + colon, err->text, text);
    memcpy(err->text, prefix, front);
    memcpy(err->text + front, ": ", colon);
    err->text[front + colon + text] = '\0';
    return err->code;
}
