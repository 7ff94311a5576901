/*
 * Which signals this program was started with as ignored, and as blocked: bit 0 is signal 1. Taken before main, since the start of
 * the .NET runtime makes some of them its own (SIGPIPE, SIGSEGV, SIGFPE, SIGRTMIN), and what it hides so the command must still
 * inherit. By system calls: libc hides two signals of its own.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t ignored, blocked;

__attribute__((constructor)) static void take(void)
{
    /* The kernel's own struct sigaction, with room for those of all machines. */
    union { void *handler; uint64_t room[8]; } action;
    for (int number = 1; number <= 64; number++) {
        if (syscall(SYS_rt_sigaction, number, 0, &action, sizeof(uint64_t)) == 0 && action.handler == (void *)SIG_IGN)
            ignored |= UINT64_C(1) << (number - 1);
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &blocked, sizeof(blocked));
}

void forkfollow_inherited_signals(uint64_t *ignored_ones, uint64_t *blocked_ones)
{
    *ignored_ones = ignored;
    *blocked_ones = blocked;
}
