/* Hexadecimal both ways. */
#ifndef TRANSCHECK_BASE_HEX_H
#define TRANSCHECK_BASE_HEX_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

/* Appends lower-case hex digits, no separators. */
bool hex_encode(struct buf *out, struct span bytes);
/* Accepts upper and lower case, and blanks between bytes. ERR_SYNTAX names the offset. */
enum err_code hex_decode(struct buf *out, struct span text, struct err *err);

#endif
