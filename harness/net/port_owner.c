/* Finds the process that listens on a port, from /proc. */
#include "harness/net/port_owner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/escape.h"

#define LISTENING   0x0A /* TCP_LISTEN, as /proc/net/tcp has it */
#define MAX_SOCKETS 16

struct sockets {
    unsigned long inodes[MAX_SOCKETS];
    size_t count;
};

/* Lines "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode", proc(5). */
static void read_table(struct sockets *sockets, const char *path, uint16_t port)
{
    char line[512];
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file) && sockets->count < MAX_SOCKETS) {
        unsigned local_port, state;
        unsigned long inode;
        if (sscanf(line, " %*[^:]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &local_port, &state,
                   &inode) == 3 &&
            local_port == port && state == LISTENING)
            sockets->inodes[sockets->count++] = inode;
    }
    fclose(file);
}

static bool holds(const char *folder, const struct sockets *sockets)
{
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir)) != NULL;) {
        char path[600], target[64];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        unsigned long inode;
        target[len > 0 ? len : 0] = '\0';
        if (sscanf(target, "socket:[%lu]", &inode) != 1)
            continue;
        for (size_t i = 0; i < sockets->count; i++)
            found = found || sockets->inodes[i] == inode;
    }
    if (dir)
        closedir(dir);
    return found;
}

static void describe(char *out, size_t out_size, long pid)
{
    char path[64], name[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (file && !fgets(name, sizeof name, file))
        name[0] = '\0';
    if (file)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
    struct buf shown;
    buf_init(&shown, 1024);
    escape_terminal(&shown, span_cstr(name));
    snprintf(out, out_size, "%s (process %ld)", shown.data ? (const char *)shown.data : "", pid);
    buf_fini(&shown);
}

bool port_owner_find(char *out, size_t out_size, uint16_t port)
{
    struct sockets sockets = {.count = 0};
    read_table(&sockets, "/proc/net/tcp", port);
    read_table(&sockets, "/proc/net/tcp6", port);
    DIR *dir = sockets.count > 0 ? opendir("/proc") : NULL;
    bool found = false;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir)) != NULL;) {
        char folder[300];
        long pid = strtol(entry->d_name, NULL, 10);
        snprintf(folder, sizeof folder, "/proc/%s/fd", entry->d_name);
        if (pid <= 0 || !holds(folder, &sockets))
            continue;
        describe(out, out_size, pid);
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}
