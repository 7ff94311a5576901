/*
 * Runs a program, and prints what it cost: wall and CPU time in nanoseconds, peak memory in kB. Nothing else runs between its start
 * and its end. CPU time has that of children which it has waited for; a tracer's peak is its own or, if larger, a child's.
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv)
{
    pid_t child;
    int status;
    struct rusage used;
    long long started = now();

    if (argc < 2 || posix_spawnp(&child, argv[1], NULL, NULL, argv + 1, environ) != 0) {
        fprintf(stderr, "cost: cannot start %s\n", argc < 2 ? "nothing" : argv[1]);
        return 1;
    }
    if (wait4(child, &status, 0, &used) != child) {
        perror("cost: wait4");
        return 1;
    }
    printf("%lld %lld %ld\n", now() - started,
        ((long long)used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL
            + ((long long)used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL,
        used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
