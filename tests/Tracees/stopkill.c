/* stopkill COUNT: so many children, each of which is stopped, and killed in the moments after that. */
#include "tracee.h"

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    expect(argc == 2, "an argument");
    for (int i = 0; i < atoi(argv[1]); i++) {
        pid_t child = (pid_t)must(fork(), "fork");
        if (child == 0)
            for (;;)
                pause();
        must(kill(child, SIGSTOP), "kill");
        for (volatile int spin = (i % 64) * 400; spin > 0; spin--)
            ;
        must(kill(child, SIGKILL), "kill");
        int status = wait_for(child);
        expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a death by SIGKILL");
    }
    say("done");
    return 0;
}
