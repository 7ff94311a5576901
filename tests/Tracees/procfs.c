/*
 * procfs MEBIBYTES THREADS FILES: touches so much memory, starts so many threads that do nothing, opens so many files,
 * and says "ready". A line ends it with exit code 3.
 */
#include "tracee.h"

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    size_t size = atol(argv[1]) << 20;
    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < size; i += 4096)
        memory[i] = 1;
    for (int i = atoi(argv[2]); i > 0; i--)
        start_thread(idle, 0);
    must(syscall(SYS_close_range, 3, ~0U, 0), "close_range");
    for (int i = atoi(argv[3]); i > 0; i--)
        must(open("/dev/null", O_RDONLY), "open");
    say("ready");
    await_go();
    return 3;
}
