/* Takes libcurl's header lines into what was seen. */
#include "harness/net/http1_response.h"

#include <stdio.h>

#include "harness/net/http1_request.h"

static bool add_field(struct http1_response *response, struct client_exchange *exchange, struct span line)
{
    size_t colon = span_index_of(line, ':', 0);
    return client_field(exchange, &response->section, http1_trim(span_of(line.data, colon)),
                        http1_trim(span_from(line, colon + 1)));
}

static bool start_line(struct http1_response *response, struct client_exchange *exchange)
{
    char status[16];
    snprintf(status, sizeof status, "%03d", response->watch.status);
    exchange->seen->http_major = 1;
    response->section = (struct fields){0};
    return client_field(exchange, &response->section, span_cstr(":status"), span_cstr(status));
}

bool http1_response_line(struct http1_response *response, struct client_exchange *exchange, struct span line)
{
    struct http1_watch *watch = &response->watch;
    bool blank = http1_trim(line).len == 0;
    bool first = watch->state == HTTP1_WATCH_START_LINE;
    if (!client_count_header(exchange, line.len))
        return false;
    if (exchange->seen->first_byte_us == 0)
        exchange->seen->first_byte_us = loop_now_us(exchange->client->loop);
    if (!http1_watch_in_head(watch))
        return blank || add_field(response, exchange, line);
    http1_watch_line(watch, line);
    if (first)
        return start_line(response, exchange);
    if (!blank)
        return add_field(response, exchange, line);
    client_section(exchange, &response->section, watch->status, false, http1_watch_done(watch));
    response->section = (struct fields){0};
    return !exchange->ended;
}

void http1_response_end(struct http1_response *response, struct client_exchange *exchange)
{
    if (response->watch.framed && response->section.count > 0)
        client_section(exchange, &response->section, 0, true, true);
    else if (http1_watch_done(&response->watch) && exchange->seen->body_len > 0)
        client_event(exchange, TRANSCRIPT_PROXY, TRANSCRIPT_DATA, NULL, span_of(NULL, 0), true);
}
