/*
 * tree DEPTH WIDTH THREADS: a tree of processes with so many threads more in each, all of whom wait until a line comes.
 * tree storm WORKERS: workers that fork children with children of their own, and wait for them, until a line comes.
 */
#include "tracee.h"

static int up[2], hold[2];

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void grow(int depth, int width, int threads)
{
    pid_t children[width];
    for (int i = 0; i < threads; i++)
        start_thread(idle, 0);
    for (int i = 0; i < width && depth > 0; i++) {
        children[i] = must(fork(), "fork");
        if (children[i] == 0) {
            close(hold[1]);
            grow(depth - 1, width, threads);
            char c;
            while (read(hold[0], &c, 1) < 0 && errno == EINTR) {
            }
            for (int j = 0; j < width && depth > 1; j++)
                wait(0);
            _exit(0);
        }
    }
    must(write(up[1], "x", 1), "write");
}

static int whole_tree(int depth, int width, int threads)
{
    int all = 1, level = 1;
    char c;
    must(pipe(up), "pipe");
    must(pipe(hold), "pipe");
    grow(depth, width, threads);
    for (int i = 0; i < depth; i++)
        all += level *= width;
    for (int i = 0; i < all; i++)
        must(read(up[0], &c, 1), "read");
    say("%d", all);
    await_go();
    close(hold[1]);
    for (int i = 0; i < width && depth > 0; i++)
        must(wait(0), "wait");
    return 0;
}

static int storm(int workers)
{
    atomic_int *stop = shared(sizeof *stop);
    atomic_int *working = shared(sizeof *working);
    pid_t pids[workers];
    for (int i = 0; i < workers; i++) {
        pids[i] = must(fork(), "fork");
        if (pids[i] == 0) {
            ++*working;
            while (!*stop) {
                pid_t child = must(fork(), "fork");
                if (child == 0) {
                    pid_t grandchild = must(fork(), "fork");
                    if (grandchild == 0)
                        _exit(7);
                    reap(grandchild, 7);
                    _exit(8);
                }
                reap(child, 8);
            }
            _exit(9);
        }
    }
    while (*working < workers)
        rest();
    say("ready");
    await_go();
    *stop = 1;
    for (int i = 0; i < workers; i++)
        reap(pids[i], 9);
    return 0;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    if (strcmp(argv[1], "storm") == 0)
        return storm(atoi(argv[2]));
    return whole_tree(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]));
}
