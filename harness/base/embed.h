/* Files that are part of the binary: cases, profiles, waivers, descriptors, report templates. Made by scripts/embed at
 * build time; names are paths in the repository ("cases/streaming.json", "reports/report.css"), but for what the build
 * makes: "descriptors.pb", "report.js", "report.css.csp", "report.js.csp". */
#ifndef TRANSCHECK_BASE_EMBED_H
#define TRANSCHECK_BASE_EMBED_H

#include "harness/base/span.h"

struct embedded_file {
    const char *name;
    struct span bytes;
};

size_t embed_count(void);
struct embedded_file embed_at(size_t index);
/* false when there is no such file. */
bool embed_find(const char *name, struct span *bytes);

#endif
