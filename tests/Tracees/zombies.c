/* zombies: has a dead child that it does not reap, says its pid, and waits. */
#include "tracee.h"

int main(int argc, char **argv)
{
    siginfo_t info;
    begin(&argc, &argv);
    pid_t pid = must(fork(), "fork");
    if (pid == 0)
        _exit(0);
    must(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
    say("%d", pid);
    await_go();
    return 0;
}
