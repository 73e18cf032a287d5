/* What the mock backend gives up when its memory budget is full. */
#include "mock-backend/strays.h"

#define DROPPED_AT_ONCE 16u /* strays that give nothing back before their stream is closed */

void strays_add(struct backend_call *call)
{
    struct backend *backend = call->conn->backend;
    call->listed = true;
    call->older = backend->newest_stray;
    call->newer = NULL;
    if (call->older)
        call->older->newer = call;
    else
        backend->oldest_stray = call;
    backend->newest_stray = call;
}

void strays_remove(struct backend_call *call)
{
    struct backend *backend = call->conn->backend;
    if (!call->listed)
        return;
    call->listed = false;
    if (call->older)
        call->older->newer = call->newer;
    else
        backend->oldest_stray = call->newer;
    if (call->newer)
        call->newer->older = call->older;
    else
        backend->newest_stray = call->older;
}

void strays_drop(struct backend_call *call)
{
    struct backend_conn *conn = call->conn;
    strays_remove(call);
    call_forget(call);
    call->dropped = true;
    if (!call->closed)
        conn->wire->reset(call, H2_CODE_ENHANCE_YOUR_CALM);
    loop_post(conn->backend->loop, &conn->drops);
    backend_limit(conn->backend, BACKEND_STRAY_DROPPED);
}

bool strays_reclaim(void *user)
{
    struct backend *backend = user;
    size_t used = backend->budget->used;
    for (unsigned n = 0; n < DROPPED_AT_ONCE; n++) {
        struct backend_call *call = backend->oldest_stray;
        while (call && (call->playing || call == backend->current))
            call = call->newer;
        if (!call)
            return false;
        strays_drop(call);
        if (backend->budget->used < used)
            return true;
    }
    return false;
}

static struct backend_conn *idle_longest(const struct backend *backend)
{
    struct backend_conn *found = NULL;
    for (struct backend_conn *conn = backend->conns; conn; conn = conn->next) {
        if (!conn->calls && conn->open_calls == 0 && !conn->closing && (!found || conn->last_call < found->last_call))
            found = conn;
    }
    return found;
}

bool strays_admit_connection(struct backend *backend)
{
    if (backend->conn_count < BACKEND_MAX_CONNECTIONS && budget_take(backend->budget, BACKEND_CONN_COST)) {
        budget_give(backend->budget, BACKEND_CONN_COST);
        return true;
    }
    struct backend_conn *idle = idle_longest(backend);
    if (!idle) {
        backend_limit(backend, BACKEND_TURNED_AWAY);
        return false;
    }
    idle->by_us = true;
    conn_abort(idle->conn);
    backend_conn_free(idle);
    backend_limit(backend, BACKEND_IDLE_CLOSED);
    return true;
}
