/* Secrets, and the one way in which they are taken out of what is written or shown. What goes to a results file, and so
 * to every report, passes through results_redact (run/), what goes to the terminal through log; both end here.
 *
 * A secret is found however it is written: in upper or lower case, percent-encoded, escaped as in JSON, C, HTML or
 * quoted-printable, in hexadecimal, in base64 of either alphabet and at each of its three alignments, and in layers of
 * these escapes on one another. A part of a secret is found, too, so that neither a cut nor a line break inside of one
 * shows the rest: REDACT_PART consecutive bytes (6 of a secret shorter than 12, all of one shorter than 8), and at the
 * end of a text, where it may have been cut, three. What cannot be searched is compressed or encrypted text; whoever
 * writes such bytes leaves them out (results_redact does).
 *
 * Values shorter than REDACT_MIN_LEN are no use as a pattern: searching for "1" would blank a whole report. They are
 * redacted as the value of their own header only. */
#ifndef TRANSCHECK_BASE_REDACT_H
#define TRANSCHECK_BASE_REDACT_H

#include "harness/base/buf.h"

#define REDACT_MIN_LEN 4
#define REDACT_PART    8
#define REDACT_TEXT    "[redacted]"

struct redact;

enum redact_use {
    REDACT_EVERYWHERE, /* the value, or the secret part of it, is searched for */
    REDACT_FIELD_ONLY, /* it is too short for that; redact_is_secret_name knows its header */
    REDACT_PUBLIC      /* the header negotiates (accept, content-type, te ...) and holds no secret */
};

/* NULL when out of memory. */
struct redact *redact_new(void);
void redact_free(struct redact *redact);

/* A value of at least REDACT_MIN_LEN bytes. false when out of memory. */
bool redact_add_value(struct redact *redact, struct span value);
/* A header and what is secret in its value: the credentials behind the scheme of an authorization, in Basic the user
 * and the password too, the values of cookies, else all of it. false when out of memory. */
bool redact_add_header(struct redact *redact, enum redact_use *use, struct span name, struct span value);
/* The lines of a private key in PEM. false when out of memory. */
bool redact_add_pem(struct redact *redact, struct span pem);

/* Whether any value is searched for. */
bool redact_has_values(const struct redact *redact);
/* Whether values of this header are never shown: those known for it (authorization, cookie, x-api-key ...) and those
 * that were added, also with the prefix grpc-metadata-. */
bool redact_is_secret_name(const struct redact *redact, struct span name);

/* Appends `text` with REDACT_TEXT in the place of secrets; valid UTF-8 stays valid. `redact` may be NULL: a copy. When
 * memory runs out, REDACT_TEXT stands for the whole. false when `out` is full. */
bool redact_text(struct buf *out, const struct redact *redact, struct span text);
/* Does what redact_text does, and in lines of the form "Name: value" takes out every value of a secret header. For
 * texts that tell what was seen, not for command lines. `redact` may be NULL: then only such lines change. */
bool redact_prose(struct buf *out, const struct redact *redact, struct span text);
/* Overwrites secrets with asterisks; all of the bytes when memory runs out. */
void redact_bytes(const struct redact *redact, uint8_t *bytes, size_t len);

#endif
