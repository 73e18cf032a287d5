/* What the proxy wrote to its stdout and stderr: the last part is kept, to be shown with its death. Where a person
 * asked for it (--verbose), each line goes to stderr at once. Bytes are escaped before they are shown. */
#ifndef TRANSCHECK_RUN_PROXY_OUTPUT_H
#define TRANSCHECK_RUN_PROXY_OUTPUT_H

#include "harness/base/buf.h"
#include "harness/base/log.h"

#define PROXY_OUTPUT_MAX (64u << 10) /* bytes kept, before they are escaped */

struct proxy_output {
    const struct log *log; /* borrowed */
    uint8_t kept[PROXY_OUTPUT_MAX];
    uint64_t total;  /* bytes written since proxy_output_clear; the last of them are in `kept`, at total % size */
    struct buf line; /* the beginning of a line that is not complete yet, for --verbose */
};

void proxy_output_init(struct proxy_output *output, const struct log *log);
void proxy_output_fini(struct proxy_output *output);
/* Before the proxy is started again. */
void proxy_output_clear(struct proxy_output *output);
void proxy_output_add(struct proxy_output *output, struct span bytes);
/* Shows a line that has no end yet: nothing more will come. */
void proxy_output_end(struct proxy_output *output);
/* Appends what is kept, escaped, with its line breaks; a first line says how much is missing before it. */
bool proxy_output_text(struct buf *out, const struct proxy_output *output);

#endif
