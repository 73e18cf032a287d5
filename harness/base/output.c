/* Streams to the files that a user named: the first byte opens what is written, closing puts it in its place. */
#include "harness/base/output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/escape.h"

#define BUFFER_BYTES (64u << 10)

static bool fail(struct output *output, int error)
{
    if (output->error == 0)
        output->error = error ? error : EIO;
    return false;
}

/* The reader of a pipe on standard output had enough, which is no error of ours. */
static bool reader_left(const struct output *output)
{
    return output->path.is_stdout && output->error == EPIPE;
}

/* ---- what is written */

/* Renames the temporary file over the target, unless something that is no regular file has come there since. */
static bool publish(struct output *output)
{
    struct stat st;
    if (!output->temporary)
        return true;
    if (lstat(output->path.target, &st) == 0 && !S_ISREG(st.st_mode))
        return fail(output, EEXIST);
    if (rename(output->temporary, output->path.target) != 0)
        return fail(output, errno);
    free(output->temporary);
    output->temporary = NULL;
    return true;
}

/* Before the first byte. */
static bool begin(struct output *output)
{
    if (output->path.way == OUTPUT_REPLACED) {
        output->fd = output_path_temporary(&output->path, &output->temporary);
        return output->fd >= 0 || fail(output, errno);
    }
    output->fd = output->path.fd;
    return output->path.way != OUTPUT_IN_PLACE || ftruncate(output->fd, 0) == 0 || fail(output, errno);
}

static bool write_all(struct output *output, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(output->fd, bytes, len);
        if (wrote >= 0) {
            bytes += wrote;
            len -= (size_t)wrote;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) { /* somebody made our standard output non-blocking */
            struct pollfd wait = {.fd = output->fd, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR)
                return fail(output, errno);
        } else if (errno != EINTR) {
            return fail(output, errno);
        }
    }
    return true;
}

static ssize_t on_write(void *cookie, const char *bytes, size_t len)
{
    struct output *output = cookie;
    bool good = output->error == 0 && (output->fd >= 0 || begin(output)) && write_all(output, bytes, len) &&
                (!output->live || publish(output));
    if (!good)
        errno = output->error;
    return good ? (ssize_t)len : 0;
}

/* ---- opening and closing */

static enum err_code say(const struct output *output, struct err *err)
{
    return err_set(err, ERR_IO, "%s cannot be written: %s", output->label, strerror(output->error));
}

static char *label_of(const char *option, const char *path)
{
    struct buf text;
    buf_init(&text, 4096);
    bool named = strcmp(path, "-") != 0;
    buf_printf(&text, "%s%s", option, *option ? " " : "");
    if (named)
        escape_terminal_cut(&text, span_cstr(path), 300);
    else
        buf_append_cstr(&text, *option ? "-" : "standard output");
    buf_append_byte(&text, '\0');
    char *label = text.failed ? NULL : strdup((const char *)text.data);
    buf_fini(&text);
    return label;
}

static void release(struct output *output)
{
    if (output->temporary)
        unlink(output->temporary);
    if (output->fd >= 0 && output->fd != output->path.fd)
        close(output->fd);
    output_path_fini(&output->path);
    free(output->temporary);
    free(output->label);
    *output = (struct output){.fd = -1, .path = {.fd = -1}};
}

enum err_code output_open(struct output *out, const char *option, const char *path, bool live, const struct log *log,
                          struct err *err)
{
    static const cookie_io_functions_t functions = {.write = on_write};
    *out = (struct output){.fd = -1, .live = live, .path = {.fd = -1}};
    out->label = label_of(option, path);
    if (!out->label)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    out->error = output_path_find(&out->path, path, false);
    if (out->error == EAGAIN) {
        log_warn(log, "%s is a FIFO that nobody reads: waiting for its reader", out->label);
        out->error = output_path_find(&out->path, path, true);
    }
    enum err_code code = out->error ? say(out, err) : ERR_OK;
    if (code == ERR_OK) {
        out->stream = fopencookie(out, "w", functions);
        if (!out->stream || setvbuf(out->stream, NULL, _IOFBF, BUFFER_BYTES) != 0)
            code = err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    if (code != ERR_OK)
        release(out);
    return code;
}

enum err_code output_check_distinct(const struct output *a, const struct output *b, struct err *err)
{
    if (!output_path_same(&a->path, &b->path))
        return ERR_OK;
    return err_set(err, ERR_USAGE, "%s and %s are one file: give each a file of its own", a->label, b->label);
}

enum err_code output_check_not(const struct output *output, const struct stat *st, const char *what, struct err *err)
{
    const struct stat *own = &output->path.st;
    if (!S_ISREG(st->st_mode) || !output->path.exists || st->st_dev != own->st_dev || st->st_ino != own->st_ino)
        return ERR_OK;
    return err_set(err, ERR_USAGE, "%s is also %s: give it a file of its own", output->label, what);
}

enum err_code output_close(struct output *output, struct err *err)
{
    if (fflush(output->stream) != 0)
        fail(output, errno);
    bool regular = output->path.way != OUTPUT_THROUGH;
    if (output->error == 0 && regular && output->fd >= 0 && fsync(output->fd) != 0)
        fail(output, errno);
    if (output->error == 0)
        publish(output);
    fclose(output->stream); /* what failed before fails again, and is known */
    if (output->fd >= 0 && output->fd != output->path.fd) {
        if (close(output->fd) != 0)
            fail(output, errno);
        output->fd = -1;
    }
    enum err_code code = output->error == 0 || reader_left(output) ? ERR_OK : say(output, err);
    release(output);
    return code;
}

void output_discard(struct output *output)
{
    if (output->stream) {
        output->error = output->error ? output->error : ECANCELED; /* what is in the buffer stays there */
        fclose(output->stream);
    }
    release(output);
}
