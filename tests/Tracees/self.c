/* self FILE ARGS: writes into FILE all that a program inherits from whoever starts it. */
#include "tracee.h"
#include <sys/resource.h>

extern char **environ;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void copy_lines(FILE *out, const char *path, const char *const *keys)
{
    char line[4096];
    FILE *in = fopen(path, "r");
    if (!in)
        fail(path);
    while (fgets(line, sizeof line, in)) {
        for (const char *const *key = keys; *key; key++) {
            if (strncmp(line, *key, strlen(*key)) == 0)
                fputs(line, out);
        }
    }
    fclose(in);
}

int main(int argc, char **argv)
{
    /* Read before this program opens anything of its own. */
    static char files[65536];
    int length = 0;
    for (int fd = 0; fd < 4096; fd++) {
        char link[64], target[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t got = readlink(link, target, sizeof target);
        if (got >= 0)
            length += snprintf(files + length, sizeof files - length, "fd %d %.*s flags %#x %#x\n", fd, (int)got, target,
                fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
    }

    FILE *out = fopen(argv[1], "we");
    if (!out)
        fail(argv[1]);
    for (int i = 0; i < argc; i++)
        if (i != 1)
            fprintf(out, "argv %s\n", argv[i]);
    fputs(files, out);
    char cwd[4096];
    fprintf(out, "cwd %s\n", getcwd(cwd, sizeof cwd));
    size_t count = 0;
    while (environ[count])
        count++;
    qsort(environ, count, sizeof *environ, by_text);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "env %s\n", environ[i]);

    fprintf(out, "parent %d group %d session %d foreground %d\n", getppid(), getpgrp(), getsid(0), tcgetpgrp(0));
    fprintf(out, "ids %d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
    for (int signal = 1; signal <= 64; signal++) {
        struct sigaction action;
        if (sigaction(signal, 0, &action) == 0 && action.sa_handler != SIG_DFL)
            fprintf(out, "signal %d %s\n", signal, action.sa_handler == SIG_IGN ? "ignored" : "handled");
    }

    sigset_t mask;
    sigprocmask(SIG_SETMASK, 0, &mask);
    for (int signal = 1; signal <= 64; signal++) {
        if (sigismember(&mask, signal) == 1)
            fprintf(out, "blocked %d\n", signal);
    }

    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        getrlimit(resource, &limit);
        fprintf(out, "limit %d %lx %lx\n", resource, (long)limit.rlim_cur, (long)limit.rlim_max);
    }

    mode_t mode = umask(0);
    int death = -1;
    prctl(PR_GET_PDEATHSIG, &death);
    fprintf(out, "umask %o nice %d policy %d\n", mode, getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
    fprintf(out, "death signal %d dumpable %d no_new_privs %d slack %d\n", death,
        prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_TIMERSLACK));
    static const char *const keys[] = {
        "Name:", "Groups:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "CapInh:", "CapPrm:", "CapEff:",
        "CapBnd:", "CapAmb:", "Seccomp:", "Cpus_allowed:", "Threads:", 0 };
    copy_lines(out, "/proc/self/status", keys);
    fclose(out);
    return 0;
}
