/* The row of --max-memory-mib, which `run`, `backend` and `reference` have in common. */
#ifndef TRANSCHECK_CLI_MEMORY_OPTION_H
#define TRANSCHECK_CLI_MEMORY_OPTION_H

#include "harness/base/budget.h"
#include "harness/cli/command.h"

/* `type`, `member`: as OPTION_TO_NUMBER takes them. */
#define MEMORY_OPTION(type, member)                                                                                    \
    {                                                                                                                  \
        .name = "max-memory-mib", .value = "N", .kind = OPTION_NUMBER, .min = BUDGET_MIN_MIB, .max = BUDGET_MAX_MIB,   \
        OPTION_TO_NUMBER(type, member),                                                                                \
        .text = "most memory for what is received and not answered or judged yet; what goes beyond it is refused, "    \
                "and that is told (default 256)"                                                                       \
    }

#endif
