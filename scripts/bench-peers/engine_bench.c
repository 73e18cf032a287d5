/* The engine beside libprotobuf and memcpy, as ratios: rounds of each in turn, the median of the rounds' ratios. Called
 * by scripts/bench-engine, which says what the goals mean.
 *
 * engine_bench FOLDER [ROUNDS]                  everything; exit code 1 when a goal was missed
 * engine_bench FOLDER only WHAT NAME COUNT      COUNT times one thing of the engine's, for a profiler: WHAT is
 *                                               to-binary, to-json or framing, NAME a document or a size */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/engine/grpc/frame.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/reader.h"
#include "scripts/bench-peers/protobuf_peer.h"
#include "scripts/bench-peers/yyjson_peer.h"

#define CHUNK      16384u
#define STREAM     (1u << 20)
#define MAX_ROUNDS 1001

#define MAX_DOCUMENT ((size_t)2 << 20)

struct bench {
    const char *folder;
    int rounds;
    struct schema *schema;
    struct protobuf_peer *peer;
    struct yyjson_peer *reader; /* NULL: not here */
    struct arena arena;
    struct buf out;
    bool missed;
};

static const struct document {
    const char *name;
    const char *type;
    double reading; /* JSON to binary may take this many times as long as reading alone; 0: not held to it */
} documents[] = {
    {"small", "bench.Reservation", 3},
    {"numeric", "bench.Numbers", 3},
    {"list", "bench.Reservations", 3},
    {"mixed", "bench.MixedList", 0}, /* keys in no order, to be put in order, and a Struct: much more than reading */
};

static const size_t message_sizes[] = {16, 1024, 65536};

_Noreturn static void die(const char *what, const char *which)
{
    fprintf(stderr, "engine_bench: %s: %s\n", what, which);
    exit(2);
}

static void file_read(struct buf *out, const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        die("cannot read", path);
    buf_init(out, 64u << 20);
    size_t got;
    do {
        uint8_t *room = buf_reserve(out, 65536);
        if (!room)
            die("too long", path);
        got = fread(room, 1, 65536, file);
        buf_commit(out, got);
    } while (got > 0);
    fclose(file);
}

/* CPU time of this thread: others' load on the machine is not counted. */
static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* ---- measuring */

/* One thing to measure: `run` does it once. */
struct task {
    struct bench *bench;
    const char *type;
    const struct schema_message *message;
    struct span input;
    size_t chunk;
    uint8_t *copy;
    void (*run)(struct task *task);
    int count; /* how often in one round, so that a round takes some milliseconds */
};

static double task_ns(struct task *task)
{
    double begin = now_ns();
    for (int i = 0; i < task->count; i++)
        task->run(task);
    return (now_ns() - begin) / task->count;
}

static void task_calibrate(struct task *task)
{
    task->count = 1;
    task_ns(task);
    while (task->count < 1 << 24 && task_ns(task) * task->count < 4e6)
        task->count *= 2;
}

static int double_compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, double_compare);
    return values[count / 2];
}

struct comparison {
    double ours_ns;
    double theirs_ns;
    double ratio; /* theirs to ours */
};

static struct comparison compare(struct bench *bench, struct task *ours, struct task *theirs)
{
    static double ours_ns[MAX_ROUNDS];
    static double theirs_ns[MAX_ROUNDS];
    static double ratios[MAX_ROUNDS];
    task_calibrate(ours);
    task_calibrate(theirs);
    for (int i = 0; i < bench->rounds; i++) {
        ours_ns[i] = task_ns(ours);
        theirs_ns[i] = task_ns(theirs);
        ratios[i] = theirs_ns[i] / ours_ns[i];
    }
    return (struct comparison){.ours_ns = median(ours_ns, bench->rounds),
                               .theirs_ns = median(theirs_ns, bench->rounds),
                               .ratio = median(ratios, bench->rounds)};
}

static void verdict_print(struct bench *bench, double goal, bool met)
{
    printf("  goal %4.1f %s\n", goal, met ? "met" : "MISSED");
    fflush(stdout);
    bench->missed |= !met;
}

/* A line about how many times as fast `ours` is as `theirs`; `goal` 0: none. */
static void compare_print(struct bench *bench, const char *title, struct task *ours, struct task *theirs, double goal)
{
    struct comparison seen = compare(bench, ours, theirs);
    double bytes = (double)ours->input.len;
    printf("%-28s %9.0f ns %7.0f MB/s %11.0f ns %7.0f MB/s %8.2f", title, seen.ours_ns, bytes * 1e3 / seen.ours_ns,
           seen.theirs_ns, bytes * 1e3 / seen.theirs_ns, seen.ratio);
    if (goal > 0)
        verdict_print(bench, goal, seen.ratio >= goal);
    else
        printf("\n");
}

/* ---- the mapping */

static void run_to_binary(struct task *task)
{
    struct bench *bench = task->bench;
    struct err err;
    buf_reset(&bench->out);
    arena_reset(&bench->arena);
    if (json_to_proto(&bench->out, task->message, task->input, NULL, &bench->arena, &err) != ERR_OK)
        die("json_to_proto", err.text);
}

static void run_to_json(struct task *task)
{
    struct bench *bench = task->bench;
    struct err err;
    buf_reset(&bench->out);
    arena_reset(&bench->arena);
    if (proto_to_json(&bench->out, task->message, task->input, NULL, &bench->arena, &err) != ERR_OK)
        die("proto_to_json", err.text);
}

static void run_peer_to_binary(struct task *task)
{
    if (!protobuf_peer_to_binary(task->bench->peer, task->type, task->input.data, task->input.len))
        die("libprotobuf refuses JSON of", task->type);
}

static void run_peer_to_json(struct task *task)
{
    if (!protobuf_peer_to_json(task->bench->peer, task->type, task->input.data, task->input.len))
        die("libprotobuf refuses bytes of", task->type);
}

static void run_validate(struct task *task)
{
    struct err err;
    if (json_validate(task->input, &err) != ERR_OK)
        die("json_validate", err.text);
}

static void run_yyjson(struct task *task)
{
    if (!yyjson_peer_read(task->bench->reader, task->input.data, task->input.len))
        die("yyjson refuses JSON of", task->type);
}

/* How long the mapping of a document takes beside the mere reading of its text. */
static void bench_reading(struct bench *bench, struct task *ours, double goal)
{
    struct task theirs = *ours;
    double bytes = (double)ours->input.len;
    if (!bench->reader)
        return;
    theirs.run = run_yyjson;
    struct comparison seen = compare(bench, ours, &theirs);
    printf("%-28s %32s %9.0f ns %7.0f MB/s %8.2f", "  times yyjson's reading alone", "", seen.theirs_ns,
           bytes * 1e3 / seen.theirs_ns, 1 / seen.ratio);
    if (goal > 0)
        verdict_print(bench, goal, 1 / seen.ratio <= goal);
    else
        printf("\n");
}

/* The canonical JSON of `binary`: equal for equal messages. */
static void canonical(struct buf *out, const struct task *task, struct span binary)
{
    struct task print = *task;
    print.input = binary;
    run_to_json(&print);
    buf_init(out, 64u << 20);
    buf_append_span(out, buf_span(&task->bench->out));
}

/* Both must have done the same work: bytes of the same message (libprotobuf does not pack), and JSON that means the
 * same. */
static void document_check(struct bench *bench, struct task *task, struct span binary)
{
    struct buf ours;
    struct buf theirs;
    size_t len;
    canonical(&ours, task, binary);
    run_peer_to_binary(task);
    const void *result = protobuf_peer_result(bench->peer, &len);
    canonical(&theirs, task, span_of(result, len));
    if (!span_equal(buf_span(&theirs), buf_span(&ours)))
        die("libprotobuf and the engine differ in the bytes of", task->type);
    struct task back = *task;
    back.input = binary;
    run_peer_to_json(&back);
    result = protobuf_peer_result(bench->peer, &len);
    back.input = span_of(result, len);
    run_to_binary(&back);
    if (!span_equal(buf_span(&bench->out), binary))
        die("libprotobuf and the engine differ in the JSON of", task->type);
    buf_fini(&ours);
    buf_fini(&theirs);
}

static void bench_document(struct bench *bench, const struct document *document)
{
    struct buf json;
    struct buf binary;
    char title[64];
    snprintf(title, sizeof title, "%s.json", document->name);
    file_read(&json, bench->folder, title);
    buf_init(&binary, 64u << 20);
    struct task ours = {.bench = bench, .type = document->type, .input = buf_span(&json), .run = run_to_binary};
    ours.message = schema_message_find(bench->schema, span_cstr(document->type));
    if (!ours.message)
        die("no such message", document->type);
    run_to_binary(&ours);
    buf_append_span(&binary, buf_span(&bench->out));
    document_check(bench, &ours, buf_span(&binary));

    struct task theirs = ours;
    theirs.run = run_peer_to_binary;
    snprintf(title, sizeof title, "%s, %zu B: to binary", document->name, json.len);
    compare_print(bench, title, &ours, &theirs, 20);

    struct task validate = ours;
    validate.run = run_validate;
    task_calibrate(&validate);
    printf("%-28s %9.0f ns %7.0f MB/s\n", "  reading JSON alone", task_ns(&validate),
           (double)json.len * 1e3 / task_ns(&validate));

    bench_reading(bench, &ours, document->reading);
    ours.run = run_to_json;
    ours.input = theirs.input = buf_span(&binary);
    theirs.run = run_peer_to_json;
    snprintf(title, sizeof title, "%s, %zu B: to JSON", document->name, binary.len);
    compare_print(bench, title, &ours, &theirs, 8);
    buf_fini(&json);
    buf_fini(&binary);
}

/* ---- framing */

static void run_framing(struct task *task)
{
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err;
    size_t taken = 0;
    frame_parser_init(&parser, 4u << 20);
    for (size_t at = 0; at < task->input.len; at += CHUNK) {
        struct span chunk = span_from(task->input, at);
        if (chunk.len > CHUNK)
            chunk.len = CHUNK;
        while (frame_parser_next(&parser, &chunk, &piece, &err) == FRAME_DONE)
            taken += piece.bytes.len;
    }
    if (taken == 0 || !frame_parser_at_boundary(&parser))
        die("framing", "the stream was not taken whole");
}

/* The stream to another place, as a parser that collects messages would have to. */
static void run_memcpy(struct task *task)
{
    for (size_t at = 0; at < task->input.len; at += CHUNK) {
        size_t left = task->input.len - at;
        memcpy(task->copy + at, task->input.data + at, left < CHUNK ? left : CHUNK);
        __asm__ volatile("" : : "r"(task->copy) : "memory"); /* the copy is used */
    }
}

/* Each chunk to the same place, which stays in the first cache. */
static void run_memcpy_hot(struct task *task)
{
    for (size_t at = 0; at < task->input.len; at += CHUNK) {
        size_t left = task->input.len - at;
        memcpy(task->copy, task->input.data + at, left < CHUNK ? left : CHUNK);
        __asm__ volatile("" : : "r"(task->copy) : "memory");
    }
}

static void stream_fill(struct buf *stream, size_t size)
{
    buf_init(stream, 2 * STREAM);
    while (stream->len < STREAM) {
        uint8_t prefix[FRAME_PREFIX_LEN];
        frame_prefix_write(prefix, 0, (uint32_t)size);
        buf_append(stream, prefix, sizeof prefix);
        for (size_t i = 0; i < size; i++)
            buf_append_byte(stream, (uint8_t)i);
    }
}

static void bench_framing(struct bench *bench, size_t size)
{
    struct buf stream;
    struct buf copy;
    char title[64];
    stream_fill(&stream, size);
    buf_init(&copy, 2 * STREAM);
    struct task ours = {.bench = bench, .input = buf_span(&stream), .run = run_framing};
    struct task theirs = ours;
    theirs.run = run_memcpy;
    theirs.copy = buf_reserve(&copy, stream.len);
    if (!theirs.copy)
        die("memory", "none for the copy");
    snprintf(title, sizeof title, "framing, %zu B each", size);
    compare_print(bench, title, &ours, &theirs, size >= 1024 ? 1.0 : 0.2);
    theirs.run = run_memcpy_hot;
    compare_print(bench, "  one place in the cache", &ours, &theirs, size >= 1024 ? 1.0 : 0.2);
    buf_fini(&stream);
    buf_fini(&copy);
}

/* ---- growth */

#define GROWTH_MAX ((size_t)192 << 20)

struct growth {
    double ns;    /* per element */
    double bytes; /* of output and arena, per element */
};

static void growing_list(struct buf *json, size_t count)
{
    buf_init(json, GROWTH_MAX);
    buf_append_cstr(json, "{\"reservations\":[");
    for (size_t i = 0; i < count; i++)
        buf_printf(json, "%s{\"id\":\"reservations/%08zu\",\"seats\":%zu,\"price\":%zu.5}", i > 0 ? "," : "", i,
                   i % 400 + 1, i % 90);
    buf_append_cstr(json, "]}");
    if (json->failed)
        die("too long", "the list that grows");
}

/* The least of some runs: others' work on the machine only adds to it. */
static struct growth growth_measure(struct task *task, size_t count)
{
    struct bench *bench = task->bench;
    struct growth seen = {.ns = 1e18};
    task->count = 1;
    for (int i = 0; i < 5; i++) {
        double ns = task_ns(task) / (double)count;
        seen.ns = ns < seen.ns ? ns : seen.ns;
    }
    seen.bytes = (double)(bench->out.cap + bench->arena.used) / (double)count;
    return seen;
}

/* Lists of 10^4, 10^5 and 10^6 messages: time and memory per element stay what they are, but for caches. */
static void bench_growth(struct bench *bench, void (*run)(struct task *task), const char *title)
{
    double first = 0;
    for (size_t count = 10000; count <= 1000000; count *= 10) {
        struct buf json;
        struct buf binary;
        growing_list(&json, count);
        struct task task = {.bench = bench, .input = buf_span(&json)};
        task.message = schema_message_find(bench->schema, span_cstr("bench.Reservations"));
        buf_init(&binary, GROWTH_MAX);
        if (run == run_to_json) {
            run_to_binary(&task);
            buf_append_span(&binary, buf_span(&bench->out));
            task.input = buf_span(&binary);
        }
        task.run = run;
        buf_fini(&bench->out);
        buf_init(&bench->out, GROWTH_MAX);
        struct growth seen = growth_measure(&task, count);
        first = first > 0 ? first : seen.ns;
        printf("list of %7zu: %-9s %8.1f ns %7.1f B of input %7.1f B of memory, per element %6.2f", count, title,
               seen.ns, (double)task.input.len / (double)count, seen.bytes, seen.ns / first);
        verdict_print(bench, 2, seen.ns <= 2 * first);
        buf_fini(&json);
        buf_fini(&binary);
    }
}

/* ---- entry */

static void run_only(struct bench *bench, const char *what, const char *name, int count)
{
    struct task task = {.bench = bench, .count = count, .run = run_to_binary};
    struct buf input;
    char file[64];
    if (strcmp(what, "framing") == 0) {
        stream_fill(&input, (size_t)strtoul(name, NULL, 10));
        task.run = run_framing;
    } else {
        snprintf(file, sizeof file, "%s.json", name);
        file_read(&input, bench->folder, file);
        for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
            if (strcmp(documents[i].name, name) == 0)
                task.message = schema_message_find(bench->schema, span_cstr(documents[i].type));
        }
        if (!task.message)
            die("no such document", name);
    }
    task.input = buf_span(&input);
    struct buf binary;
    buf_init(&binary, 64u << 20);
    if (strcmp(what, "to-json") == 0) {
        run_to_binary(&task);
        buf_append_span(&binary, buf_span(&bench->out));
        task.input = buf_span(&binary);
        task.run = run_to_json;
    } else if (strcmp(what, "read") == 0) {
        task.run = run_validate;
    }
    printf("%.0f ns\n", task_ns(&task));
    buf_fini(&input);
    buf_fini(&binary);
}

int main(int argc, char **argv)
{
    struct bench bench = {.folder = argc > 1 ? argv[1] : ".", .rounds = 31};
    struct buf descriptors;
    struct err err;
    file_read(&descriptors, bench.folder, "bench.pb");
    if (schema_new(&bench.schema, buf_span(&descriptors), &err) != ERR_OK)
        die("schema_new", err.text);
    arena_init(&bench.arena, 64u << 20);
    buf_init(&bench.out, 64u << 20);
    if (argc == 6 && strcmp(argv[2], "only") == 0) {
        run_only(&bench, argv[3], argv[4], atoi(argv[5]));
    } else {
        if (argc > 2)
            bench.rounds = atoi(argv[2]);
        if (bench.rounds < 1 || bench.rounds > MAX_ROUNDS)
            die("rounds", argv[2]);
        bench.reader = yyjson_peer_new(MAX_DOCUMENT);
        if (!bench.reader)
            printf("yyjson is not here: its lines are left out\n");
        bench.peer = protobuf_peer_new(descriptors.data, descriptors.len);
        if (!bench.peer)
            die("libprotobuf", "refuses the descriptors");
        printf("%-28s %26s %28s %9s\n", "", "transcheck", "libprotobuf or memcpy", "ratio");
        for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
            bench_document(&bench, &documents[i]);
        for (size_t i = 0; i < sizeof message_sizes / sizeof message_sizes[0]; i++)
            bench_framing(&bench, message_sizes[i]);
        bench_growth(&bench, run_to_binary, "to binary");
        bench_growth(&bench, run_to_json, "to JSON");
        yyjson_peer_free(bench.reader);
        protobuf_peer_free(bench.peer);
    }
    buf_fini(&descriptors);
    buf_fini(&bench.out);
    arena_fini(&bench.arena);
    schema_free(bench.schema);
    return bench.missed ? 1 : 0;
}
