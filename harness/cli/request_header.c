/* Checks and adds one --header. */
#include "harness/cli/request_header.h"

#include <stdio.h>
#include <string.h>

#include "harness/cli/option_value.h"

/* Fields that cannot be added, and why. */
static const struct {
    const char *name;
    const char *why;
} refused[] = {
    {"connection", "it belongs to one connection, and HTTP/2 forbids it (RFC 9113 section 8.2.2)"},
    {"keep-alive", "it belongs to one connection, and HTTP/2 forbids it (RFC 9113 section 8.2.2)"},
    {"proxy-connection", "it belongs to one connection, and HTTP/2 forbids it (RFC 9113 section 8.2.2)"},
    {"transfer-encoding", "it belongs to one connection, and HTTP/2 forbids it (RFC 9113 section 8.2.2)"},
    {"upgrade", "it belongs to one connection, and HTTP/2 forbids it (RFC 9113 section 8.2.2)"},
    {"te", "cases send it themselves"},
    {"expect", "it changes how a body is sent"},
    {"content-length", "each request has its own"},
    {"x-transcheck-case", "by it the runner finds its own calls"},
    {"grpc-metadata-x-transcheck-case", "by it the runner finds its own calls"},
};

static bool is_token_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Field values are visible bytes, blanks and tabs, and bytes from 0x80 on. */
static bool is_value_byte(unsigned char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t';
}

static enum err_code check_name(struct span name, const char *shown, struct err *err)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_token_byte(name.data[i]))
            return err_set(err, ERR_USAGE,
                           "%s is no name of a header: byte %zu of it is none of letters, digits and !#$%%&'*+-.^_`|~",
                           shown, i + 1);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (span_equal_nocase(name, span_cstr(refused[i].name)))
            return err_set(err, ERR_USAGE, "%s cannot be added: %s", shown, refused[i].why);
    }
    return ERR_OK;
}

enum err_code request_header_add(struct fields *fields, struct arena *arena, const char *text, struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN], name[128];
    const char *colon = strchr(text, ':');
    if (!colon)
        return err_set(err, ERR_USAGE, "header %zu has no colon; it takes 'Name: value'", fields->count + 1);
    if (colon == text)
        return err_set(err, ERR_USAGE, "header %zu has no name before its colon; it takes 'Name: value'",
                       fields->count + 1);
    struct span whole = span_of(text, (size_t)(colon - text));
    snprintf(name, sizeof name, "%.*s", SPAN_FMT(whole));
    option_value_quote(quoted, name);
    enum err_code code = check_name(whole, quoted, err);
    if (code != ERR_OK)
        return code;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    for (size_t i = 0; i < len; i++) {
        if (!is_value_byte((unsigned char)value[i]))
            return err_set(err, ERR_USAGE,
                           "the value of %s cannot be sent: byte %zu of it is the control character %02x", quoted,
                           i + 1, (unsigned)(unsigned char)value[i]);
    }
    return fields_add(fields, arena, whole, span_of(value, len)) ? ERR_OK
                                                                 : err_set(err, ERR_NO_MEMORY, "out of memory");
}
