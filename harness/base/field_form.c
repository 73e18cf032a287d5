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

bool field_form_host(struct span value)
{
    static const char marks[] = "-._~%!$&'()*+,;=";
    bool literal = value.len > 0 && value.data[0] == '[';
    size_t end = literal ? span_index_of(value, ']', 0) + 1 : span_index_of(value, ':', 0);
    struct span port = span_from(value, end);
    if (end > value.len || (port.len > 0 && port.data[0] != ':'))
        return false;
    for (size_t i = literal; i < end - literal; i++) {
        uint8_t byte = value.data[i];
        bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
        if (!plain && (byte == 0 || !strchr(marks, byte)) && !(literal && byte == ':'))
            return false;
    }
    for (size_t i = 1; i < port.len; i++) {
        if (port.data[i] < '0' || port.data[i] > '9')
            return false;
    }
    return true;
}
