/* Short names for the steps of raw_server.h, for tests that hold many scripts. */
#ifndef TRANSCHECK_NET_TESTS_RAW_STEPS_H
#define TRANSCHECK_NET_TESTS_RAW_STEPS_H

#include "harness/net/tests/raw_server.h"

#define RAW_STEP(...)                                                                                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define STOP       RAW_STEP(.kind = RAW_STOP)
#define FIN        RAW_STEP(.kind = RAW_FIN)
#define RST        RAW_STEP(.kind = RAW_RST)
#define CLOSE      RAW_STEP(.kind = RAW_CLOSE)
#define PAUSE(ms)  RAW_STEP(.kind = RAW_PAUSE, .count = (ms))
#define ENDLESS(b) RAW_STEP(.kind = RAW_ENDLESS, .bytes = RAW_BYTES(b))
#define DRIBBLE(b) RAW_STEP(.kind = RAW_DRIBBLE, .bytes = RAW_BYTES(b), .count = 20, .forever = true)

#define BYTES_64 "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
#define BYTES_1K                                                                                                       \
    BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64 BYTES_64        \
        BYTES_64 BYTES_64 BYTES_64 BYTES_64

#endif
