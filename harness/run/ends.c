/* The real ends of a run: libuv's clock, the HTTP/1.1 and HTTP/2 clients, the mock backend, the proxy's process. */
#include "harness/run/ends.h"

#include <stdlib.h>

#define WAIT_TURN_MS 10

struct real_ends {
    struct ends base;
    struct ends_options options;
    struct client *clients[3]; /* by client_slot */
    struct backend *backend;
};

static size_t client_slot(enum testcase_client client, const struct client_request *request)
{
    if (client == CLIENT_H2)
        return 1;
    return request->raw ? 2 : 0;
}

static struct real_ends *real(struct ends *ends)
{
    return (struct real_ends *)ends;
}

static uint64_t now_us(struct ends *ends)
{
    return loop_now_us(real(ends)->options.loop);
}

static void turn(struct ends *ends, uint64_t timeout_ms)
{
    loop_turn(real(ends)->options.loop, timeout_ms);
}

static struct loop_timer *timer_new(struct ends *ends, loop_fn *fn, void *user)
{
    return loop_timer_new(real(ends)->options.loop, fn, user);
}

static enum err_code open_both(struct ends *base, const struct backend_callbacks *callbacks, void *user,
                               struct err *err)
{
    struct real_ends *ends = real(base);
    const struct ends_options *options = &ends->options;
    enum err_code code = backend_new(&ends->backend, options->loop, options->backend, callbacks, user, err);
    if (code == ERR_OK)
        code = http1_client_new(&ends->clients[0], options->loop, options->front, err);
    if (code == ERR_OK)
        code = h2_client_new(&ends->clients[1], options->loop, options->front, err);
    if (code == ERR_OK)
        code = http1_raw_client_new(&ends->clients[2], options->loop, options->front, err);
    return code;
}

static void close_both(struct ends *base)
{
    struct real_ends *ends = real(base);
    for (size_t i = 0; i < sizeof ends->clients / sizeof *ends->clients; i++) {
        if (ends->clients[i])
            client_free(ends->clients[i]);
        ends->clients[i] = NULL;
    }
    if (ends->backend)
        backend_free(ends->backend);
    ends->backend = NULL;
}

static struct client_exchange *start(struct ends *ends, enum testcase_client client,
                                     const struct client_request *request, struct response_seen *seen,
                                     const struct client_callbacks *callbacks, void *user)
{
    return client_start(real(ends)->clients[client_slot(client, request)], request, seen, callbacks, user);
}

static enum err_code listen_as(struct ends *ends, const struct script_listener *listener, struct err *err)
{
    return backend_listen(real(ends)->backend, listener, err);
}

static void signal_point(struct ends *ends, void *tag, enum script_point point, size_t count)
{
    backend_signal(real(ends)->backend, tag, point, count);
}

static void release(struct ends *ends, void *tag)
{
    backend_release(real(ends)->backend, tag);
}

static void probe_port(struct ends *ends, struct port_probe *out)
{
    port_probe_run(out, real(ends)->options.loop, real(ends)->options.front);
}

static bool process_running(struct ends *ends)
{
    return proxy_process_running(real(ends)->options.process);
}

static unsigned process_deaths(struct ends *ends)
{
    return proxy_process_deaths(real(ends)->options.process);
}

static const struct proxy_death *process_death(struct ends *ends)
{
    return proxy_process_death(real(ends)->options.process);
}

static enum err_code process_start(struct ends *ends, struct err *err)
{
    return proxy_process_start(real(ends)->options.process, err);
}

static void process_stop(struct ends *ends)
{
    proxy_process_stop(real(ends)->options.process);
}

static const struct ends_class real_class = {
    .now_us = now_us,
    .turn = turn,
    .timer_new = timer_new,
    .timer_start = loop_timer_start,
    .timer_stop = loop_timer_stop,
    .timer_free = loop_timer_free,
    .open = open_both,
    .close = close_both,
    .start = start,
    .cancel = client_cancel,
    .pause = client_pause,
    .go_on = client_go_on,
    .listen = listen_as,
    .signal = signal_point,
    .release = release,
    .probe_port = probe_port,
    .process_running = process_running,
    .process_deaths = process_deaths,
    .process_death = process_death,
    .process_start = process_start,
    .process_stop = process_stop,
};

enum err_code ends_new(struct ends **out, const struct ends_options *options, struct err *err)
{
    struct real_ends *ends = calloc(1, sizeof *ends);
    if (!ends)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    ends->base = (struct ends){.class = &real_class, .has_process = options->process != NULL};
    ends->options = *options;
    *out = &ends->base;
    return ERR_OK;
}

void ends_free(struct ends *ends)
{
    if (!ends)
        return;
    close_both(ends);
    free(real(ends));
}

void ends_wait_ms(struct ends *ends, uint64_t ms)
{
    uint64_t until_us = ends_now_us(ends) + ms * 1000;
    while (ends_now_us(ends) < until_us)
        ends_turn(ends, WAIT_TURN_MS);
}

bool ends_process_gone(struct ends *ends)
{
    return ends->has_process && !ends->class->process_running(ends);
}

unsigned ends_process_deaths(struct ends *ends)
{
    return ends->has_process ? ends->class->process_deaths(ends) : 0;
}
