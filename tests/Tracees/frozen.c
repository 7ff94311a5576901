/* frozen FILE COMMAND [ARGS…]: runs COMMAND on a terminal that nobody reads, as after Ctrl-S, until FILE is there; then reads what
   it wrote. Exits as COMMAND did; with 99 if FILE did not come in 30 s. */
#include "tracee.h"
#include <pty.h>

int main(int argc, char **argv)
{
    int master;
    pid_t pid = forkpty(&master, 0, 0, 0);
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }

    int waited = 0;
    while (access(argv[1], F_OK) != 0 && waited++ < 3000)
        usleep(10000);
    int came = access(argv[1], F_OK) == 0;
    char buffer[4096];
    for (ssize_t got; (got = read(master, buffer, sizeof buffer)) > 0;)
        if (write(1, buffer, got) != got)
            return 98;
    int status;
    waitpid(pid, &status, 0);
    return !came ? 99 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
