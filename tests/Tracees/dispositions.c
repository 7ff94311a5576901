// What a program is started with: which of the 64 signals are ignored, and which are blocked. By system calls, since libc hides
// two of its own.
//   dispositions show                          prints both sets, in hexadecimal, signal 1 lowest
//   dispositions set IGNORED BLOCKED COMMAND…  becomes the command with these
//   dispositions under IGNORED BLOCKED COMMAND…  the same in a child, and waits for it, as a shell does after trap '' …
#include "tracee.h"

#include <stdint.h>

struct action
{
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

static int show(void)
{
    uint64_t ignored = 0, blocked = 0;
    for (int signal = 1; signal <= 64; signal++) {
        struct action action;
        if (syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof(uint64_t)) == 0 && action.handler == SIG_IGN)
            ignored |= 1ull << (signal - 1);
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked));
    printf("%016llx %016llx\n", (unsigned long long)ignored, (unsigned long long)blocked);
    return 0;
}

static void set(uint64_t ignored, uint64_t blocked)
{
    for (int signal = 1; signal <= 64; signal++) {
        struct action action = {.handler = ignored >> (signal - 1) & 1 ? SIG_IGN : SIG_DFL};
        if (signal != SIGKILL && signal != SIGSTOP)
            must(syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof(uint64_t)), "rt_sigaction");
    }
    must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof(blocked)), "rt_sigprocmask");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "show") == 0)
        return show();
    if (argc < 5)
        return 2;
    set(strtoull(argv[2], NULL, 16), strtoull(argv[3], NULL, 16));
    if (strcmp(argv[1], "under") == 0) {
        // A child whose death is ignored leaves nothing to wait for, but wait() still returns after it.
        pid_t child = (pid_t)must(fork(), "fork");
        int status = 0;
        if (child > 0) {
            while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
    }
    execvp(argv[4], argv + 4);
    perror(argv[4]);
    return 127;
}
