/* Outputs: what is replaced, what is written through, what is in the way, and that an old file is not lost early. Each
 * test has a folder of its own. What needs root (device nodes, mounts, other users) is skipped without it, and says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/output.h"
#include "harness/base/span.h"

#define NOBODY 65534

static const struct log quiet = {.level = LOG_QUIET};
static char folder[64];

static int enter_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/transcheck-output-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void need_root(const char *what)
{
    if (geteuid() == 0)
        return;
    print_message("skipped: %s needs root\n", what);
    skip();
}

/* ---- files */

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static const char *get(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        return "(none)";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The mode as lstat has it: of a link itself. */
static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode;
}

/* Nothing but what the test made: no temporary file was left. */
static void assert_no_temporary(void)
{
    assert_int_not_equal(system("ls -a | grep -q '\\.part$'"), 0);
}

static enum err_code write_text(const char *path, const char *text, bool live, struct err *err)
{
    struct output output;
    enum err_code code = output_open(&output, "--html", path, live, &quiet, err);
    if (code != ERR_OK)
        return code;
    fputs(text, output.stream);
    return output_close(&output, err);
}

static void assert_written(const char *path, const char *text)
{
    struct err err = {0};
    if (write_text(path, text, false, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_no_temporary();
}

/* Refused when it is opened, with this errno in the message. */
static void assert_refused(const char *path, int error)
{
    struct output output;
    struct err err = {0};
    char expected[300];
    assert_int_equal(output_open(&output, "--html", path, false, &quiet, &err), ERR_IO);
    snprintf(expected, sizeof expected, "--html %s cannot be written: %s", path, strerror(error));
    assert_string_equal(err.text, expected);
}

/* Whether the two are refused beside each other. */
static bool same(const char *a, const char *b)
{
    struct output first;
    struct output second;
    struct err err = {0};
    assert_int_equal(output_open(&first, "--html", a, false, &quiet, &err), ERR_OK);
    assert_int_equal(output_open(&second, "--tap", b, false, &quiet, &err), ERR_OK);
    enum err_code code = output_check_distinct(&first, &second, &err);
    output_discard(&first);
    output_discard(&second);
    if (code != ERR_OK) {
        assert_int_equal(code, ERR_USAGE);
        assert_non_null(strstr(err.text, "--html "));
        assert_non_null(strstr(err.text, " and --tap "));
    }
    return code != ERR_OK;
}

/* ---- regular files */

static void test_new_file(void **state)
{
    (void)state;
    umask(027);
    assert_written("new", "text");
    umask(022);
    assert_string_equal(get("new"), "text");
    assert_int_equal(mode_of("new") & 07777, 0640);
}

static void test_replaced_whole(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("old", "old text");
    assert_int_equal(chmod("old", 0604), 0);
    assert_int_equal(output_open(&output, "--html", "old", false, &quiet, &err), ERR_OK);
    assert_no_temporary(); /* opening changes nothing */
    fputs("new text", output.stream);
    fflush(output.stream);
    assert_string_equal(get("old"), "old text");
    assert_int_equal(output_close(&output, &err), ERR_OK);
    assert_string_equal(get("old"), "new text");
    assert_int_equal(mode_of("old") & 07777, 0604);
    assert_no_temporary();
}

static void test_owner_is_kept(void **state)
{
    (void)state;
    need_root("a file of another user");
    struct stat st;
    put("theirs", "old");
    assert_int_equal(chown("theirs", NOBODY, NOBODY), 0);
    assert_written("theirs", "new");
    assert_int_equal(stat("theirs", &st), 0);
    assert_int_equal(st.st_uid, NOBODY);
    assert_int_equal(st.st_gid, NOBODY);
}

static void test_discarded(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("old", "old text");
    assert_int_equal(output_open(&output, "--html", "old", false, &quiet, &err), ERR_OK);
    fputs("half", output.stream);
    fflush(output.stream);
    fputs(" and more", output.stream);
    output_discard(&output);
    assert_string_equal(get("old"), "old text");
    assert_no_temporary();
}

static void test_never_written(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("old", "old text");
    assert_int_equal(output_open(&output, "--results", "old", true, &quiet, &err), ERR_OK);
    assert_int_equal(output_close(&output, &err), ERR_OK);
    assert_string_equal(get("old"), "old text");
}

/* A results stream is at its path from the first line on, and the old one until then. */
static void test_live(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("old", "old text");
    assert_int_equal(output_open(&output, "--results", "old", true, &quiet, &err), ERR_OK);
    assert_string_equal(get("old"), "old text");
    fputs("first\n", output.stream);
    fflush(output.stream);
    assert_string_equal(get("old"), "first\n");
    fputs("second\n", output.stream);
    fflush(output.stream);
    assert_string_equal(get("old"), "first\nsecond\n");
    assert_no_temporary();
    assert_int_equal(output_close(&output, &err), ERR_OK);
    assert_string_equal(get("old"), "first\nsecond\n");
}

/* ---- links */

static void test_link_is_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("real", 0755), 0);
    put("real/file", "old");
    assert_int_equal(symlink("real/file", "link"), 0);
    assert_int_equal(symlink("link", "second"), 0);
    assert_written("second", "new");
    assert_true(S_ISLNK(mode_of("second")) && S_ISLNK(mode_of("link")));
    assert_true(S_ISREG(mode_of("real/file")));
    assert_string_equal(get("real/file"), "new");
}

static void test_link_to_nothing_yet(void **state)
{
    (void)state;
    assert_int_equal(mkdir("real", 0755), 0);
    assert_int_equal(symlink("real/file", "link"), 0);
    assert_written("link", "new");
    assert_true(S_ISLNK(mode_of("link")));
    assert_string_equal(get("real/file"), "new");
}

static void test_link_in_a_circle(void **state)
{
    (void)state;
    assert_int_equal(symlink("b", "a"), 0);
    assert_int_equal(symlink("a", "b"), 0);
    assert_refused("a", ELOOP);
}

/* ---- what is written through */

static void test_fifo(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    pid_t reader = fork();
    if (reader == 0) {
        char text[16];
        FILE *in = fopen("fifo", "r");
        size_t len = in ? fread(text, 1, sizeof text, in) : 0;
        _exit(len == 4 && memcmp(text, "text", 4) == 0 ? 0 : 1);
    }
    assert_written("fifo", "text"); /* waits for the reader */
    int status;
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
    assert_true(S_ISFIFO(mode_of("fifo")));
}

static void test_fifo_whose_reader_leaves(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_int_equal(output_open(&output, "--tap", "fifo", false, &quiet, &err), ERR_OK);
    close(reader);
    fputs("text", output.stream);
    assert_int_equal(output_close(&output, &err), ERR_IO);
    assert_string_equal(err.text, "--tap fifo cannot be written: Broken pipe");
}

static void test_device_node(void **state)
{
    (void)state;
    need_root("a device node");
    if (mknod("null", S_IFCHR | 0666, makedev(1, 3)) != 0) {
        print_message("skipped: no device node can be made here: %s\n", strerror(errno));
        skip();
    }
    assert_int_equal(symlink("null", "link"), 0);
    struct err err;
    bool usable = open("null", O_WRONLY | O_CLOEXEC) >= 0; /* not where the folder is mounted nodev */
    assert_int_equal(write_text("link", "text", false, &err), usable ? ERR_OK : ERR_IO);
    assert_int_equal(write_text("null", "text", false, &err), usable ? ERR_OK : ERR_IO);
    assert_true(S_ISCHR(mode_of("null")));
    assert_true(S_ISLNK(mode_of("link")));
}

static void test_full_device(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(write_text("/dev/full", "text", false, &err), ERR_IO);
    assert_string_equal(err.text, "--html /dev/full cannot be written: No space left on device");
    assert_int_equal(write_text("/dev/full", "text", true, &err), ERR_IO);
    assert_true(S_ISCHR(mode_of("/dev/full")));
}

/* In a child whose standard output is `fd`; the exit code. */
static int with_stdout(int fd, int (*run)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        if (dup2(fd, STDOUT_FILENO) < 0)
            _exit(99);
        _exit(run());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int write_stdout_by_names(void)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    struct err err;
    for (size_t i = 0; i < 4; i++) {
        if (write_text(names[i], names[i], false, &err) != ERR_OK)
            return 1;
    }
    return 0;
}

/* A file behind /dev/stdout is written on from where it stands, and not replaced under the shell that opened it. */
static void test_standard_output(void **state)
{
    (void)state;
    int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    assert_int_equal(with_stdout(fd, write_stdout_by_names), 0);
    assert_int_equal(write(fd, " after", 6), 6);
    assert_string_equal(get("out"), "before -/dev/stdout/dev/fd/1/proc/self/fd/1 after");
    close(fd);
    assert_no_temporary();
}

static int standard_output_twice(void)
{
    return same("-", "/dev/stdout") ? 0 : 1;
}

/* Also where it is a device that takes any number of outputs. */
static void test_standard_output_is_one(void **state)
{
    (void)state;
    int null = open("/dev/null", O_WRONLY);
    assert_int_equal(with_stdout(null, standard_output_twice), 0);
    close(null);
}

static int write_much(void)
{
    struct output output;
    struct err err;
    if (output_open(&output, "", "-", false, &quiet, &err) != ERR_OK)
        return 1;
    for (int i = 0; i < 100000; i++)
        fputs("a line\n", output.stream);
    return output_close(&output, &err) == ERR_OK ? 0 : 2;
}

static void test_reader_of_standard_output_leaves(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(with_stdout(ends[1], write_much), 0);
    close(ends[1]);
}

static void test_standard_output_on_a_full_disk(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    assert_int_equal(with_stdout(full, write_much), 2);
    close(full);
}

/* Somebody else's end of a pipe may have made it non-blocking: then a full pipe is waited for. */
static void test_non_blocking_standard_output(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (dup2(ends[1], STDOUT_FILENO) < 0)
            _exit(99);
        close(ends[0]);
        close(ends[1]);
        _exit(write_much());
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, 0);
    size_t total = 0;
    char block[4096];
    for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;)
        total += (size_t)got;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(total, 700000);
}

/* ---- what is in the way */

static void test_refused(void **state)
{
    (void)state;
    put("file", "");
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_refused("file/report.html", ENOTDIR);
    assert_refused("folder", EISDIR);
    assert_refused("folder/", EISDIR);
    assert_refused("none/report.html", ENOENT);
    assert_refused("", ENOENT);
    assert_refused("/dev/fd/0x", ENOENT);
    assert_refused("/dev/fd/250", ENOENT); /* not open */
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct output output;
    struct err err;
    assert_int_equal(output_open(&output, "--html", name, false, &quiet, &err), ERR_IO);
    assert_non_null(strstr(err.text, strerror(ENAMETOOLONG)));
}

static void test_escaped_name(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    assert_int_equal(output_open(&output, "--html", "no\033[31m\n/x", false, &quiet, &err), ERR_IO);
    assert_null(strchr(err.text, '\033'));
    assert_null(strchr(err.text, '\n'));
}

/* In a child that is nobody; the exit code. */
static int as_nobody(int (*run)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(setgid(NOBODY) == 0 && setuid(NOBODY) == 0 ? run() : 99);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int error_of(const char *path)
{
    struct output_path found;
    int code = output_path_find(&found, path, false);
    output_path_fini(&found);
    return code;
}

static int write_what_is_refused(void)
{
    return error_of("closed/new") == EACCES && error_of("read-only") == EACCES && error_of("new") == EACCES &&
                   error_of("shared/read-only") == EACCES && error_of("shared/new") == 0
               ? 0
               : 1;
}

static void test_not_allowed(void **state)
{
    (void)state;
    need_root("to be another user");
    assert_int_equal(mkdir("closed", 0700), 0);
    assert_int_equal(mkdir("shared", 0777), 0);
    assert_int_equal(chmod("shared", 0777), 0);
    put("read-only", "old");
    put("shared/read-only", "old"); /* could be replaced, and is not to be written */
    assert_int_equal(as_nobody(write_what_is_refused), 0);
    assert_string_equal(get("read-only"), "old");
}

static int write_in_place(void)
{
    struct output output;
    struct err err;
    if (output_open(&output, "--html", "open-file", false, &quiet, &err) != ERR_OK)
        return 2;
    fputs("never", output.stream);
    output_discard(&output);
    if (strcmp(get("open-file"), "old and longer") != 0)
        return 3;
    return write_text("open-file", "new", false, &err) == ERR_OK ? 0 : 1;
}

/* The file may be written, its folder may not: as with a redirection of the shell, the file is what counts. */
static void test_folder_not_writable(void **state)
{
    (void)state;
    need_root("to be another user");
    put("open-file", "old and longer");
    assert_int_equal(chmod("open-file", 0666), 0);
    assert_int_equal(as_nobody(write_in_place), 0);
    assert_string_equal(get("open-file"), "new");
}

/* As with the folder /tmp: only the owner of a file may rename over it. */
static void test_sticky_folder(void **state)
{
    (void)state;
    need_root("to be another user");
    assert_int_equal(chmod(folder, 01777), 0);
    put("open-file", "old and longer");
    assert_int_equal(chmod("open-file", 0666), 0);
    assert_int_equal(as_nobody(write_in_place), 0);
    assert_string_equal(get("open-file"), "new");
}

static void test_mounted_file(void **state)
{
    (void)state;
    need_root("a mount");
    put("source", "old");
    put("mounted", "");
    if (mount("source", "mounted", NULL, MS_BIND, NULL) != 0) {
        print_message("skipped: nothing can be mounted here: %s\n", strerror(errno));
        skip();
    }
    struct err err = {0};
    enum err_code code = write_text("mounted", "new", false, &err);
    umount("mounted");
    assert_string_equal(err.text, "");
    assert_int_equal(code, ERR_OK);
    assert_string_equal(get("source"), "new");
    assert_no_temporary();
}

/* A disk that becomes full costs the file on it, and the old one stands. */
static void test_full_disk(void **state)
{
    (void)state;
    need_root("a mount");
    assert_int_equal(mkdir("small", 0755), 0);
    if (mount("tmpfs", "small", "tmpfs", 0, "size=64k") != 0) {
        print_message("skipped: nothing can be mounted here: %s\n", strerror(errno));
        skip();
    }
    struct output output;
    struct err err = {0};
    put("small/report", "old");
    enum err_code code = output_open(&output, "--html", "small/report", false, &quiet, &err);
    if (code == ERR_OK) {
        for (int i = 0; i < 100000; i++)
            fputs("more than fits\n", output.stream);
        errno = 0; /* what is said is what happened then */
        code = output_close(&output, &err);
    }
    bool kept = strcmp(get("small/report"), "old") == 0;
    bool clean = system("ls -a small | grep -q '\\.part$'") != 0;
    umount("small");
    assert_int_equal(code, ERR_IO);
    assert_string_equal(err.text, "--html small/report cannot be written: No space left on device");
    assert_true(kept);
    assert_true(clean);
}

/* What has come to the path since it was looked at is not replaced when it is no regular file. */
static void test_changed_meanwhile(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("old", "old");
    assert_int_equal(output_open(&output, "--html", "old", false, &quiet, &err), ERR_OK);
    fputs("new", output.stream);
    assert_int_equal(unlink("old"), 0);
    assert_int_equal(mkfifo("old", 0600), 0);
    assert_int_equal(output_close(&output, &err), ERR_IO);
    assert_true(S_ISFIFO(mode_of("old")));
    assert_no_temporary();
}

/* ---- two outputs on one file */

static void test_one_file(void **state)
{
    (void)state;
    put("file", "");
    put("other", "");
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(symlink("new", "to-new"), 0);
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_true(same("file", "file"));
    assert_true(same("file", "./folder/../file"));
    assert_true(same("file", "link"));
    assert_true(same("hard", "link"));
    assert_true(same("new", "new"));
    assert_true(same("new", "to-new"));
    assert_true(same("-", "/dev/stdout"));
    assert_false(same("file", "other"));
    assert_false(same("new", "newer"));
    assert_false(same("new", "folder/new"));
    assert_false(same("/dev/null", "/dev/null"));
    assert_int_equal(access("new", F_OK), -1);
}

static void test_known_file(void **state)
{
    (void)state;
    struct output output;
    struct err err;
    put("file", "results");
    struct stat st;
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(output_open(&output, "--html", "./file", false, &quiet, &err), ERR_OK);
    assert_int_equal(output_check_not(&output, &st, "standard input", &err), ERR_USAGE);
    assert_string_equal(err.text, "--html ./file is also standard input: give it a file of its own");
    output_discard(&output);
    assert_int_equal(output_open(&output, "--html", "/dev/null", false, &quiet, &err), ERR_OK);
    assert_int_equal(output_check_not(&output, &st, "standard input", &err), ERR_OK);
    output_discard(&output);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_file),
        TEST(test_replaced_whole),
        TEST(test_owner_is_kept),
        TEST(test_discarded),
        TEST(test_never_written),
        TEST(test_live),
        TEST(test_link_is_followed),
        TEST(test_link_to_nothing_yet),
        TEST(test_link_in_a_circle),
        TEST(test_fifo),
        TEST(test_fifo_whose_reader_leaves),
        TEST(test_device_node),
        TEST(test_full_device),
        TEST(test_standard_output),
        TEST(test_standard_output_is_one),
        TEST(test_reader_of_standard_output_leaves),
        TEST(test_standard_output_on_a_full_disk),
        TEST(test_non_blocking_standard_output),
        TEST(test_refused),
        TEST(test_escaped_name),
        TEST(test_not_allowed),
        TEST(test_folder_not_writable),
        TEST(test_sticky_folder),
        TEST(test_mounted_file),
        TEST(test_full_disk),
        TEST(test_changed_meanwhile),
        TEST(test_one_file),
        TEST(test_known_file),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
