/* The forms of names and values that HTTP/2 takes. */
#include "harness/base/field_form.h"

bool field_form_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == ':' || (byte >= 'A' && byte <= 'Z'))
            return false;
    }
    return name.len > 0;
}

bool field_form_value(struct span value)
{
    if (value.len == 0)
        return true;
    uint8_t first = value.data[0];
    uint8_t last = value.data[value.len - 1];
    if (first == ' ' || first == '\t' || last == ' ' || last == '\t')
        return false;
    return !memchr(value.data, 0, value.len) && !memchr(value.data, '\r', value.len) &&
           !memchr(value.data, '\n', value.len);
}

bool field_form_of_connection(struct span name)
{
    static const char *const names[] = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (span_equal_nocase(name, span_cstr(names[i])))
            return true;
    }
    return false;
}

bool field_form_length(struct span value, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        *length = *length * 10 + (uint64_t)(value.data[i] - '0');
    }
    return value.len > 0 && value.len < 19;
}
