/* Private to redact: the forms of secrets as patterns, and where parts of them stand in a text. Patterns and text are
 * compared folded: without case, and with the two alphabets of base64 and the two ways to write a space as one. */
#ifndef TRANSCHECK_BASE_REDACT_FORMS_H
#define TRANSCHECK_BASE_REDACT_FORMS_H

#include "harness/base/buf.h"

struct redact_pattern {
    uint8_t *bytes; /* folded */
    size_t len;
    size_t part; /* so many consecutive bytes of it are a find */
};

/* One part of a pattern. */
struct redact_part {
    const uint8_t *bytes; /* NULL: an empty slot */
    size_t len;
};

#define REDACT_MAX_PART_LENGTHS 64

struct redact_forms {
    struct redact_pattern *patterns;
    size_t pattern_count;
    size_t pattern_cap;
    struct redact_part *parts; /* hash table, open addressing */
    size_t part_count;
    size_t part_cap;                         /* a power of two */
    size_t lengths[REDACT_MAX_PART_LENGTHS]; /* each length of parts that occurs */
    size_t length_count;
    uint8_t begins[8192]; /* a bit for each hash of the first bytes of a part: most of a text needs no more */
};

void redact_forms_fini(struct redact_forms *forms);
/* Adds every form of `value`, which has at least REDACT_MIN_LEN bytes. false when out of memory. */
bool redact_forms_add(struct redact_forms *forms, struct span value);
/* Sets hit[i] for each byte of `text` that belongs to a secret in any of its forms. *found tells whether there is one.
 * false when out of memory. */
bool redact_forms_find(bool *found, uint8_t *hit, const struct redact_forms *forms, struct span text);

#endif
