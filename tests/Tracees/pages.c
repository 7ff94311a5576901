// pages N [T]: touches N fresh pages in each of T threads (default: the main thread), then prints its own minor faults
// as getrusage(RUSAGE_SELF) counts them. pages N exec PROGRAM ARGS…: touches N pages, then executes PROGRAM.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static long count;

static void *touch(void *unused)
{
    char *memory = mmap(NULL, count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, count * 4096, MADV_NOHUGEPAGE);
    for (long i = 0; i < count; i++)
        memory[i * 4096] = 1;
    return unused;
}

int main(int argc, char **argv)
{
    count = atol(argv[1]);
    if (argc > 3 && strcmp(argv[2], "exec") == 0) {
        touch(NULL);
        execv(argv[3], argv + 3);
        return 1;
    }
    int threads = argc > 2 ? atoi(argv[2]) : 0;
    pthread_t ids[64];
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, touch, NULL);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    if (threads == 0)
        touch(NULL);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_minflt);
    return 0;
}
