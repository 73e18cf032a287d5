/* Reads the files that are the inputs of a fuzz target. */
#include "fuzz/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (64l * 1024 * 1024)

static int read_file(const char *path, inputs_function *run)
{
    int rc = 1;
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rbe");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        goto out;
    long size = ftell(file);
    if (size < 0 || size > MAX_FILE || fseek(file, 0, SEEK_SET) != 0)
        goto out;
    data = malloc(size > 0 ? (size_t)size : 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
        goto out;
    run(data, (size_t)size);
    rc = 0;
out:
    if (rc != 0)
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    free(data);
    if (file)
        fclose(file);
    return rc;
}

static int read_directory(const char *path, inputs_function *run, size_t *count)
{
    struct dirent **entries = NULL;
    int rc = 0;
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        return 1;
    }
    for (int i = 0; i < n; i++) {
        char file[4096];
        int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            rc |= len < 0 || (size_t)len >= sizeof file ? 1 : read_file(file, run);
            (*count)++;
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int inputs_read(const char *path, inputs_function *run, size_t *count)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return read_directory(path, run, count);
    (*count)++;
    return read_file(path, run);
}
