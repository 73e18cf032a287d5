/* Private to coding/: what both ways have in common of zlib. */
#ifndef TRANSCHECK_ENGINE_CODING_IMPL_H
#define TRANSCHECK_ENGINE_CODING_IMPL_H

#include "harness/engine/coding/coding.h"

#define CODING_PART (1u << 30) /* bytes given to zlib at once, which counts in 32 bits */

/* zlib's windowBits: 32 KiB, and 16 more for gzip. */
static inline int coding_window_bits(enum coding coding)
{
    return coding == CODING_GZIP ? 15 + 16 : 15;
}

#endif
