/* Names the methods that the proxy does not serve. */
#include "harness/run/served.h"

static bool is_refusal(int status)
{
    return status == 404 || status == 405 || status == 501;
}

static struct served_method *method_of(struct served *served, const struct schema_method *rpc)
{
    for (size_t i = 0; i < served->count; i++) {
        if (served->methods[i].rpc == rpc)
            return &served->methods[i];
    }
    if (served->count == SERVED_MAX_METHODS)
        return NULL;
    served->methods[served->count] = (struct served_method){.rpc = rpc};
    return &served->methods[served->count++];
}

void served_note(struct served *served, const struct exchange *exchange, enum verdict verdict)
{
    const struct testcase *testcase = exchange->plan->testcase;
    bool may_be_refused = exchange->call_count == 0 && verdict_standing(verdict) == STANDING_PASSED;
    if (!testcase->rpc || testcase->expects_unreached || may_be_refused)
        return;
    struct served_method *method = method_of(served, testcase->rpc);
    if (!method)
        return;
    method->asked++;
    if (exchange->call_count > 0) {
        method->reached++;
    } else if (is_refusal(exchange->response.status)) {
        method->refused++;
        method->status = exchange->response.status;
    }
}

static bool is_missing(const struct served_method *method)
{
    return method->asked > 0 && method->refused == method->asked;
}

/* "reservations.v1.ReservationService" of "reservations.v1.ReservationService/GetReservation". */
static struct span service_of(const struct served_method *method)
{
    struct span name = method->rpc->full_name;
    return span_of(name.data, span_index_of(name, '/', 0));
}

static bool same_service(const struct served_method *a, const struct served_method *b)
{
    return span_equal(service_of(a), service_of(b));
}

/* Whether no method of its service is known to be served. */
static bool service_is_missing(const struct served *served, const struct served_method *method)
{
    for (size_t i = 0; i < served->count; i++) {
        if (same_service(&served->methods[i], method) && !is_missing(&served->methods[i]))
            return false;
    }
    return true;
}

/* The first of its service among the methods stands for the service. */
static bool is_first_of_service(const struct served *served, const struct served_method *method)
{
    for (const struct served_method *before = served->methods; before < method; before++) {
        if (same_service(before, method))
            return false;
    }
    return true;
}

bool served_tell(struct buf *out, const struct served *served)
{
    unsigned cases = 0, reached = 0;
    int status = 0;
    const char *separator = "the proxy does not serve ";
    for (size_t i = 0; i < served->count; i++)
        reached += served->methods[i].reached;
    for (size_t i = 0; i < served->count && reached > 0; i++) {
        const struct served_method *method = &served->methods[i];
        if (!is_missing(method))
            continue;
        cases += method->asked;
        status = method->status;
        bool whole = service_is_missing(served, method);
        if (whole && !is_first_of_service(served, method))
            continue;
        buf_append_cstr(out, separator);
        buf_append_span(out, whole ? service_of(method) : method->rpc->full_name);
        separator = ", ";
    }
    if (cases == 0)
        return false;
    buf_printf(out,
               ": %u case%s got no further than the answer %d, while others reach the backend. Name it in the proxy's "
               "configuration, and see that it has the whole descriptor set (`transcheck descriptors`)",
               cases, cases == 1 ? "" : "s", status);
    return !out->failed;
}
