/* A program that checks many files of cases, as `transcheck list` checks one, for tests that have thousands of them.
 *
 * On standard input, for each file: a line "NAME LENGTH", then so many bytes. On standard output, for each: a line
 * "ok", or "refused" and what the checker says, whose line breaks are blanks. Ends at the end of its input; exit code 2
 * when that is cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embed.h"
#include "harness/suite/successes.h"
#include "harness/suite/testcase.h"

#define NAME_MAX_LEN 255

static enum err_code check(const struct schema *schema, const struct router *router, const char *name, struct span json,
                           struct err *err)
{
    struct suite *suite = NULL;
    enum err_code code = suite_new(&suite, schema, router, err);
    if (code == ERR_OK)
        code = suite_add_file(suite, name, json, err);
    if (code == ERR_OK)
        code = suite_finish(suite, err);
    if (code == ERR_OK)
        code = successes_check(suite, err);
    suite_free(suite);
    return code;
}

static void tell(enum err_code code, struct err *err)
{
    for (char *at = err->text; (at = strpbrk(at, "\r\n")) != NULL;)
        *at = ' ';
    if (code == ERR_OK)
        puts("ok");
    else
        printf("refused %s\n", err->text);
    fflush(stdout);
}

int main(void)
{
    struct schema *schema = NULL;
    struct router *router = NULL;
    struct span descriptors;
    char name[NAME_MAX_LEN + 1];
    size_t length;
    int code = EXIT_SUCCESS;
    if (!embed_find("descriptors.pb", &descriptors) || schema_new(&schema, descriptors, NULL) != ERR_OK ||
        router_new(&router, schema, NULL, NULL) != ERR_OK)
        return EXIT_FAILURE;
    while (code == EXIT_SUCCESS && scanf("%255s %zu", name, &length) == 2 && getchar() == '\n') {
        struct err err = {.code = ERR_OK};
        char *bytes = length <= TESTCASE_MAX_FILE_BYTES ? malloc(length + 1) : NULL;
        if (bytes && fread(bytes, 1, length, stdin) == length)
            tell(check(schema, router, name, span_of(bytes, length), &err), &err);
        else
            code = 2;
        free(bytes);
    }
    router_free(router);
    schema_free(schema);
    return code;
}
