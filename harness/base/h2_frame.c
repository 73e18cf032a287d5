/* Names and heads of HTTP/2's frames. */
#include "harness/base/h2_frame.h"

#define X(name) #name,
const char *const h2_frame_names[] = {H2_FRAMES(X) NULL};
#undef X

void h2_frame_head(uint8_t head[H2_FRAME_HEAD], size_t len, uint8_t type, uint8_t flags, uint32_t stream)
{
    head[0] = (uint8_t)(len >> 16);
    head[1] = (uint8_t)(len >> 8);
    head[2] = (uint8_t)len;
    head[3] = type;
    head[4] = flags;
    for (int i = 0; i < 4; i++)
        head[5 + i] = (uint8_t)(stream >> (24 - 8 * i));
}
