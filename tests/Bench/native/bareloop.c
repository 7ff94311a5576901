/*
 * bareloop [-c] COMMAND [ARGS]: the yardstick, the smallest correct ptrace SEIZE loop.
 *
 * It follows every fork, vfork, clone and exec and does nothing else: it keeps no table, asks the kernel nothing
 * about the tracee, and blocks in waitpid between two stops. Two system calls a stop are the least that any tracer
 * of this kind makes, so what it costs above no tracer at all is the price of the kernel's stops and wake-ups, and
 * what another tracer costs above or below it is that tracer's own doing. It does not poll: that is the one thing
 * by which a tracer can be faster than this.
 *
 * Exits as the command does (128 + n for a signal) when the last tracee is gone. -c writes the number of exits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "bareloop: %s: %s\n", what, strerror(errno));
    exit(2); /* EXITKILL takes the tracees along */
}

/* A child that waits for one byte before its exec: seized before it, none of the command's instructions is missed. */
static pid_t start_gated(char **command, int *gate)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        die("pipe2");
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        char byte;
        close(ends[1]);
        if (read(ends[0], &byte, 1) != 1)
            _exit(126);
        execvp(command[0], command);
        fprintf(stderr, "bareloop: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    close(ends[0]);
    *gate = ends[1];
    return child;
}

static int is_stop_signal(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void resume(pid_t tid, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;
    enum __ptrace_request request = PTRACE_CONT;
    long data = 0;

    if (event == PTRACE_EVENT_STOP) /* a birth, the end of a group-stop, or a group-stop itself */
        request = is_stop_signal(signal) ? PTRACE_LISTEN : PTRACE_CONT;
    else if (event == 0 && signal != (SIGTRAP | 0x80)) /* neither an event nor a syscall-stop: a signal to deliver */
        data = signal;

    /* ESRCH: killed meanwhile. waitpid will report its death. */
    if (ptrace(request, tid, NULL, data) != 0 && errno != ESRCH)
        die("ptrace CONT or LISTEN");
}

int main(int argc, char **argv)
{
    int count = argc > 1 && strcmp(argv[1], "-c") == 0;
    if (argc < 2 + count) {
        fprintf(stderr, "usage: bareloop [-c] COMMAND [ARGS]\n");
        return 2;
    }

    int gate;
    pid_t root = start_gated(argv + 1 + count, &gate);
    const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC
        | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, root, NULL, options) != 0)
        die("ptrace SEIZE");
    if (write(gate, "", 1) != 1)
        die("opening the gate");
    close(gate);

    int status, code = 0;
    unsigned long exits = 0;
    pid_t tid;
    while ((tid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status)) {
            resume(tid, status);
            continue;
        }
        exits++;
        if (tid == root)
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (errno != ECHILD) /* ECHILD: the last tracee is gone */
        die("waitpid");
    if (count)
        fprintf(stderr, "bareloop: %lu exits\n", exits);
    return code;
}
