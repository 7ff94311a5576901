/* execs WAY …: runs programs (itself, as a rule). */
#include "tracee.h"

static char *program;

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void *nothing(void *argument)
{
    return argument;
}

static void *exec_from_thread(void *argument)
{
    char *arguments[] = { program, "after", 0 };
    if (argument) {
        say("%d", (int)syscall(SYS_gettid));
        await_go();
    }
    execv("/proc/self/exe", arguments);
    fail("exec of a thread");
    return argument;
}

/* The program that the thread ran: two threads and a child more. */
static int after(void)
{
    expect(getpid() == syscall(SYS_gettid), "tid of the leader");
    for (int i = 0; i < 2; i++)
        pthread_join(start_thread(nothing, 0), 0);
    pid_t pid = must(fork(), "fork");
    if (pid == 0)
        _exit(5);
    reap(pid, 5);
    return 6;
}

static atomic_int born;

static void *breed(void *argument)
{
    for (;;) {
        /* While another thread is in an exec, the kernel makes none (EAGAIN). */
        pthread_t thread;
        if (pthread_create(&thread, 0, nothing, 0) == 0) {
            pthread_join(thread, 0);
            born++;
        }
    }
    return argument;
}

/* Runs itself n times more from a thread, while other threads are being made. */
static void *exec_in_a_storm(void *argument)
{
    char left[16];
    int n = atoi(argument);
    snprintf(left, sizeof left, "%d", n - 1);
    char *arguments[] = { program, n == 1 ? "exit" : "storm", left, 0 };
    while (born < 4)
        rest();
    execv("/proc/self/exe", arguments);
    fail("exec of a thread");
    return 0;
}

static int copy_of_this(int out)
{
    char buffer[65536];
    ssize_t got;
    int in = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open of the program");
    while ((got = read(in, buffer, sizeof buffer)) > 0)
        must(write(out, buffer, got), "write");
    close(in);
    return out;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    program = argv[0];
    const char *way = argv[1];
    char *exit_arguments[] = { program, "exit", 0 };
    if (strcmp(way, "exit") == 0)
        return 5;
    if (strcmp(way, "after") == 0)
        return after();
    if (strcmp(way, "thread") == 0) {
        for (int i = 0; i < 3; i++)
            start_thread(idle, 0);
        start_thread(exec_from_thread, argc > 2 ? program : 0);
        idle(0);
    }
    if (strcmp(way, "storm") == 0) {
        start_thread(breed, 0);
        start_thread(exec_in_a_storm, argv[2]);
        breed(0);
    }
    if (strcmp(way, "failing") == 0) {
        char *arguments[] = { "nothing", 0 };
        expect(execv("/nonexistent/program", arguments) < 0, "failure of an exec");
        expect(execv("/", arguments) < 0, "failure of an exec");
        pid_t pid = must(fork(), "fork");
        if (pid == 0)
            _exit(5);
        reap(pid, 5);
        return 3;
    }
    if (strcmp(way, "chain") == 0) {
        char left[16];
        int n = atoi(argv[2]);
        snprintf(left, sizeof left, "%d", n - 1);
        char *arguments[] = { n == 1 ? "last" : "link", n == 1 ? "exit" : "chain", left, "an argument", "", 0 };
        execv("/proc/self/exe", arguments);
    }
    if (strcmp(way, "memfd") == 0)
        fexecve(copy_of_this(must(memfd_create("tracee", MFD_CLOEXEC), "memfd_create")), exit_arguments, environ);
    if (strcmp(way, "deleted") == 0) {
        close(copy_of_this(must(open(argv[2], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700), "creation")));
        int fd = must(open(argv[2], O_RDONLY | O_CLOEXEC), "open");
        must(unlink(argv[2]), "unlink");
        fexecve(fd, exit_arguments, environ);
    }
    fail(way);
}
