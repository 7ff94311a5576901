/*
 * witness WORK…: does one piece of work after the other, and knows what each costs.
 *   burn MS      CPU time
 *   touch PAGES  page faults, and resident memory, which is given back
 *   sleep N      N voluntary switches
 *   signal N     none without a tracer
 *   fork N       N children who exit at once; each is waited for
 *   threads N    N threads who end at once; each is joined
 *   go           says "USER_US SYSTEM_US MINFLT NVCSW NIVCSW MAXRSS_KB", its own until now by getrusage(2), and waits for a line
 */
#include "tracee.h"
#include <sys/resource.h>

static void nothing(int signal)
{
}

static void *end_at_once(void *argument)
{
    return argument;
}

static void burn(long milliseconds)
{
    struct timespec now, until;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while ((now.tv_sec - until.tv_sec) * 1000000000 + now.tv_nsec - until.tv_nsec < 0);
}

static void touch(long pages)
{
    size_t size = pages * 4096;
    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    madvise(memory, size, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < size; i += 4096)
        memory[i] = 1;
    munmap(memory, size);
}

static void go(void)
{
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    say("%ld %ld %ld %ld %ld %ld", own.ru_utime.tv_sec * 1000000 + own.ru_utime.tv_usec,
        own.ru_stime.tv_sec * 1000000 + own.ru_stime.tv_usec, own.ru_minflt, own.ru_nvcsw, own.ru_nivcsw, own.ru_maxrss);
    await_go();
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    signal(SIGUSR1, nothing);
    for (int i = 1; i < argc; i++) {
        const char *work = argv[i];
        if (strcmp(work, "go") == 0) {
            go();
            continue;
        }
        long count = i + 1 < argc ? atol(argv[++i]) : 0;
        if (strcmp(work, "burn") == 0)
            burn(count);
        else if (strcmp(work, "touch") == 0)
            touch(count);
        for (long n = 0; n < count; n++) {
            if (strcmp(work, "sleep") == 0) {
                nanosleep(&(struct timespec){ .tv_nsec = 200000 }, 0);
            } else if (strcmp(work, "signal") == 0) {
                raise(SIGUSR1);
            } else if (strcmp(work, "fork") == 0) {
                pid_t child = must(fork(), "fork");
                if (child == 0)
                    _exit(0);
                reap(child, 0);
            } else if (strcmp(work, "threads") == 0) {
                pthread_join(start_thread(end_at_once, 0), 0);
            }
        }
    }
    return 0;
}
