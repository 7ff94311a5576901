/*
 * witness WORK…: does one piece of work after the other, and knows what each costs.
 *   burn MS      CPU time
 *   touch PAGES  page faults, and resident memory, which is given back
 *   sleep N      N voluntary switches
 *   signal N     none without a tracer
 *   fork N       N children who exit at once; each is waited for
 *   threads N    N threads who end at once; each is joined
 *   title TEXT   puts that in place of its arguments, as nginx and PostgreSQL do
 *   go           says "USER_US SYSTEM_US MINFLT NVCSW NIVCSW MAXRSS_KB", its own until now by getrusage(2), and waits for a line
 * witness run COMMAND…: runs that, and says what getrusage(2) has counted for it and all below it: "USER_US SYSTEM_US MINFLT MAJFLT NVCSW
 * NIVCSW MAXRSS_KB WALL_US".
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

static long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000 + time.tv_usec;
}

static void go(void)
{
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    say("%ld %ld %ld %ld %ld %ld", microseconds(own.ru_utime), microseconds(own.ru_stime), own.ru_minflt, own.ru_nvcsw, own.ru_nivcsw, own.ru_maxrss);
    await_go();
}

static int run(char **command)
{
    struct timespec from, to;
    struct rusage all;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t child = must(fork(), "fork");
    if (child == 0) {
        execvp(command[0], command);
        fail(command[0]);
    }
    reap(child, 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    getrusage(RUSAGE_CHILDREN, &all);
    say("%ld %ld %ld %ld %ld %ld %ld %ld", microseconds(all.ru_utime), microseconds(all.ru_stime), all.ru_minflt, all.ru_majflt,
        all.ru_nvcsw, all.ru_nivcsw, all.ru_maxrss, (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
    return 0;
}

/* The words as they are, and a copy of them to go on with. */
static char **set_title(int argc, char **argv, const char *title)
{
    char **copy = malloc((argc + 1) * sizeof *copy);
    size_t size = argv[argc - 1] + strlen(argv[argc - 1]) - argv[0];
    for (int i = 0; i < argc; i++)
        copy[i] = strdup(argv[i]);
    char *text = strdup(title);
    memset(argv[0], 0, size);
    snprintf(argv[0], size, "%s", text);
    return copy;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    signal(SIGUSR1, nothing);
    if (argc > 2 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    for (int i = 1; i < argc; i++) {
        const char *work = argv[i];
        if (strcmp(work, "go") == 0) {
            go();
            continue;
        }
        if (strcmp(work, "title") == 0) {
            i++;
            argv = set_title(argc, argv, argv[i]);
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
