/* Folding: a text is written with whatever repeats in it, or stands in a base that its reader has, as a reference, so
 * that equal bytes are stored once. `&FROM,LENGTH;`, both in base 36, stands for LENGTH bytes from place FROM of the
 * base followed by all of the text before the reference; it may run into what it makes itself ("a" and a reference to
 * it with length 1000 are 1001 times "a"). Everything else stands for itself.
 *
 * Owns a copy of base and text, and 4 bytes for each byte of them. The time is linear in the text, whatever it is. */
#ifndef TRANSCHECK_REPORTS_FOLD_H
#define TRANSCHECK_REPORTS_FOLD_H

#include "harness/base/buf.h"

#define FOLD_MAX_TEXT (2u << 20) /* of a base, or of a text */

struct fold;

/* `base` is not folded: the reader has it as it is. NULL: it is too long, or out of memory. */
struct fold *fold_new(struct span base);
void fold_free(struct fold *fold);
/* Appends the folded text, in which there may be no '&'. False: it is longer than FOLD_MAX_TEXT, out of memory, or
 * `out` is full. Each text is folded against the base alone. */
bool fold_text(struct fold *fold, struct buf *out, struct span text);

#endif
