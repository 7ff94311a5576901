/*
 * Prints CLOCK_MONOTONIC in nanoseconds as it was when main began. Linked statically: what lies between exec and
 * main is then some tens of microseconds, and the figure is the tracer's start-up, not the dynamic loader's.
 */
#include <stdio.h>
#include <time.h>

int main(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        perror("stamp: clock_gettime");
        return 1;
    }
    printf("%lld\n", (long long)now.tv_sec * 1000000000LL + now.tv_nsec);
    return 0;
}
