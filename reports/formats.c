/* The table of report formats, made from the rows of the header. */
#include "reports/formats.h"

const struct report_format report_formats[REPORT_FORMAT_COUNT] = {
#define X(name, media_type, extension, summary) {#name, media_type, extension, summary, report_##name},
    REPORT_FORMATS(X)
#undef X
};
