/*
 * stops FILE [tstp]: each of two threads counts in FILE (two longs) as long as it runs. With tstp it has a handler for
 * SIGTSTP, which says so. A line on stdin ends it with exit code 3.
 */
#include "tracee.h"
#include <poll.h>

static volatile long *counts;

static void on_stop(int signal)
{
    say("SIGTSTP");
}

static void *count(void *argument)
{
    for (;;) {
        counts[1]++;
        poll(0, 0, 1);
    }
    return argument;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    counts = shared_file(argv[1], 2 * sizeof *counts);
    if (argc > 2) {
        struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };
        must(sigaction(SIGTSTP, &action, 0), "sigaction");
    }
    start_thread(count, 0);
    say("ready");
    for (;;) {
        struct pollfd in = { .fd = 0, .events = POLLIN };
        counts[0]++;
        if (poll(&in, 1, 1) > 0)
            return 3;
    }
}
