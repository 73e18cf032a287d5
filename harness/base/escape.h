/* Whatever came off the wire passes through here before a person or a parser sees it. Each function appends to `out`
 * and returns false only when the buffer is full. Invalid UTF-8 and control bytes become visible escapes: \xNN. */
#ifndef TRANSCHECK_BASE_ESCAPE_H
#define TRANSCHECK_BASE_ESCAPE_H

#include "harness/base/buf.h"

/* For a terminal: printable UTF-8 stays; C0, C1, DEL, bidi controls and invalid bytes become \n, \t, \xNN or \u{N}. */
bool escape_terminal(struct buf *out, struct span bytes);
/* As escape_terminal, at most `max_len` source bytes, then "... (N more bytes)". */
bool escape_terminal_cut(struct buf *out, struct span bytes, size_t max_len);
/* As escape_terminal, and & < > " ' become entities: safe in HTML text and quoted attributes. */
bool escape_html(struct buf *out, struct span bytes);
/* As escape_terminal, and XML entities; only characters that XML 1.0 permits remain. */
bool escape_xml(struct buf *out, struct span bytes);
/* A JSON string literal with its quotes; invalid UTF-8 bytes become the text \xNN (escaped backslash). Controls, bidi
 * controls and '<' are written as \uNNNN, so that the literal is also safe on a terminal and in a script element. */
bool escape_json(struct buf *out, struct span bytes);
/* One word of POSIX shell, single-quoted unless it needs no quotes; bytes outside printable ASCII come from
 * "$(printf '...')", so that the line can be pasted wherever it was shown. (Line feeds at the end take $'\n', which not
 * every shell knows. No word can hold a NUL: escape_printf.) */
bool escape_shell(struct buf *out, struct span bytes);
/* A word that the shell's printf prints as these bytes, whatever they are. */
bool escape_printf(struct buf *out, struct span bytes);

#define ESCAPE_QUOTE_MAX 80

/* Bytes from outside in double quotes, printable ASCII only, cut with "...". Returns `text`. */
const char *escape_quote(struct span bytes, char text[ESCAPE_QUOTE_MAX]);

/* Length of the valid UTF-8 sequence at the start of `s` (1 to 4), or 0 when it is invalid or cut. */
size_t escape_utf8_len(struct span s);
/* Whether all of `s` is valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool escape_utf8_valid(struct span s);
/* The text with U+FFFD for each byte that is not UTF-8. */
bool escape_utf8_replace(struct buf *out, struct span bytes);

#endif
