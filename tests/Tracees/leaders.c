/*
 * leaders: the main thread is gone, the others live on. Then, for each line: "fork", "thread", "exit".
 *
 */
#include "tracee.h"
#include <sys/syscall.h>

static pthread_barrier_t both;

static void *nothing(void *argument)
{
    return argument;
}

static void *idle(void *argument)
{
    pthread_barrier_wait(&both);
    for (;;)
        pause();
    return argument;
}

static char state_of_leader(void)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
    int fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
    must(read(fd, line, sizeof line - 1), path);
    close(fd);
    return *(strrchr(line, ')') + 2);
}

static void *serve(void *argument)
{
    char line[64];
    pthread_barrier_wait(&both);
    while (state_of_leader() != 'Z')
        rest();
    say("ready");
    for (;;) {
        await_line(line, sizeof line);
        if (strcmp(line, "exit") == 0)
            exit(6);
        if (strcmp(line, "fork") == 0) {
            pid_t pid = must(fork(), "fork");
            if (pid == 0)
                _exit(5);
            reap(pid, 5);
        }
        if (strcmp(line, "thread") == 0)
            pthread_join(start_thread(nothing, 0), 0);
        say("done");
    }
    return argument;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    pthread_barrier_init(&both, 0, 2);
    start_thread(idle, 0);
    start_thread(serve, 0);
    syscall(SYS_exit, 0);
}
