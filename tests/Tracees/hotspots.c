// A tree of forks and execs that spends its CPU time in known functions, in known parts.
// hotspots MILLIONS: rounds of the loop unit.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOT(name, rounds)                                                                                             \
    __attribute__((noinline)) void name(long millions)                                                                \
    {                                                                                                                 \
        volatile unsigned sum = 0;                                                                                    \
        for (long i = 0; i < millions * 1000000 / 100 * (rounds); i++)                                                \
            sum = sum + i;                                                                                            \
    }

HOT(burn_forty, 40)
HOT(burn_twenty, 20)
HOT(burn_ten, 10)
HOT(burn_five, 5)

__attribute__((noinline)) static void middle(long millions)
{
    burn_twenty(millions);
    burn_five(millions);
}

int main(int argc, char **argv)
{
    long millions = atol(argv[1]);
    if (argc > 2) {
        burn_forty(millions);
        return 0;
    }
    if (fork() == 0) {
        middle(millions);
        _exit(0);
    }
    if (fork() == 0) {
        execl("/proc/self/exe", argv[0], argv[1], "again", (char *)0);
        _exit(127);
    }
    burn_ten(millions);
    while (wait(NULL) > 0)
        ;
    return 0;
}
