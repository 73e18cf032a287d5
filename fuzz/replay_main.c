/* Runs a fuzz target over the files, and the files in the directories, that are named as arguments; then says how many.
 * Each input is in memory of exactly its size, so that AddressSanitizer sees the first byte read beyond it.
 *
 * With FUZZ_ALLOCATIONS defined (and no sanitizer) each input runs twice, and what the second run takes from the heap
 * is counted: the number of inputs, of allocations in all, and the most for one input. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (64l * 1024 * 1024)

static size_t allocations;
static size_t allocations_all;
static size_t allocations_most;

#ifdef FUZZ_ALLOCATIONS
/* glibc's own, which these stand in front of. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

static void run(const uint8_t *data, size_t size)
{
    LLVMFuzzerTestOneInput(data, size);
#ifdef FUZZ_ALLOCATIONS
    allocations = 0;
    LLVMFuzzerTestOneInput(data, size);
#endif
    allocations_all += allocations;
    if (allocations > allocations_most)
        allocations_most = allocations;
    allocations = 0;
}

static int replay_file(const char *path)
{
    int rc = 1;
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");
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

static int replay_directory(const char *path, size_t *count)
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
            rc |= len < 0 || (size_t)len >= sizeof file ? 1 : replay_file(file);
            (*count)++;
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int rc = 0;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            rc |= replay_directory(argv[i], &count);
        } else {
            rc |= replay_file(argv[i]);
            count++;
        }
    }
#ifdef FUZZ_ALLOCATIONS
    printf("%zu %zu %zu\n", count, allocations_all, allocations_most);
#else
    printf("%zu\n", count);
#endif
    return rc;
}
