/* Takes escapes off a text, whoever put them there, and remembers where each byte came from: so a search in what a text
 * means finds its place in how it is written. Known are the escapes of JSON, C and our own terminal output (\n, \",
 * \x41, \101, \u0041, \u{41}), of URLs (%41), of quoted-printable (=41), and of HTML and XML (&amp;, &#65;, &#x41;). */
#ifndef TRANSCHECK_BASE_UNESCAPE_H
#define TRANSCHECK_BASE_UNESCAPE_H

#include "harness/base/span.h"

/* bytes[i] was written as the source's bytes from[i] up to, not including, to[i]. */
struct unescaped {
    uint8_t *bytes;
    size_t *from;
    size_t *to;
    size_t len;
};

/* The text itself, each byte standing for itself. false when out of memory; then there is nothing to free. */
bool unescaped_init(struct unescaped *text, struct span source);
void unescaped_fini(struct unescaped *text);
/* Takes one layer of escapes off, in place. true when there was one. */
bool unescape_layer(struct unescaped *text);

#endif
