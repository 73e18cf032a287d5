/* When an exchange in turn is sent again. */
#include "harness/run/turns.h"

#include "harness/base/h2_code.h"

bool turns_lost(const struct exchange *exchange, const struct exchange *before)
{
    const struct response_seen *seen = &exchange->response;
    bool refused = seen->ending == ENDING_RESET && /* GOAWAY, or the stream alone */
                   (seen->reset_code == H2_CODE_NO_ERROR || seen->reset_code == H2_CODE_REFUSED_STREAM);
    bool closed = seen->ending == ENDING_CUT || seen->ending == ENDING_CONN_RESET || refused;
    return exchange->plan->testcase->in_turn && !exchange->sent_again && closed && seen->status == 0 &&
           exchange->call_count == 0 && seen->conn == before->response.conn;
}

void turns_renew(struct exchange *exchange, uint64_t now_us)
{
    struct response_seen *seen = &exchange->response;
    struct transcript_event event = {.at_us = now_us,
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_NOTE,
                                     .note = "sent again: the connection was closed while the request was on its way"};
    exchange->sent_again = true;
    response_seen_fini(seen);
    response_seen_init(seen, &exchange->arena, EXCHANGE_MAX_BODY);
    transcript_add(&seen->transcript, &event);
}
