/* Writes pieces of JSON text to a buf. Everything returns false when `out` is full; strings also when they are not
 * UTF-8. */
#ifndef TRANSCHECK_ENGINE_JSON_WRITER_H
#define TRANSCHECK_ENGINE_JSON_WRITER_H

#include "harness/base/buf.h"

/* A string literal with its quotes: '"', '\' and control bytes escaped, all else as it is. When `text` is not valid
 * UTF-8, false, and `out` holds nothing new (and has not failed). */
bool json_write_string(struct buf *out, struct span text);
/* Standard base64 with padding, in quotes. */
bool json_write_base64(struct buf *out, struct span bytes);

#endif
