/* Says in words what is wrong where a field should begin. */
#include "harness/engine/proto/wire_fault.h"

#include <inttypes.h>
#include <stdio.h>

#include "harness/engine/proto/wire.h"

/* A varint that wire_varint_get refuses: either there are too many bytes, or too few. */
static const char *varint_fault(const uint8_t *at, const uint8_t *end, size_t max_bytes)
{
    size_t len = 0;
    while (at + len < end && len < max_bytes && at[len] >= 0x80)
        len++;
    return at + len == end ? "that is cut" : max_bytes == 5 ? "of more than 32 bits" : "of more than 64 bits";
}

static void value_fault(char text[WIRE_FAULT_MAX], uint32_t number, unsigned type, const uint8_t *at,
                        const uint8_t *end)
{
    uint64_t len = 0;
    const uint8_t *body = type == WIRE_LEN ? wire_varint_next(at, end, &len) : NULL;
    if (type == WIRE_GROUP_END)
        snprintf(text, WIRE_FAULT_MAX, "the end of group %" PRIu32 ", which did not begin", number);
    else if (type == WIRE_GROUP_BEGIN)
        snprintf(text, WIRE_FAULT_MAX, "group %" PRIu32 ", which does not end well", number);
    else if (type == WIRE_FIXED32 || type == WIRE_FIXED64)
        snprintf(text, WIRE_FAULT_MAX, "field %" PRIu32 " with %zu bytes instead of %d", number, (size_t)(end - at),
                 type == WIRE_FIXED32 ? 4 : 8);
    else if (body)
        snprintf(text, WIRE_FAULT_MAX, "field %" PRIu32 " with a length of %" PRIu64 " and %zu bytes behind it", number,
                 len, (size_t)(end - body));
    else if (type == WIRE_LEN || type == WIRE_VARINT)
        snprintf(text, WIRE_FAULT_MAX, "field %" PRIu32 " with a %s %s", number, type == WIRE_LEN ? "length" : "varint",
                 varint_fault(at, end, 10));
    else
        snprintf(text, WIRE_FAULT_MAX, "field %" PRIu32 " with the wire type %u", number, type);
}

const char *wire_fault_text(struct span rest, char text[WIRE_FAULT_MAX])
{
    const uint8_t *end = rest.data + rest.len;
    uint64_t tag = 0;
    const uint8_t *at = rest.len > 0 ? wire_varint_get(rest.data, end, 5, &tag) : NULL;
    if (rest.len == 0)
        snprintf(text, WIRE_FAULT_MAX, "the end");
    else if (!at || tag > UINT32_MAX)
        snprintf(text, WIRE_FAULT_MAX, "a tag %s", at ? "of more than 32 bits" : varint_fault(rest.data, end, 5));
    else if (tag >> 3 == 0)
        snprintf(text, WIRE_FAULT_MAX, "the field number 0");
    else
        value_fault(text, (uint32_t)(tag >> 3), (unsigned)(tag & 7), at, end);
    return text;
}
