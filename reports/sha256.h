/* SHA-256 (FIPS 180-4), for the hashes of a content security policy. Not for secrets: it makes no attempt at constant
 * time. Pure; any length. */
#ifndef TRANSCHECK_REPORTS_SHA256_H
#define TRANSCHECK_REPORTS_SHA256_H

#include "harness/base/buf.h"

#define SHA256_LEN 32

void sha256_digest(uint8_t digest[SHA256_LEN], struct span bytes);
/* Appends "sha256-" and the digest in base64 (RFC 4648, section 4): a source expression of CSP Level 3, section 2.3.1,
 * without its quotes. false when the buffer is full. */
bool sha256_csp_source(struct buf *out, struct span bytes);

#endif
