/* The one place that tells how an HTTP/1.1 connection ended from what libcurl says: FIN, RST and malformed bytes are
 * different observations. */
#ifndef TRANSCHECK_NET_HTTP1_ENDING_H
#define TRANSCHECK_NET_HTTP1_ENDING_H

#include "harness/base/transcript.h"

/* Whether libcurl's message speaks of a system call that failed: CURLINFO_OS_ERRNO, which keeps the errno of an earlier
 * transfer, counts only then. */
bool http1_system_call_failed(const char *text);
/* `curl_code` other than CURLE_OK, errno of the failed system call as CURLINFO_OS_ERRNO has it, libcurl's message (TLS
 * errors carry their errno only there). Never ENDING_OPEN and never ENDING_COMPLETE. */
enum ending http1_ending_of(int curl_code, long os_errno, const char *text);

#endif
