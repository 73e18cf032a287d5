#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/embed.h"
#include "harness/cli/commands.h"
#include "harness/net/address.h"
#include "harness/reference/reference.h"

static const char help[] =
    "Examples:\n"
    "  transcheck reference --listen 127.0.0.1:51051 --backend 127.0.0.1:53000\n"
    "  transcheck reference --listen 127.0.0.1:0 --backend 127.0.0.1:53000 --defect missing-trailers-ok\n"
    "\n"
    "Usage: transcheck reference --listen ADDR:PORT --backend ADDR:PORT [options]\n"
    "       transcheck reference --list-defects\n"
    "\n"
    "The built-in transcoder: HTTP/1.1 and HTTP/2 in front, gRPC behind. It is correct, or has one planted defect.\n"
    "\n"
    "  --listen ADDR:PORT     where clients connect; port 0 picks one\n"
    "  --backend ADDR:PORT    the gRPC server\n"
    "  --tls                  TLS for clients, with a throw-away certificate; or --cert FILE --key FILE\n"
    "  --backend-tls          TLS to the backend, whose certificate is not verified\n"
    "  --descriptors FILE.pb  a FileDescriptorSet with google.api.http rules (default: the embedded one)\n"
    "  --defect NAME          plant this defect\n"
    "  --list-defects         print the names of all defects, with what they do\n"
    "  --deadline-ms N        how long the backend may take (default 15000)\n"
    "\n"
    "When it is ready, it prints one line to stderr: listening on ADDR:PORT\n"
    "Exit code: 0 when ended by SIGINT or SIGTERM; 2 for a mistake in the options or a file; 3 when it cannot "
    "listen.\n";

enum reference_option {
    OPTION_LISTEN = 256,
    OPTION_BACKEND,
    OPTION_DESCRIPTORS,
    OPTION_DEFECT,
    OPTION_LIST_DEFECTS,
    OPTION_DEADLINE,
    OPTION_TLS,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_BACKEND_TLS,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"descriptors", required_argument, NULL, OPTION_DESCRIPTORS},
    {"defect", required_argument, NULL, OPTION_DEFECT},
    {"list-defects", no_argument, NULL, OPTION_LIST_DEFECTS},
    {"deadline-ms", required_argument, NULL, OPTION_DEADLINE},
    {"tls", no_argument, NULL, OPTION_TLS},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"backend-tls", no_argument, NULL, OPTION_BACKEND_TLS},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

struct arguments {
    const char *listen;
    const char *backend;
    const char *descriptors;
    enum defect defect;
    uint64_t deadline_ms;
    const char *cert;
    const char *key;
    bool tls;
    bool backend_tls;
};

static int list_defects(void)
{
    for (int i = 1; i < DEFECT_COUNT; i++) {
        const struct defect_info *info = defects_get((enum defect)i);
        printf("%-34s %s\n", info->name, info->text);
    }
    return fflush(stdout) == 0 ? 0 : 2;
}

static int usage(const char *text)
{
    fprintf(stderr, "transcheck reference: %s\n", text);
    return 2;
}

static int parse_deadline(uint64_t *deadline_ms, const char *text)
{
    char *end;
    *deadline_ms = strtoull(text, &end, 10);
    if (*end || end == text || text[0] == '-' || *deadline_ms == 0 || *deadline_ms > 86400000)
        return usage("--deadline-ms: from 1 to 86400000");
    return -1;
}

/* -1: go on; else the exit code. */
static int take_option(struct arguments *out, int option, const char *value)
{
    switch (option) {
    case OPTION_LISTEN:
        out->listen = value;
        return -1;
    case OPTION_BACKEND:
        out->backend = value;
        return -1;
    case OPTION_DESCRIPTORS:
        out->descriptors = value;
        return -1;
    case OPTION_DEFECT:
        return defects_find(value, &out->defect) ? -1 : usage("--defect: no such defect; see --list-defects");
    case OPTION_LIST_DEFECTS:
        return list_defects();
    case OPTION_DEADLINE:
        return parse_deadline(&out->deadline_ms, value);
    case OPTION_CERT:
        out->cert = value;
        out->tls = true;
        return -1;
    case OPTION_KEY:
        out->key = value;
        return -1;
    case OPTION_TLS:
        out->tls = true;
        return -1;
    case OPTION_BACKEND_TLS:
        out->backend_tls = true;
        return -1;
    case OPTION_HELP:
        fputs(help, stdout);
        return 0;
    default:
        return 2;
    }
}

static int parse_arguments(struct arguments *out, int argc, char **argv)
{
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int status = take_option(out, option, optarg);
        if (status >= 0)
            return status;
    }
    if ((out->cert == NULL) != (out->key == NULL))
        return usage("--cert and --key go together");
    if (optind == argc && out->listen && out->backend)
        return -1;
    return usage("--listen and --backend are needed, and nothing else; see --help");
}

static enum err_code read_file(struct buf *out, const char *path, struct err *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return err_set(err, ERR_IO, "cannot open %s: %m", path);
    uint8_t *at;
    size_t len = 1;
    while (len > 0 && (at = buf_reserve(out, 65536)) != NULL) {
        len = fread(at, 1, 65536, file);
        buf_commit(out, len);
    }
    bool bad = ferror(file) != 0;
    fclose(file);
    if (bad)
        return err_set(err, ERR_IO, "cannot read %s", path);
    return out->failed ? err_set(err, ERR_LIMIT, "%s is too large", path) : ERR_OK;
}

static enum err_code load_schema(struct schema **out, const char *path, struct err *err)
{
    struct span bytes;
    struct buf file;
    enum err_code code = ERR_OK;
    buf_init(&file, SCHEMA_MAX_BYTES + 65536);
    if (path) {
        code = read_file(&file, path, err);
        bytes = buf_span(&file);
    } else if (!embed_find("descriptors.pb", &bytes)) {
        code = err_set(err, ERR_NOT_FOUND, "no descriptors are embedded; use --descriptors");
    }
    if (code == ERR_OK)
        code = schema_new(out, bytes, err);
    buf_fini(&file);
    return code;
}

static void stop(void *user, int signum)
{
    (void)signum;
    loop_stop(user);
}

static int serve(struct loop *loop, const struct arguments *arguments, const struct schema *schema)
{
    char listen_host[256];
    char backend_host[256];
    struct err err;
    struct reference *reference;
    struct reference_options options = {.listen_host = listen_host,
                                        .backend_host = backend_host,
                                        .tls = arguments->tls,
                                        .cert_file = arguments->cert,
                                        .key_file = arguments->key,
                                        .backend_tls = arguments->backend_tls,
                                        .schema = schema,
                                        .defect = arguments->defect,
                                        .deadline_ms = arguments->deadline_ms};
    if (address_parse(listen_host, sizeof listen_host, &options.listen_port, arguments->listen, &err) != ERR_OK ||
        address_parse(backend_host, sizeof backend_host, &options.backend_port, arguments->backend, &err) != ERR_OK) {
        fprintf(stderr, "transcheck reference: %s\n", err.text);
        return 2;
    }
    if (loop_on_signal(loop, SIGINT, stop, loop, &err) != ERR_OK ||
        loop_on_signal(loop, SIGTERM, stop, loop, &err) != ERR_OK ||
        reference_new(&reference, loop, &options, &err) != ERR_OK) {
        fprintf(stderr, "transcheck reference: %s\n", err.text);
        return 3;
    }
    bool v6 = strchr(listen_host, ':') != NULL;
    fprintf(stderr, "listening on %s%s%s:%u\n", v6 ? "[" : "", listen_host, v6 ? "]" : "",
            (unsigned)reference_port(reference));
    fflush(stderr);
    loop_run(loop);
    reference_free(reference);
    return 0;
}

int cmd_reference(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct err err;
    struct schema *schema;
    struct loop *loop;
    int status = parse_arguments(&arguments, argc, argv);
    if (status >= 0)
        return status;
    if (load_schema(&schema, arguments.descriptors, &err) != ERR_OK) {
        fprintf(stderr, "transcheck reference: %s\n", err.text);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    status = 3;
    if (loop_new(&loop, &err) == ERR_OK) {
        status = serve(loop, &arguments, schema);
        loop_free(loop);
    } else {
        fprintf(stderr, "transcheck reference: %s\n", err.text);
    }
    schema_free(schema);
    return status;
}
