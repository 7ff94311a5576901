/*
 * crowd N: N children that all live at once, for what a tracer keeps per live child.
 *
 * In step with the bench, which reads the tracer's memory in between: writes one line per stage ("ready", "half",
 * "alive", "ended") and goes on when it has read a line. "half" is there because the first births also pay for what
 * a tracer sets up once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int leave[2], arrived[2];

static void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1); /* closes `leave`: the children end too */
}

static void stage(const char *name)
{
    char line[16];
    printf("%s\n", name);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        fprintf(stderr, "crowd: standard input ended at stage \"%s\"\n", name);
        exit(1);
    }
}

static void child(void)
{
    char byte;
    close(leave[1]);
    if (write(arrived[1], "", 1) != 1)
        _exit(1);
    /* End of file comes only when the parent closes its end, or dies. */
    _exit(read(leave[0], &byte, 1) == 0 ? 0 : 1);
}

static void give_birth(int n)
{
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child();
        if (pid < 0)
            die("fork");
    }
    for (int i = 0; i < n; i++) {
        char byte;
        if (read(arrived[0], &byte, 1) != 1)
            die("a child did not arrive");
    }
}

int main(int argc, char **argv)
{
    int n = argc == 2 ? atoi(argv[1]) : 0;
    if (n < 2) {
        fprintf(stderr, "usage: crowd N, at least 2\n");
        return 2;
    }
    if (pipe2(leave, O_CLOEXEC) != 0 || pipe2(arrived, O_CLOEXEC) != 0)
        die("pipe2");

    stage("ready");
    give_birth(n / 2);
    stage("half");
    give_birth(n - n / 2);
    stage("alive");
    close(leave[1]);
    for (int i = 0; i < n; i++) {
        int status;
        if (wait(&status) < 0)
            die("wait");
        if (status != 0) {
            fprintf(stderr, "crowd: a child ended with wait status 0x%x, not 0\n", (unsigned)status);
            return 1;
        }
    }
    stage("ended");
    return 0;
}
