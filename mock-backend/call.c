/* Plays the script of one call. */
#include "mock-backend/call.h"

#include <assert.h>

#include "harness/engine/grpc/frame.h"

#define WHOLE_ECHO_STEP (64u << 10)

/* What became of a step. */
enum played {
    PLAYED,  /* go on with the next */
    WAITING, /* call->wait says for what; the same step is played again */
    SKIPPED  /* the stream is over */
};

typedef enum played step_fn(struct backend_call *call, const struct script_step *step);

/* RST_STREAM drops DATA that flow control holds back, and what follows on the connection must come after the stream's
 * bytes: so these steps wait until the stream has nothing left to send. */
static bool must_drain(struct backend_call *call)
{
    if (call->conn->wire->idle(call))
        return false;
    call->wait = CALL_WAITS_SENT;
    return true;
}

static enum played play_headers(struct backend_call *call, const struct script_step *step)
{
    if (!call->conn->wire->headers(call, &step->fields, step->end_stream))
        return SKIPPED;
    record_sent_fields(call, TRANSCRIPT_HEADERS, &step->fields, step->end_stream);
    return PLAYED;
}

static enum played play_trailers(struct backend_call *call, const struct script_step *step)
{
    if (!call->conn->wire->trailers(call, &step->fields))
        return SKIPPED;
    record_sent_fields(call, TRANSCRIPT_TRAILERS, &step->fields, true);
    return PLAYED;
}

static enum played play_data(struct backend_call *call, const struct script_step *step)
{
    const struct wire *wire = call->conn->wire;
    while (call->repeated < step->repeat) {
        bool last = call->repeated + 1 == step->repeat;
        if (wire->queued(call) > BACKEND_MAX_AHEAD || !wire->data(call, step->bytes, step->end_stream && last)) {
            /* The queue is full: what is in it must go first. With nothing in it, it can never succeed. */
            if (wire->idle(call))
                return SKIPPED;
            call->wait = CALL_WAITS_SENT;
            return WAITING;
        }
        record_sent_bytes(call, TRANSCRIPT_DATA, step->bytes, step->end_stream && last);
        call->repeated++;
    }
    call->repeated = 0;
    return PLAYED;
}

static enum played play_rst(struct backend_call *call, const struct script_step *step)
{
    if (must_drain(call))
        return WAITING;
    struct call_seen *seen = call->plan.seen;
    record_event(call, TRANSCRIPT_BACKEND, TRANSCRIPT_RST, step->code);
    if (seen) {
        seen->response_ended = true;
        seen->refused_by_us = seen->refused_by_us || step->code == H2_CODE_REFUSED_STREAM;
    }
    return call->conn->wire->reset(call, step->code) ? PLAYED : SKIPPED;
}

static enum played play_goaway(struct backend_call *call, const struct script_step *step)
{
    if (must_drain(call))
        return WAITING;
    record_event(call, TRANSCRIPT_BACKEND, TRANSCRIPT_GOAWAY, step->code);
    if (call->plan.seen && !step->covers)
        call->plan.seen->refused_by_us = true;
    call->conn->wire->goaway(call, step->covers, step->code);
    return PLAYED;
}

static enum played play_close(struct backend_call *call, const struct script_step *step)
{
    if (must_drain(call))
        return WAITING;
    record_event(call, TRANSCRIPT_BACKEND, step->rst ? TRANSCRIPT_RESET : TRANSCRIPT_FIN, 0);
    if (call->plan.seen)
        call->plan.seen->response_ended = true;
    call->conn->by_us = true;
    call->conn->close_reset = step->rst;
    backend_conn_close(call->conn);
    return PLAYED;
}

static void wait_over(void *user)
{
    struct backend_call *call = user;
    struct backend_conn *conn = call->conn;
    if (call->wait != CALL_WAITS_TIME && call->wait != CALL_WAITS_POINT)
        return;
    call->awaits = false;
    call->wait = CALL_READY;
    call->step++;
    call_play(call); /* may end the call, not the connection */
    conn->wire->flush(conn, false);
}

static enum played play_wait(struct backend_call *call, const struct script_step *step)
{
    if (!call->timer)
        call->timer = loop_timer_new(call->conn->backend->loop, wait_over, call);
    if (!call->timer)
        return SKIPPED;
    loop_timer_start(call->timer, step->wait_ms);
    call->wait = CALL_WAITS_TIME;
    return WAITING;
}

static bool point_reached(const struct backend_call *call, const struct script_step *step)
{
    switch (step->point) {
    case SCRIPT_REQUEST_HEADERS:
        return true;
    case SCRIPT_REQUEST_COMPLETE:
        return call->complete;
    case SCRIPT_CLIENT_HAS_MESSAGES:
        return call->client_has_headers && call->client_messages >= step->count;
    case SCRIPT_CLIENT_CANCELLED:
        return call->client_cancelled;
    case SCRIPT_ALL_HERE:
        return call->meetings >= step->count || !call->conn->backend->callbacks.on_wait;
    case SCRIPT_OTHERS_ENDED:
        return call->others_ended >= step->count || !call->conn->backend->callbacks.on_wait;
    }
    return false;
}

/* Tells the owner, and bounds the wait where the step does. false: there is no memory for the timer. */
static bool begin_wait(struct backend_call *call, const struct script_step *step)
{
    const struct backend *backend = call->conn->backend;
    if (step->wait_ms > 0) {
        if (!call->timer)
            call->timer = loop_timer_new(backend->loop, wait_over, call);
        if (!call->timer)
            return false;
        loop_timer_start(call->timer, step->wait_ms);
    }
    call->awaits = true;
    if (script_point_is_shared(step->point))
        backend->callbacks.on_wait(backend->user, call->plan.tag, step->point, step->count);
    return true;
}

static enum played play_await(struct backend_call *call, const struct script_step *step)
{
    bool reached = point_reached(call, step);
    if (!reached && !call->closed && (call->awaits || begin_wait(call, step))) {
        call->wait = CALL_WAITS_POINT;
        return WAITING;
    }
    if (call->awaits && call->timer)
        loop_timer_stop(call->timer);
    call->awaits = false;
    return reached ? PLAYED : SKIPPED;
}

/* The next whole message of the body, with its prefix, or, where the rest is none, what is there when the request is
 * complete: so that each message is one DATA frame. */
static struct span next_echo(const struct backend_call *call)
{
    struct span rest = span_from(buf_span(&call->body), call->echoed);
    struct frame_parser parser;
    struct frame_piece piece;
    frame_parser_init(&parser, UINT32_MAX);
    struct span in = rest;
    if (rest.len > 0 && frame_parser_next(&parser, &in, &piece, NULL) == FRAME_DONE && piece.last)
        return span_of(rest.data, rest.len - in.len);
    return call->complete ? rest : span_of(NULL, 0);
}

static enum played play_echo(struct backend_call *call, const struct script_step *step)
{
    (void)step;
    const struct wire *wire = call->conn->wire;
    for (;;) {
        struct span bytes = next_echo(call);
        if (bytes.len == 0)
            break;
        if (wire->queued(call) > BACKEND_MAX_AHEAD || !wire->data(call, bytes, false)) {
            if (wire->idle(call))
                return SKIPPED;
            call->wait = CALL_WAITS_SENT;
            return WAITING;
        }
        record_sent_bytes(call, TRANSCRIPT_DATA, bytes, false);
        call->echoed += bytes.len;
    }
    if (call->complete)
        return PLAYED;
    if (call->echoed > WHOLE_ECHO_STEP) {
        buf_consume(&call->body, call->echoed);
        call->echoed = 0;
    }
    call->wait = CALL_WAITS_BODY;
    return WAITING;
}

static enum played play_frame(struct backend_call *call, const struct script_step *step)
{
    if (must_drain(call))
        return WAITING;
    call->conn->wire->raw(call, step->bytes, step->own_stream);
    record_sent_bytes(call, TRANSCRIPT_RAW, step->bytes, false);
    return PLAYED;
}

static step_fn *const step_fns[] = {
    [SCRIPT_HEADERS] = play_headers, [SCRIPT_TRAILERS] = play_trailers, [SCRIPT_DATA] = play_data,
    [SCRIPT_RST] = play_rst,         [SCRIPT_GOAWAY] = play_goaway,     [SCRIPT_CLOSE] = play_close,
    [SCRIPT_WAIT] = play_wait,       [SCRIPT_AWAIT] = play_await,       [SCRIPT_ECHO] = play_echo,
    [SCRIPT_FRAME] = play_frame,
};

/* Whether a step after this one still means something when the stream is over. */
static bool connection_steps_left(const struct backend_call *call)
{
    for (size_t i = call->step; i < call->script->count; i++) {
        if (script_step_of_connection(&call->script->steps[i]))
            return true;
    }
    return false;
}

static bool of_stream(const struct script_step *step)
{
    return step->kind == SCRIPT_HEADERS || step->kind == SCRIPT_TRAILERS || step->kind == SCRIPT_DATA ||
           step->kind == SCRIPT_RST || step->kind == SCRIPT_ECHO;
}

static void play_steps(struct backend_call *call)
{
    const struct budget *budget = call->conn->backend->budget;
    while (call->wait == CALL_READY && !call->conn->closing) {
        if (call->step >= call->script->count) {
            call->wait = CALL_DONE;
            return;
        }
        const struct script_step *step = &call->script->steps[call->step];
        bool reached = step->kind == SCRIPT_AWAIT && point_reached(call, step);
        if (call->closed && !reached && !connection_steps_left(call)) {
            call->cut_short = true;
            call->wait = CALL_DONE;
            return;
        }
        size_t refused = budget ? budget->refused : 0;
        enum played played = call->closed && of_stream(step) ? SKIPPED : step_fns[step->kind](call, step);
        if (played == SKIPPED && budget && budget->refused != refused && call->plan.seen)
            call->plan.seen->over_budget = true;
        if (played == WAITING)
            return;
        if (played == SKIPPED) {
            call->cut_short = true;
            call->repeated = 0;
        }
        call->step++;
    }
}

void call_play(struct backend_call *call)
{
    if (call->playing || !call->script || call->wait != CALL_READY)
        return;
    call->playing = true;
    play_steps(call);
    call->playing = false;
    bool all = call->step >= call->script->count && !call->cut_short;
    if (call->plan.seen && all)
        call->plan.seen->script_done = true;
    if (call->wait == CALL_DONE && call->closed)
        call_finish(call);
}

void call_stream_closed(struct backend_call *call)
{
    call->closed = true;
    if (!call->script || call->wait == CALL_STARTING)
        call->wait = CALL_DONE;
    if (call->wait == CALL_WAITS_SENT || call->wait == CALL_WAITS_POINT || call->wait == CALL_WAITS_BODY)
        call->wait = CALL_READY;
    if (call->wait == CALL_WAITS_TIME && !connection_steps_left(call)) {
        loop_timer_stop(call->timer);
        call->cut_short = true;
        call->wait = CALL_DONE;
    }
    if (call->wait == CALL_DONE)
        call_finish(call);
    else
        call_play(call);
}

void call_signal(struct backend_call *call, enum script_point point, size_t count)
{
    if (point == SCRIPT_CLIENT_CANCELLED) {
        call->client_cancelled = true;
    } else if (point == SCRIPT_CLIENT_HAS_MESSAGES) {
        call->client_has_headers = true;
        if (count > call->client_messages)
            call->client_messages = count;
    } else if (point == SCRIPT_ALL_HERE) {
        call->meetings = count;
    } else if (point == SCRIPT_OTHERS_ENDED) {
        call->others_ended = count;
    }
    if (call->wait == CALL_WAITS_POINT) {
        call->wait = CALL_READY;
        call_play(call);
    }
}
