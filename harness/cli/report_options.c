/* The report formats as options, from their table. */
#include "harness/cli/report_options.h"

#include "harness/cli/report_files.h"
#include "reports/formats.h"

#define ROW(format, media_type, extension, summary)                                                                    \
    {.name = #format,                                                                                                  \
     .value = "FILE",                                                                                                  \
     .kind = OPTION_OUTPUT,                                                                                            \
     OPTION_TO_TEXT(struct report_files, reports[REPORT_##format]),                                                    \
     .text = summary " (- is standard output)"},

const struct option_row report_option_rows[] = {REPORT_FORMATS(ROW){.name = NULL}};
