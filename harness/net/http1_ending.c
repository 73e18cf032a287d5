/* How an exchange of libcurl ended. */
#include "harness/net/http1_ending.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <curl/curl.h>

bool http1_system_call_failed(const char *text)
{
    return strstr(text, "Recv failure") || strstr(text, "Send failure");
}

static enum ending ending_of_errno(long os_errno, const char *text)
{
    /* libcurl keeps the first error: of a connection that was reset before it was looked at, that there is no peer. */
    if (!http1_system_call_failed(text) && !strstr(text, "getpeername() failed"))
        os_errno = 0;
    if (os_errno == ECONNRESET || strstr(text, "reset by peer"))
        return ENDING_CONN_RESET;
    /* RST behind FIN, seen by a write: the peer had closed in order. */
    if (os_errno == EPIPE || strstr(text, "Broken pipe"))
        return ENDING_CUT;
    /* TLS without close_notify; OpenSSL 3 says it in words only. */
    if (strstr(text, "unexpected eof"))
        return ENDING_CUT;
    /* libcurl 7.88 says so of a trailer line beyond 4 KiB. */
    if (strstr(text, "Out of memory in chunked-encoding"))
        return ENDING_TOO_LARGE;
    return os_errno != 0 ? ENDING_CONN_RESET : ENDING_MALFORMED;
}

enum ending http1_ending_of(int curl_code, long os_errno, const char *text)
{
    assert(curl_code != CURLE_OK);
    switch (curl_code) {
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return ENDING_CUT;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return ending_of_errno(os_errno, text);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ISSUER_ERROR:
        return ENDING_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ENDING_TIMEOUT;
    case CURLE_OUT_OF_MEMORY: /* libcurl 7.88 says so of a header line beyond 100 KiB */
    case CURLE_FILESIZE_EXCEEDED:
        return ENDING_TOO_LARGE;
    default:
        return ENDING_MALFORMED;
    }
}
