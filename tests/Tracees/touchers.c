/*
 * touchers THREADS PAGES: starts threads that wait, and says "ready". After a line each of them touches so many fresh
 * pages, and then a child of the first one does.
 */
#include "tracee.h"

static pthread_barrier_t gate;
static long pages;

static void touch(void)
{
    size_t size = pages * 4096;
    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    madvise(memory, size, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < size; i += 4096)
        memory[i] = 1;
}

static void *run(void *first)
{
    pthread_barrier_wait(&gate);
    touch();
    if (first) {
        pid_t pid = must(fork(), "fork");
        if (pid == 0) {
            touch();
            _exit(0);
        }
        reap(pid, 0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    int count = atoi(argv[1]);
    pthread_t threads[16];
    pages = atol(argv[2]);
    pthread_barrier_init(&gate, 0, count + 1);
    for (int i = 0; i < count; i++)
        threads[i] = start_thread(run, i == 0 ? &gate : 0);
    say("ready");
    await_go();
    pthread_barrier_wait(&gate);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    return 0;
}
