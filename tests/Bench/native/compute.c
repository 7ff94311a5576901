// compute MILLIONS: a loop of so many million steps; prints the microseconds that it took by the wall clock.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    long steps = (argc > 1 ? atol(argv[1]) : 100) * 1000000;
    struct timespec begin, end;
    volatile unsigned sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long i = 0; i < steps; i++)
        sum = sum + i;
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n", (end.tv_sec - begin.tv_sec) * 1e6 + (end.tv_nsec - begin.tv_nsec) / 1e3);
    return 0;
}
