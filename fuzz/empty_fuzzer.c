/* Target `empty`: does nothing. What make fuzz says of it is the speed of the machinery alone. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}
