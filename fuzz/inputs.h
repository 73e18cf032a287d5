/* Inputs of fuzz targets from files. */
#ifndef TRANSCHECK_FUZZ_INPUTS_H
#define TRANSCHECK_FUZZ_INPUTS_H

#include <stddef.h>
#include <stdint.h>

typedef void inputs_function(const uint8_t *data, size_t size);

/* Calls the function with a file's content, or with that of each file in a directory in the order of names; always in
 * memory of exactly its size. Adds to the count. Returns 1 when something cannot be read, with a message on stderr. */
int inputs_read(const char *path, inputs_function *run, size_t *count);

#endif
