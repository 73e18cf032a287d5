/* A process with everything that descends from it, read from /proc, and how much memory it uses. Holds no memory of its
 * own and allocates none, so that a child of a fork may call it. */
#ifndef TRANSCHECK_RUN_PROCESS_TREE_H
#define TRANSCHECK_RUN_PROCESS_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_TREE_MAX 4096 /* processes that are looked at; more are left out */

struct process_tree {
    pid_t pids[PROCESS_TREE_MAX];
    size_t count;
};

/* Finds every living descendant of `root` (not `root` itself; no zombies). Nothing is found when /proc is not
 * mounted. */
void process_tree_read(struct process_tree *tree, pid_t root);
/* Sends the signal to each process of the tree. */
void process_tree_signal(const struct process_tree *tree, int signum);
/* Bytes of memory that cannot be dropped: anonymous, shared and swapped pages. Files that are mapped do not count.
 * Returns the sum over all processes, in which a page that several share counts several times; the largest process
 * alone goes to *largest. A process that has gone counts nothing. */
uint64_t process_tree_memory(const struct process_tree *tree, uint64_t *largest);
/* The memory of all processes with each shared page counted once (proportional set size). Slow: the kernel walks all
 * pages. Falls back to process_tree_memory for a process whose pages cannot be asked for. */
uint64_t process_tree_memory_exact(const struct process_tree *tree);
/* Writes "name (PID)" of up to `max` processes to `out`, separated by commas; the names are as /proc has them, not
 * escaped. */
void process_tree_names(char *out, size_t out_size, const struct process_tree *tree, size_t max);

#endif
