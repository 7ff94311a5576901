/*
 * usage burn OWN CHILD: uses so many milliseconds of CPU time, and a child of it as well.
 * usage touch OWN CHILD: the same with pages.
 * usage big MEBIBYTES: touches so much, then runs a small program by vfork.
 */
#include "tracee.h"

static void burn(int milliseconds)
{
    struct timespec now;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < milliseconds);
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
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    if (argc < 3)
        return 0;
    int own = atoi(argv[2]);
    if (strcmp(argv[1], "big") == 0) {
        char *arguments[] = { "small", 0 };
        touch(own * 256L);
        pid_t pid = vfork();
        if (pid == 0) {
            execv("/proc/self/exe", arguments);
            _exit(95);
        }
        reap(must(pid, "vfork"), 0);
        return 0;
    }
    pid_t pid = must(fork(), "fork");
    if (pid == 0) {
        if (strcmp(argv[1], "touch") == 0)
            touch(atoi(argv[3]));
        else
            burn(atoi(argv[3]));
        return 0;
    }
    reap(pid, 0);
    if (strcmp(argv[1], "touch") == 0)
        touch(own);
    else
        burn(own);
    return 0;
}
