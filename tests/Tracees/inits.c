/*
 * The init of a new pid namespace that crashes: "inits HOW", and says the status that its parent sees.
 * HOW: abort, fault, thread (another thread faults), crowd (the main one does, with another thread there), children (faults with two children that
 * sleep), handled (has a handler that exits with 3), sent (is sent SIGSEGV, which an init by default ignores, and exits with 4), trap (its
 * own SIGILL, a __builtin_trap).
 */
#include "tracee.h"

static volatile int *nowhere;

static void *fault(void *unused)
{
    *nowhere = 1;
    return unused;
}

static void *sleeper(void *unused)
{
    pause();
    return unused;
}

static void leave(int signal)
{
    (void)signal;
    _exit(3);
}

static int init(const char *how)
{
    pthread_t thread;
    expect(getpid() == 1, "being an init");
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "trap") == 0)
        __builtin_trap();
    if (strcmp(how, "thread") == 0) {
        pthread_create(&thread, NULL, fault, NULL);
        pthread_join(thread, NULL);
    }
    if (strcmp(how, "crowd") == 0)
        pthread_create(&thread, NULL, sleeper, NULL);
    if (strcmp(how, "children") == 0) {
        for (int i = 0; i < 2; i++)
            if (must(fork(), "fork") == 0)
                sleeper(NULL);
    }
    if (strcmp(how, "handled") == 0)
        signal(SIGSEGV, leave);
    if (strcmp(how, "sent") == 0) {
        kill(1, SIGSEGV);
        _exit(4);
    }
    fault(NULL);
    return 99;
}

int main(int argc, char **argv)
{
    int status;
    begin(&argc, &argv);
    expect(argc == 2, "an argument");
    must(unshare(CLONE_NEWPID), "unshare");
    pid_t child = (pid_t)must(fork(), "fork");
    if (child == 0)
        return init(argv[1]);
    must(waitpid(child, &status, 0), "waitpid");
    say("%s %d", WIFSIGNALED(status) ? "killed" : "exited", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return 0;
}
