/* Versions of the libraries whose headers have their home in net/, for results and --version. Static strings. */
#ifndef TRANSCHECK_NET_VERSIONS_H
#define TRANSCHECK_NET_VERSIONS_H

const char *versions_nghttp2(void); /* in h2.c */
const char *versions_curl(void);    /* in http1_client.c */
const char *versions_openssl(void); /* in tls.c */

#endif
