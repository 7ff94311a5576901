/*
 * keeper [-report FILE] PROGRAM ARGS: an ordinary parent. It starts the program in a process group and session where
 * job control works, and reports what a parent sees of it: a line on stderr (or FILE) for each stop, continue and
 * end. The orphans of the tree come to it too.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
    int report = 2;
    begin(&argc, &argv);
    argv++;
    if (argv[0] && strcmp(argv[0], "-report") == 0) {
        report = must(open(argv[1], O_WRONLY | O_CLOEXEC), "open of the report");
        argv += 2;
    }

    must(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
    setsid();
    pid_t child = must(fork(), "fork");
    if (child == 0) {
        must(setpgid(0, 0), "setpgid");
        execvp(argv[0], argv);
        fail(argv[0]);
    }
    dprintf(report, "pid %d\n", child);

    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL | WUNTRACED | WCONTINUED);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            return 0;
        const char *who = pid == child ? "" : "orphan ";
        if (WIFSTOPPED(status))
            dprintf(report, "%sstopped %d\n", who, WSTOPSIG(status));
        else if (WIFCONTINUED(status))
            dprintf(report, "%scontinued\n", who);
        else if (WIFEXITED(status))
            dprintf(report, "%sexited %d\n", who, WEXITSTATUS(status));
        else
            dprintf(report, "%skilled %d\n", who, WTERMSIG(status));
    }
}
