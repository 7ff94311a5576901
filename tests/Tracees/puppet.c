/*
 * puppet: two processes, A and its child B (which has a thread more), that do what they are told. A line is a name and
 * an order, "B fork":
 *   fork   a child that exits with 7; answers with its pid
 *   storm  300 such children, eight at a time; answers when all are gone
 *   vfork  answers at once, and waits in vfork until the next order for this process, whatever it is
 *   quit   exits with 0 (A takes B with it)
 */
#include "tracee.h"

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void storm(void)
{
    int alive = 0;
    for (int i = 0; i < 300 || alive > 0;) {
        if (i < 300 && alive < 8) {
            if (must(fork(), "fork") == 0)
                _exit(7);
            i++;
            alive++;
        } else {
            int status;
            must(wait(&status), "wait");
            expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "exit code of a child");
            alive--;
        }
    }
}

static void puppet(int in, int out)
{
    char order;
    while (read(in, &order, 1) == 1 && order != 'q') {
        int answer = 0;
        if (order == 'f') {
            answer = must(fork(), "fork");
            if (answer == 0)
                _exit(7);
            reap(answer, 7);
        } else if (order == 's') {
            storm();
        }
        must(write(out, &answer, sizeof answer), "write");
        if (order == 'v') {
            pid_t pid = vfork();
            if (pid == 0) {
                must(read(in, &order, 1), "read");
                _exit(7);
            }
            reap(pid, 7);
            must(write(out, &answer, sizeof answer), "write");
        }
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    int a_in[2], a_out[2], b_in[2], b_out[2];
    begin(&argc, &argv);
    must(pipe(a_in), "pipe");
    must(pipe(a_out), "pipe");
    must(pipe(b_in), "pipe");
    must(pipe(b_out), "pipe");
    pid_t a = must(fork(), "fork");
    if (a == 0) {
        pid_t b = must(fork(), "fork");
        if (b == 0) {
            start_thread(idle, 0);
            must(write(b_out[1], "x", 1), "write");
            puppet(b_in[0], b_out[1]);
        }
        char up;
        must(read(b_out[0], &up, 1), "read");
        must(write(a_out[1], &b, sizeof b), "write");
        puppet(a_in[0], a_out[1]);
    }
    int b;
    must(read(a_out[0], &b, sizeof b), "read");
    say("%d %d", a, b);
    for (;;) {
        char line[64];
        int answer;
        await_line(line, sizeof line);
        int of_b = line[0] == 'B';
        if (!of_b && line[2] == 'q') {
            must(write(b_in[1], "q", 1), "write");
            must(write(a_in[1], "q", 1), "write");
            reap(a, 0);
            return 0;
        }
        must(write(of_b ? b_in[1] : a_in[1], line + 2, 1), "write");
        if (line[2] == 'q')
            continue;
        must(read(of_b ? b_out[0] : a_out[0], &answer, sizeof answer), "read");
        say("%d", answer);
    }
}
