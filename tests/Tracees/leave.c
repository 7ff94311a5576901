/*
 * leave [stopped]: leaves a daemon behind, says its pid, and exits with 3. The daemon ends with 9 at a line. With
 * stopped, the daemon has stopped itself by SIGSTOP before.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    int stopped = argc > 1 && strcmp(argv[1], "stopped") == 0;
    pid_t daemon = must(fork(), "fork");
    if (daemon == 0) {
        setsid();
        if (stopped)
            raise(SIGSTOP);
        await_go();
        say("bye");
        return 9;
    }
    int status = 0;
    if (stopped) {
        must(waitpid(daemon, &status, WUNTRACED), "waitpid");
        expect(WIFSTOPPED(status), "stop of the daemon");
    }
    say("%d", daemon);
    return 3;
}
