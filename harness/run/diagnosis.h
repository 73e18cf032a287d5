/* Why no call gets through, in words that say what to do. Part of the preflight. */
#ifndef TRANSCHECK_RUN_DIAGNOSIS_H
#define TRANSCHECK_RUN_DIAGNOSIS_H

#include "harness/base/transcript.h"
#include "harness/run/ends.h"

#define DIAGNOSIS_MAX 1024

/* What an ordinary request met that does not pass by waiting: the user has to change something. */
enum obstacle {
    OBSTACLE_NONE, /* or one that may pass */
    OBSTACLE_UNTRUSTED,
    OBSTACLE_WANTS_CERTIFICATE,
    OBSTACLE_SPEAKS_TLS,   /* and the URL says http: */
    OBSTACLE_SPEAKS_PLAIN, /* and the URL says https: */
    OBSTACLE_CREDENTIALS,  /* 401, 403, 407 */
    OBSTACLE_MEDIA_TYPE,   /* 415 */
    OBSTACLE_PASSED_ON     /* a call arrived, but not as the gRPC method */
};

/* What a round of ordinary requests saw. */
struct last_seen {
    bool passed_on;
    bool connected;
    int status; /* 0: no response */
    enum ending ending;
    char detail[320]; /* escaped */
    enum obstacle obstacle;
    char tls_detail[256]; /* of OBSTACLE_UNTRUSTED and _WANTS_CERTIFICATE: escaped */
};

struct diagnosis_subject {
    const char *url;
    const char *backend;
    struct span path; /* of the ordinary request */
};

/* Finds out whether waiting can help; looks at the port where the answer alone does not tell. */
void diagnosis_find(struct last_seen *last, struct ends *ends, const char *url);
/* Writes what is wrong to `out` (DIAGNOSIS_MAX bytes). */
void diagnosis_write(char *out, struct ends *ends, const struct diagnosis_subject *subject,
                     const struct last_seen *last);

#endif
