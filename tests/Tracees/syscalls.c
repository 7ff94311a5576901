// Makes known system calls: syscalls N. In itself, in a thread and in a fork: N getppid, N failing close, N pread each.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int rounds;
static int file;

static void *work(void *unused)
{
    char byte;
    for (int i = 0; i < rounds; i++) {
        getppid();
        close(-1);
        if (pread(file, &byte, 1, 0) != 1)
            abort();
    }
    return unused;
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : 100;
    file = open("/proc/self/exe", O_RDONLY);
    work(NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    if (fork() == 0) {
        work(NULL);
        _exit(0);
    }
    wait(NULL);
    return 0;
}
