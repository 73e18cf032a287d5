/* Runs a target, into whose code a fault was planted, over files and directories and over random changes of these
 * inputs; prints each place that notices, once: "FILE:LINE condition". For fuzz/prove: built with FUZZ_PROVE, without
 * sanitizers. A signal ends an input, too, and counts as "signal". What an input leaves behind when it is left in the
 * middle is lost; that is a process of some seconds.
 *
 * FUZZ_PROVE_CHANGES is how many random changes of each input are tried (0). */
#include "fuzz/fuzz.h"
#include "fuzz/inputs.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_PLACES  256u
#define MAX_INPUT   65536u
#define MAX_MEMORY  ((rlim_t)4 << 30)
#define MAX_SECONDS 2u /* of one input */
#define MAX_SIGNALS 20 /* then it is enough: a fault that ends every input */

static sigjmp_buf next_input;
static size_t changes;
static uint64_t state = 1;

struct place {
    const char *file;
    int line;
};

_Noreturn void fuzz_broken(const char *file, int line, const char *condition)
{
    static struct place places[MAX_PLACES];
    static size_t count;
    size_t i = 0;
    while (i < count && (places[i].line != line || strcmp(places[i].file, file) != 0))
        i++;
    if (i == count && count < MAX_PLACES) {
        places[count++] = (struct place){file, line};
        printf("%s:%d %s\n", file, line, condition);
        fflush(stdout);
    }
    siglongjmp(next_input, 1);
}

static void on_signal(int signal_number)
{
    static int count;
    if (++count == MAX_SIGNALS)
        _exit(0);
    if (signal_number == SIGALRM)
        fuzz_broken("signal", signal_number, "an input ends");
    fuzz_broken("signal", signal_number, "the program lives");
}

static void run_once(const uint8_t *data, size_t size)
{
    alarm(MAX_SECONDS);
    if (sigsetjmp(next_input, 1) == 0)
        LLVMFuzzerTestOneInput(data, size);
    alarm(0);
}

static size_t below(size_t count)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 33) % count;
}

/* One place of the input changed: another byte, one left out, one more, or the end cut off. */
static size_t change(uint8_t *out, const uint8_t *data, size_t size)
{
    size_t at = below(size);
    memcpy(out, data, size);
    switch (below(5)) {
    case 0:
        memmove(out + at, out + at + 1, size - at - 1);
        return size - 1;
    case 1:
        memmove(out + at + 1, out + at, size - at);
        return size + 1;
    case 2:
        return at;
    case 3:
        out[at] = data[below(size)];
        return size;
    default:
        out[at] = (uint8_t)below(256);
        return size;
    }
}

static void run(const uint8_t *data, size_t size)
{
    static uint8_t changed[MAX_INPUT + 1];
    run_once(data, size);
    if (size == 0 || size > MAX_INPUT)
        return;
    for (volatile size_t i = 0; i < changes; i++)
        run_once(changed, change(changed, data, size));
}

int main(int argc, char **argv)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    const char *text = getenv("FUZZ_PROVE_CHANGES");
    struct rlimit memory = {.rlim_cur = MAX_MEMORY, .rlim_max = MAX_MEMORY};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER | SA_ONSTACK};
    stack_t stack = {.ss_sp = malloc(SIGSTKSZ * 4), .ss_size = SIGSTKSZ * 4};
    size_t count = 0;
    int rc = 0;
    changes = text ? strtoul(text, NULL, 10) : 0;
    if (!stack.ss_sp || sigaltstack(&stack, NULL) != 0)
        return 2;
    setrlimit(RLIMIT_AS, &memory);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    for (int i = 1; i < argc; i++)
        rc |= inputs_read(argv[i], run, &count);
    fflush(stdout);
    _exit(rc);
}
