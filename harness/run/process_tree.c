/* The descendants of a process and the memory they use, from /proc. */
#include "harness/run/process_tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILE 4096 /* of the files of /proc that are read here */

struct relation {
    pid_t pid;
    pid_t parent;
};

/* Reads /proc/PID/name into `out`, NUL-terminated; false when the process has gone. */
static bool read_file(char *out, size_t size, pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, out, size - 1);
    close(fd);
    if (len < 0)
        return false;
    out[len] = '\0';
    return len > 0;
}

/* The parent of a living process; 0 when it has gone or is a zombie. The second field of `stat` is the program's name
 * in parentheses and may hold any character, so the fields behind it are counted from the last parenthesis. */
static pid_t parent_of(pid_t pid)
{
    char text[MAX_FILE];
    if (!read_file(text, sizeof text, pid, "stat"))
        return 0;
    const char *after = strrchr(text, ')');
    char state;
    long parent;
    if (!after || sscanf(after + 1, " %c %ld", &state, &parent) != 2 || state == 'Z' || state == 'X')
        return 0;
    return (pid_t)parent;
}

/* One entry of a directory as getdents64 writes it. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t len;
    unsigned char type;
    char name[];
};

/* Every process of the machine with its parent. Returns the count. */
static size_t read_all(struct relation *all, size_t max)
{
    _Alignas(struct entry) char names[8192];
    size_t count = 0;
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    long len;
    while ((len = syscall(SYS_getdents64, fd, names, sizeof names)) > 0) {
        for (long at = 0; at < len;) {
            const struct entry *entry = (const struct entry *)(const void *)(names + at);
            pid_t pid = (pid_t)strtol(entry->name, NULL, 10);
            pid_t parent = pid > 0 ? parent_of(pid) : 0;
            if (parent > 0 && count < max)
                all[count++] = (struct relation){.pid = pid, .parent = parent};
            at += entry->len;
        }
    }
    close(fd);
    return count;
}

void process_tree_read(struct process_tree *tree, pid_t root)
{
    static struct relation all[4 * PROCESS_TREE_MAX];
    size_t count = read_all(all, sizeof all / sizeof *all);
    tree->count = 0;
    /* A child may stand before its parent, so the list is gone through until nothing is added. A process that was
     * added is marked by a parent of 0. */
    for (bool added = true; added;) {
        added = false;
        for (size_t i = 0; i < count && tree->count < PROCESS_TREE_MAX; i++) {
            bool ours = all[i].parent == root;
            for (size_t k = 0; all[i].parent > 0 && !ours && k < tree->count; k++)
                ours = tree->pids[k] == all[i].parent;
            if (!ours)
                continue;
            tree->pids[tree->count++] = all[i].pid;
            all[i].parent = 0;
            added = true;
        }
    }
}

void process_tree_signal(const struct process_tree *tree, int signum)
{
    for (size_t i = 0; i < tree->count; i++)
        kill(tree->pids[i], signum);
}

/* The sum of lines "Name:   123 kB" of a file, in bytes. `names` ends with NULL. */
static uint64_t sum_lines(const char *text, const char *const *names)
{
    uint64_t sum = 0;
    for (size_t i = 0; names[i]; i++) {
        const char *line = strstr(text, names[i]);
        if (line)
            sum += strtoull(line + strlen(names[i]), NULL, 10) * 1024;
    }
    return sum;
}

static uint64_t memory_of(pid_t pid)
{
    static const char *const names[] = {"\nRssAnon:", "\nRssShmem:", "\nVmSwap:", NULL};
    char text[MAX_FILE];
    return read_file(text, sizeof text, pid, "status") ? sum_lines(text, names) : 0;
}

uint64_t process_tree_memory(const struct process_tree *tree, uint64_t *largest)
{
    uint64_t sum = 0;
    *largest = 0;
    for (size_t i = 0; i < tree->count; i++) {
        uint64_t one = memory_of(tree->pids[i]);
        sum += one;
        if (one > *largest)
            *largest = one;
    }
    return sum;
}

uint64_t process_tree_memory_exact(const struct process_tree *tree)
{
    static const char *const names[] = {"\nPss_Anon:", "\nPss_Shmem:", "\nSwapPss:", NULL};
    char text[MAX_FILE];
    uint64_t sum = 0;
    for (size_t i = 0; i < tree->count; i++) {
        if (read_file(text, sizeof text, tree->pids[i], "smaps_rollup") && strstr(text, names[0]))
            sum += sum_lines(text, names);
        else
            sum += memory_of(tree->pids[i]);
    }
    return sum;
}

void process_tree_names(char *out, size_t out_size, const struct process_tree *tree, size_t max)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < tree->count && i < max; i++) {
        char name[64];
        if (!read_file(name, sizeof name, tree->pids[i], "comm"))
            continue;
        name[strcspn(name, "\n")] = '\0';
        int added = snprintf(out + len, out_size - len, "%s%s (%ld)", len ? ", " : "", name, (long)tree->pids[i]);
        if (added < 0 || (size_t)added >= out_size - len)
            return;
        len += (size_t)added;
    }
}
