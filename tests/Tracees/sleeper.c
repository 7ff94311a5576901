// Sleeps for so many milliseconds in its main thread, in a second thread, and in a fork.
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct timespec time_to_sleep;

__attribute__((noinline)) static void *sleep_here(void *unused)
{
    nanosleep(&time_to_sleep, NULL);
    return unused;
}

int main(int argc, char **argv)
{
    long ms = argc > 1 ? atol(argv[1]) : 100;
    time_to_sleep.tv_sec = ms / 1000;
    time_to_sleep.tv_nsec = ms % 1000 * 1000000;
    if (fork() == 0) {
        sleep_here(NULL);
        _exit(0);
    }
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_here, NULL);
    sleep_here(NULL);
    pthread_join(thread, NULL);
    wait(NULL);
    return 0;
}
