/* Why no call gets through: the kinds of obstacles and their texts. */
#include "harness/run/diagnosis.h"

#include <stdio.h>
#include <string.h>

static bool is_https(const char *url)
{
    return strncmp(url, "https:", 6) == 0;
}

/* What is behind "://" in a URL. */
static const char *authority_of(const char *url)
{
    const char *slashes = strstr(url, "://");
    return slashes ? slashes + 3 : url;
}

static bool is_upstream_status(int status)
{
    return status == 502 || status == 503 || status == 504;
}

static void look_at_port(struct last_seen *last, struct ends *ends, const char *url)
{
    struct port_probe probe;
    ends->class->probe_port(ends, &probe);
    switch (probe.speaks) {
    case PORT_SPEAKS_UNKNOWN:
        break;
    case PORT_SPEAKS_PLAIN_HTTP:
        if (is_https(url))
            last->obstacle = OBSTACLE_SPEAKS_PLAIN;
        break;
    case PORT_SPEAKS_TLS:
        if (!is_https(url))
            last->obstacle = OBSTACLE_SPEAKS_TLS;
        break;
    case PORT_SPEAKS_TLS_UNTRUSTED:
        last->obstacle = OBSTACLE_UNTRUSTED;
        break;
    case PORT_SPEAKS_TLS_WANTS_CERTIFICATE:
        last->obstacle = is_https(url) ? OBSTACLE_WANTS_CERTIFICATE : OBSTACLE_SPEAKS_TLS;
        break;
    }
    memcpy(last->tls_detail, probe.detail, sizeof last->tls_detail);
}

void diagnosis_find(struct last_seen *last, struct ends *ends, const char *url)
{
    if (last->passed_on)
        last->obstacle = OBSTACLE_PASSED_ON;
    else if (last->status == 401 || last->status == 403 || last->status == 407)
        last->obstacle = OBSTACLE_CREDENTIALS;
    else if (last->status == 415)
        last->obstacle = OBSTACLE_MEDIA_TYPE;
    else if (last->status == 0 || last->status == 400) /* servers of TLS answer plain HTTP with 400, or not at all */
        look_at_port(last, ends, url);
}

static void write_obstacle(char *out, const struct diagnosis_subject *subject, const struct last_seen *last)
{
    const char *url = subject->url;
    switch (last->obstacle) {
    case OBSTACLE_NONE:
        break;
    case OBSTACLE_UNTRUSTED:
        snprintf(out, DIAGNOSIS_MAX,
                 "the certificate of the proxy at %s is not trusted (%s): name the certificate that signed it with "
                 "--cacert FILE, or do not verify it with --insecure",
                 url, last->tls_detail);
        break;
    case OBSTACLE_WANTS_CERTIFICATE:
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s wants a client certificate that it trusts (%s): give it with --cert FILE and "
                 "--key FILE",
                 url, last->tls_detail);
        break;
    case OBSTACLE_SPEAKS_TLS:
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s speaks TLS: write https://%s (with --cacert FILE where its certificate is not known "
                 "to this machine, or --insecure)",
                 url, authority_of(url));
        break;
    case OBSTACLE_SPEAKS_PLAIN:
        snprintf(out, DIAGNOSIS_MAX, "the proxy at %s speaks plain HTTP and not TLS: write http://%s", url,
                 authority_of(url));
        break;
    case OBSTACLE_CREDENTIALS:
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s answers %d and no call reaches the backend: it wants credentials. Send them with "
                 "--header '%s: ...', or switch this off in the proxy",
                 url, last->status, last->status == 407 ? "Proxy-Authorization" : "Authorization");
        break;
    case OBSTACLE_MEDIA_TYPE:
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s answers 415 to GET %.*s and no call reaches the backend: it does not take a request "
                 "of this content type. Where it wants one even without a body, send it with --header 'content-type: "
                 "application/json'; else the request does not get to the transcoder",
                 url, SPAN_FMT(subject->path));
        break;
    case OBSTACLE_PASSED_ON:
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s passes requests on to the backend without transcoding them: the descriptors are not "
                 "loaded, or the service is not named in its configuration (see `transcheck descriptors` and "
                 "`transcheck config`)",
                 url);
        break;
    }
}

void diagnosis_write(char *out, struct ends *ends, const struct diagnosis_subject *subject,
                     const struct last_seen *last)
{
    const char *url = subject->url;
    if (ends_process_gone(ends)) {
        const struct proxy_death *death = ends->class->process_death(ends);
        snprintf(out, DIAGNOSIS_MAX, "the proxy command ended before a call got through: %s; %s", death->text,
                 death->over_memory ? "raise the limit, or see what it allocates" : "run it by hand to see why");
    } else if (last->obstacle != OBSTACLE_NONE) {
        write_obstacle(out, subject, last);
    } else if (last->ending == ENDING_REFUSED || !last->connected) {
        snprintf(out, DIAGNOSIS_MAX, "the proxy is unreachable at %s (%s); start it, or correct the URL", url,
                 last->detail);
    } else if (is_upstream_status(last->status)) {
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s answers %d and no call reaches the backend: its upstream is not at %s; point its "
                 "upstream there (HTTP/2, cleartext unless --backend-cert is given), or change --backend",
                 url, last->status, subject->backend);
    } else if (last->status == 0) {
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s does not answer an ordinary request (%s), and no call reaches the backend at %s", url,
                 last->detail, subject->backend);
    } else {
        snprintf(out, DIAGNOSIS_MAX,
                 "the proxy at %s answers %d to GET %.*s and no call reaches the backend: the descriptors are not "
                 "loaded, or its route does not lead to the service (see `transcheck descriptors` and `transcheck "
                 "config`)",
                 url, last->status, SPAN_FMT(subject->path));
    }
}
