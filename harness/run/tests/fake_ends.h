/* Ends for tests of the run layer: a clock that moves only when it is asked to wait, and a proxy that does what its
 * rules say, with a process or without. Nothing is opened, nothing takes time.
 *
 * A request goes to the first rule that fits. Its call reaches the backend at once, its answer comes after delay_ms; so
 * cases that are played beside one another are in flight together. */
#ifndef TRANSCHECK_RUN_TESTS_FAKE_ENDS_H
#define TRANSCHECK_RUN_TESTS_FAKE_ENDS_H

#include "harness/run/ends.h"

#define FAKE_RPC       "/reservations.v1.ReservationService/GetReservation"
#define FAKE_OTHER_RPC "/reservations.v1.ReservationService/DeleteReservation"
#define FAKE_MAX_RULES 32

enum fake_answer {
    FAKE_ANSWERS,   /* status and body */
    FAKE_REFUSES,   /* no connection */
    FAKE_RESETS,    /* the front connection */
    FAKE_HANGS,     /* until the deadline of the request */
    FAKE_LOSES,     /* its backend connection, with every call on it, and answers 503 to all of these */
    FAKE_DIES,      /* the proxy: whatever is in flight is reset, and nothing connects until it is started again */
    FAKE_NO_MEMORY, /* to start the request */
    FAKE_INTERRUPTS /* the user: *fake_ends.interrupted is set, then it answers */
};

struct fake_rule {
    const char *path;  /* what the target of the request contains; NULL: any */
    unsigned clients;  /* mask; 0: any */
    unsigned times;    /* it fits so often; 0: always */
    uint64_t delay_ms; /* 10 when 0 */
    enum fake_answer answer;
    int status;          /* 200 when 0 */
    const char *body;    /* NULL: the JSON of the message that the ordinary request expects, {"id":"7"} for others */
    const char *server;  /* value of its server header, or NULL */
    const char *header;  /* value of a response header x-echo, or NULL */
    bool hurt_beside;    /* 500 when any other request was under way at some time meanwhile */
    bool survives;       /* its answer comes although the proxy dies meanwhile: it was on its way */
    bool unreached;      /* no call reaches the backend */
    uint32_t conn;       /* of the client's connections; 0: always the same */
    unsigned calls;      /* so many do; 1 when 0 */
    bool no_marker;      /* the calls carry none */
    bool foreign_token;  /* the calls carry the token of nobody */
    unsigned unmarked;   /* so many more calls come before, without a marker, of another method */
    unsigned late_calls; /* so many more come late_ms after the answer, though that was the end of the exchange */
    uint64_t late_ms;
    size_t meets;      /* its answer comes when all are there so often (`all_here`) */
    size_t outlasts;   /* ... when so many others have ended (`others_ended`) */
    bool silences;     /* the proxy is silent from then on */
    bool mutes;        /* for good: calls reach the backend, and nobody gets an answer, also when it is started again */
    uint64_t sheds_ms; /* for so long after its answer the proxy answers everybody by itself, with 503 */
    bool dies_late;    /* the proxy, late_ms after the answer */
    const char *rpc;   /* their :path; NULL: FAKE_RPC */
    const char *id;    /* in their message; NULL: the last segment of the target */
};

struct fake_request;
struct fake_timer;

struct fake_ends {
    struct ends base;
    uint64_t now_us;
    struct fake_timer *timers;
    struct fake_request *requests; /* in flight */
    struct fake_request *repeats;  /* answered, with calls to come */
    const struct backend_callbacks *backend;
    void *backend_user;
    struct fake_rule rules[FAKE_MAX_RULES];
    size_t rule_count;
    bool *interrupted;
    bool open;
    enum port_speaks speaks; /* at the front's port */
    unsigned probes;         /* of that port */
    /* The process. */
    bool running;
    bool silent; /* it answers nothing until it is started again */
    bool mute;
    uint64_t shed_until_us;
    bool cannot_start; /* again */
    unsigned starts;
    struct proxy_death death; /* text */
    unsigned deaths;
    /* The backend's listener. */
    enum script_listener_state listens;
    struct fake_timer *listening; /* on_listening is due */
    bool cannot_listen;           /* other than always */
    bool cannot_listen_again;
    unsigned turns_down;     /* so many connections come while it takes no calls */
    bool succeeds_unreached; /* it answers 200 then, with an empty message */
    uint64_t breaks_ms; /* a request that finds no backend makes the proxy answer by itself for so long, with 503 */
    /* What was seen. */
    char listened[256]; /* the states, one behind the other */
    unsigned requests_started;
    unsigned most_in_flight;
};

/* A proxy that answers everything right, on a clock that begins at 1 s. */
void fake_ends_init(struct fake_ends *ends, bool has_process);
/* Checks that nothing is left: no timer, no request. */
void fake_ends_fini(struct fake_ends *ends);
/* Rules are asked in the order in which they were added. */
void fake_ends_rule(struct fake_ends *ends, struct fake_rule rule);

#endif
