/* The name that a wrong word was probably meant to be, for messages such as "there is no profile 'envy'; did you mean
 * 'envoy'?". Distances are counted as in optimal string alignment: a byte put in, left out, put in the place of
 * another, or two neighbours that changed places; ASCII letters are compared without regard to case. Pure; owns
 * nothing. */
#ifndef TRANSCHECK_BASE_NEAREST_H
#define TRANSCHECK_BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX_LEN    128 /* bytes of a word or of a name; a longer one is near to nothing */
#define NEAREST_HINT_MAX   512 /* bytes of a hint, with its NUL */
#define NEAREST_MAX_LISTED 16  /* names that a hint lists */

/* The nearest of `count` names (the first of several that are equally near), or NULL when none is near. Near is: at
 * most a third of the word's bytes are wrong, and one byte always may be; or the word is the beginning of the name, or
 * the name is that of the word. A word without '/' is compared with the part of a name behind its '/', too. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

/* Writes the end of a message into `out` and returns it: "; did you mean 'envoy'?" (up to three names that are equally
 * near), then, when there are others, at most NEAREST_MAX_LISTED in all, and they fit, " The possible ones are: any,
 * envoy". Names are escaped for a terminal. Empty when there is nothing to say. */
const char *nearest_hint(char out[NEAREST_HINT_MAX], const char *word, const char *const *names, size_t count);

#endif
