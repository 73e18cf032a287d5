/* The one place that tells how an HTTP/1.1 connection ended from what libcurl says: FIN, RST and malformed bytes are
 * different observations. Apart from this function http1_client.c is used through client.h. */
#ifndef TRANSCHECK_NET_HTTP1_CLIENT_H
#define TRANSCHECK_NET_HTTP1_CLIENT_H

#include "harness/base/transcript.h"

/* `curl_code` other than CURLE_OK, errno of the failed system call as CURLINFO_OS_ERRNO has it, libcurl's message (TLS
 * errors carry their errno only there). Never ENDING_OPEN and never ENDING_COMPLETE. */
enum ending http1_ending_of(int curl_code, long os_errno, const char *text);

#endif
