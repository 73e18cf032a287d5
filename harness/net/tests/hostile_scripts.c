/* Byte scripts of hostile servers. */
#include "harness/net/tests/hostile_scripts.h"

#include <string.h>

#include "harness/net/tests/raw_steps.h"

#define STEPS static const struct raw_step

/* HTTP/1.1: the header section of a request has arrived. */
#define AFTER_HEAD RAW_WAIT_TEXT("\r\n\r\n")
#define HEAD       "HTTP/1.1 200 OK\r\n"
#define CHUNKED    HEAD "transfer-encoding: chunked\r\n\r\n"

/* HTTP/2: the client's preface has arrived; after SETTINGS in both directions the header block of stream 1 is on its
 * way. */
#define AFTER_PREFACE RAW_WAIT_TEXT("PRI * HTTP/2.0")
#define SETTINGS      "\0\0\0\4\0\0\0\0\0"
#define OPEN_2        AFTER_PREFACE, RAW_SEND_TEXT(SETTINGS), {.kind = RAW_WAIT, .count = 70}, PAUSE(20)
#define HEAD_2        "\0\0\1\1\4\0\0\0\1\x88"
/* "a: ..." of 1 KiB, 1024 as an integer with a prefix of 7 bits */
#define FIELD_1K "\0\1a\x7f\x81\x07" BYTES_1K

STEPS silence[] = {STOP};
STEPS immediate_close[] = {CLOSE};
STEPS reset[] = {{.kind = RAW_WAIT, .count = 20}, RST};
STEPS wrong_protocol[] = {RAW_SEND_TEXT("SSH-2.0-OpenSSH_9.2\r\n"), STOP};
STEPS garbage[] = {{.kind = RAW_WAIT, .count = 20}, ENDLESS("\x01\x02\x03\xff garbage\r\n"), STOP};

STEPS headers_1[] = {AFTER_HEAD, RAW_SEND_TEXT(HEAD), ENDLESS("x-header: " BYTES_64 "\r\n"), STOP};
STEPS headers_2[] = {OPEN_2, RAW_SEND_TEXT("\0\0\1\1\0\0\0\0\1\x88"), ENDLESS("\0\4\6\x9\0\0\0\0\1" FIELD_1K), STOP};
STEPS header_line_1[] = {AFTER_HEAD, RAW_SEND_TEXT(HEAD "x: "), ENDLESS(BYTES_1K), STOP};
STEPS header_line_2[] = {OPEN_2, RAW_SEND_TEXT("\0\0\1\1\0\0\0\0\1\x88"), ENDLESS("\0\0\0\x9\0\0\0\0\1"), STOP};
STEPS informational_1[] = {AFTER_HEAD, ENDLESS("HTTP/1.1 103 Hints\r\n\r\n"), STOP};
STEPS informational_2[] = {OPEN_2,
                           ENDLESS("\0\0\5\1\4\0\0\0\1\x08\3"
                                   "103"),
                           STOP};
STEPS body_1[] = {AFTER_HEAD, RAW_SEND_TEXT(HEAD "\r\n"), ENDLESS(BYTES_1K), STOP};
STEPS body_2[] = {OPEN_2, RAW_SEND_TEXT(HEAD_2), ENDLESS("\0\4\0\0\0\0\0\0\1" BYTES_1K), STOP};
STEPS chunks_1[] = {AFTER_HEAD, RAW_SEND_TEXT(CHUNKED), ENDLESS("1\r\nx\r\n"), STOP};
STEPS chunks_2[] = {OPEN_2, RAW_SEND_TEXT(HEAD_2), ENDLESS("\0\0\0\0\0\0\0\0\1"), STOP};
STEPS extensions_1[] = {AFTER_HEAD, RAW_SEND_TEXT(CHUNKED "5"), ENDLESS(";a=" BYTES_1K), STOP};
STEPS extensions_2[] = {OPEN_2, ENDLESS("\0\0\4\xee\0\0\0\0\1extn"), STOP};
STEPS trailers_1[] = {AFTER_HEAD, RAW_SEND_TEXT(CHUNKED "0\r\n"), ENDLESS("x-t: " BYTES_64 "\r\n"), STOP};
STEPS trailers_2[] = {OPEN_2, RAW_SEND_TEXT(HEAD_2), ENDLESS("\0\0\0\1\4\0\0\0\1"), STOP};
STEPS trailer_line_1[] = {AFTER_HEAD, RAW_SEND_TEXT(CHUNKED "0\r\nx-t: "), ENDLESS(BYTES_1K), STOP};
STEPS trailer_line_2[] = {OPEN_2, RAW_SEND_TEXT(HEAD_2 "\0\0\0\1\1\0\0\0\1"), ENDLESS("\0\4\6\x9\0\0\0\0\1" FIELD_1K),
                          STOP};
STEPS dribble_1[] = {AFTER_HEAD, DRIBBLE(HEAD "x-header: 0123456789\r\n"), STOP};
STEPS dribble_2[] = {AFTER_PREFACE, DRIBBLE(SETTINGS), STOP};
STEPS body_dribble_1[] = {AFTER_HEAD, RAW_SEND_TEXT(HEAD "content-length: 50000\r\n\r\n"), DRIBBLE("x"), STOP};
STEPS body_dribble_2[] = {OPEN_2, RAW_SEND_TEXT(HEAD_2), DRIBBLE("\0\0\1\0\0\0\0\0\1x"), STOP};
STEPS redirect_1[] = {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
                      STOP};
STEPS redirect_2[] = {OPEN_2, RAW_SEND_TEXT("\0\0\x11\1\5\0\0\0\1\x48\3\x33\x30\x32\0\x8location\1/"), STOP};
STEPS pings_1[] = {AFTER_HEAD, ENDLESS("\r\n"), STOP};
STEPS pings_2[] = {OPEN_2, ENDLESS("\0\0\x8\6\0\0\0\0\0pingping"), STOP};
STEPS settings_1[] = {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 "), ENDLESS(BYTES_1K), STOP};
STEPS settings_2[] = {AFTER_PREFACE, ENDLESS(SETTINGS), STOP};

static const struct hostile_script scripts[] = {
    {"silence", silence, silence, ENDING_TIMEOUT, ENDING_TIMEOUT},
    {"immediate-close", immediate_close, immediate_close, ENDING_CUT, ENDING_REFUSED},
    {"reset", reset, reset, ENDING_CONN_RESET, ENDING_REFUSED},
    {"wrong-protocol", wrong_protocol, wrong_protocol, ENDING_MALFORMED, ENDING_MALFORMED},
    {"garbage", garbage, garbage, ENDING_MALFORMED, ENDING_MALFORMED},
    {"endless-headers", headers_1, headers_2, ENDING_TOO_LARGE, ENDING_OPEN},
    {"endless-header-line", header_line_1, header_line_2, ENDING_TOO_LARGE, ENDING_OPEN},
    {"endless-informational", informational_1, informational_2, ENDING_TOO_LARGE, ENDING_TOO_LARGE},
    {"endless-body", body_1, body_2, ENDING_TOO_LARGE, ENDING_TOO_LARGE},
    {"endless-chunks", chunks_1, chunks_2, ENDING_TOO_LARGE, ENDING_OPEN},
    {"chunk-extensions", extensions_1, extensions_2, ENDING_TOO_LARGE, ENDING_TIMEOUT},
    {"endless-trailers", trailers_1, trailers_2, ENDING_TOO_LARGE, ENDING_OPEN},
    {"endless-trailer-line", trailer_line_1, trailer_line_2, ENDING_TOO_LARGE, ENDING_OPEN},
    {"dribble", dribble_1, dribble_2, ENDING_TIMEOUT, ENDING_TIMEOUT},
    {"body-dribble", body_dribble_1, body_dribble_2, ENDING_TIMEOUT, ENDING_OPEN},
    {"redirect-loop", redirect_1, redirect_2, ENDING_COMPLETE, ENDING_COMPLETE},
    {"endless-pings", pings_1, pings_2, ENDING_OPEN, ENDING_OPEN},
    {"endless-settings", settings_1, settings_2, ENDING_TOO_LARGE, ENDING_OPEN},
};

size_t hostile_script_count(void)
{
    return sizeof scripts / sizeof *scripts;
}

const struct hostile_script *hostile_script_at(size_t index)
{
    return index < hostile_script_count() ? &scripts[index] : NULL;
}

const struct hostile_script *hostile_script_find(const char *name)
{
    for (size_t i = 0; i < hostile_script_count(); i++) {
        if (strcmp(scripts[i].name, name) == 0)
            return &scripts[i];
    }
    return NULL;
}
