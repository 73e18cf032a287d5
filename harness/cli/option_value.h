/* The check of one value against its row in a table: numbers and their range, names, addresses, files. */
#ifndef TRANSCHECK_CLI_OPTION_VALUE_H
#define TRANSCHECK_CLI_OPTION_VALUE_H

#include "harness/cli/command.h"

#define OPTION_VALUE_SHOWN 300 /* bytes of a quoted value, with its NUL */

/* What an option or an argument says of its value. */
struct option_value {
    enum option_kind kind;
    const char *label; /* begins messages: "--jobs", or NULL */
    const char *noun;
    bool standard;
    uint64_t min, max;
    names_fn *names;
    const char *listing;
};

/* ERR_USAGE says what is wrong with the value and what is possible. *number is set for OPTION_NUMBER. */
enum err_code option_value_check(uint64_t *number, const struct option_value *rule, const char *value, struct err *err);

/* "there is no profile 'envy'; did you mean 'envoy'? The possible ones are: any, envoy". `listing` prints the names
 * where they are too many for a message, or is NULL. Returns ERR_USAGE. */
enum err_code option_value_wrong_name(const char *noun, const char *name, const struct names *names,
                                      const char *listing, struct err *err);

/* The value in single quotes, escaped for a terminal and cut. */
const char *option_value_quote(char out[OPTION_VALUE_SHOWN], const char *value);

#endif
