/* births WAY …: makes children in every way that the kernel has. */
#include "tracee.h"
#include <poll.h>

static void *nothing(void *argument)
{
    return argument;
}

/* One child, made in the given way, that exits with 5. */
static int one_child(const char *way, char **argv)
{
    pid_t pid;
    signal(SIGUSR1, SIG_IGN);
    if (strcmp(way, "fork") == 0) {
        pid = fork();
    } else if (strcmp(way, "vfork") == 0) {
        pid = vfork();
    } else if (strcmp(way, "clone-signal") == 0) {
        pid = raw_clone(SIGUSR1);
    } else if (strcmp(way, "clone-no-signal") == 0) {
        pid = raw_clone(0);
    } else if (strcmp(way, "clone-vfork") == 0) {
        pid = raw_clone(CLONE_VFORK | SIGCHLD);
    } else if (strcmp(way, "spawn") == 0) {
        char *arguments[] = { argv[0], "exit", 0 };
        errno = posix_spawn(&pid, "/proc/self/exe", 0, 0, arguments, environ);
        if (errno != 0)
            fail("posix_spawn");
    } else {
        return 96;
    }
    if (must(pid, way) == 0)
        _exit(5);
    reap(pid, 5);
    return 0;
}

/* With CLONE_PARENT the child is its parent's sibling, and cannot be waited for: its end shows on a pipe. */
static int sibling(void)
{
    int fds[2];
    char c;
    must(pipe(fds), "pipe");
    if (must(raw_clone(CLONE_PARENT | SIGCHLD), "clone") == 0)
        _exit(5);
    close(fds[1]);
    while (read(fds[0], &c, 1) < 0 && errno == EINTR) {
    }
    return 0;
}

/* Nobody is told of this one. It lives until the end of the input, and its parent does not wait for it. */
static int untraced(void)
{
    pid_t pid = must(raw_clone(CLONE_UNTRACED | SIGCHLD), "clone");
    if (pid == 0) {
        await_go();
        _exit(0);
    }
    say("%d", pid);
    return 0;
}

/* n children, at most `width` at a time; each exits with the low bits of its pid. */
static int forks(int n, int width)
{
    int alive = 0;
    for (int i = 0; i < n || alive > 0;) {
        if (i < n && alive < width) {
            pid_t pid = must(fork(), "fork");
            if (pid == 0)
                _exit(getpid() & 0x7f);
            i++;
            alive++;
        } else {
            int status;
            pid_t pid = must(wait(&status), "wait");
            expect(WIFEXITED(status) && WEXITSTATUS(status) == (pid & 0x7f), "exit code of a child");
            alive--;
        }
    }
    return 0;
}

static int threads(int n, int width)
{
    pthread_t some[width];
    for (int i = 0; i < n; i += width) {
        int now = n - i < width ? n - i : width;
        for (int j = 0; j < now; j++)
            some[j] = start_thread(nothing, 0);
        for (int j = 0; j < now; j++)
            pthread_join(some[j], 0);
    }
    return 0;
}

static volatile int *marks;

static void *mark(void *argument)
{
    marks[(long)argument] = 1;
    return 0;
}

/* One after the other; the very first thing that child i does is to set mark i. */
static int marked_children(const char *path, int n)
{
    marks = shared_file(path, n * sizeof *marks);
    for (int i = 0; i < n; i++) {
        pid_t pid = raw_clone(SIGCHLD);
        if (pid == 0) {
            marks[i] = 1;
            _exit(0);
        }
        must(pid, "clone");
        reap(pid, 0);
    }
    return 0;
}

static int marked_threads(const char *path, int n)
{
    marks = shared_file(path, n * sizeof *marks);
    for (long i = 0; i < n; i++)
        pthread_join(start_thread(mark, (void *)i), 0);
    return 0;
}

/*
 * Threads are born while the group is stopped and continued all the time. Without a number that goes on until a line
 * comes.
 */
static int threads_under_stops(int n)
{
    atomic_int *done = shared(sizeof *done);
    pid_t stopper = must(fork(), "fork");
    if (stopper == 0) {
        while (!*done) {
            kill(getppid(), SIGSTOP);
            rest();
            kill(getppid(), SIGCONT);
            rest();
        }
        _exit(0);
    }
    if (n > 0) {
        threads(n, 4);
    } else {
        struct pollfd in = { .fd = 0, .events = POLLIN };
        say("ready");
        while (poll(&in, 1, 0) <= 0)
            threads(4, 4);
    }
    *done = 1;
    reap(stopper, 0);
    return 0;
}

static void *breed(void *argument)
{
    for (;;) {
        pthread_t thread = start_thread(nothing, 0);
        ++*(atomic_int *)argument;
        pthread_join(thread, 0);
    }
    return argument;
}

/* n processes in which two threads make threads all the time are killed, or end, in the midst of it. */
static int groups_ended(int n, int killed)
{
    for (int i = 0; i < n; i++) {
        atomic_int *born = shared(sizeof *born);
        pid_t pid = must(fork(), "fork");
        if (pid == 0) {
            start_thread(breed, born);
            start_thread(breed, born);
            while (killed || *born < 4)
                rest();
            _exit(5);
        }
        while (killed && *born < 4)
            rest();
        if (killed) {
            must(kill(pid, SIGKILL), "kill");
            int status = wait_for(pid);
            expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "death by SIGKILL");
        } else {
            reap(pid, 5);
        }
        munmap(born, sizeof *born);
    }
    return 0;
}

/* Each child is killed at once, many of them before their first instruction. */
static int killed_at_birth(int n)
{
    for (int i = 0; i < n; i++) {
        pid_t pid = must(raw_clone(SIGCHLD), "clone");
        if (pid == 0) {
            for (;;)
                pause();
        }
        must(kill(pid, SIGKILL), "kill");
        int status = wait_for(pid);
        expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "death by SIGKILL");
    }
    return 0;
}

/*
 * A process in the middle is killed around the time that it forks. The grandchildren that came to be must all run to
 * their end: the pipe is at its end only when all are gone.
 */
static int creators_killed(int n)
{
    int fds[2];
    char c;
    long grandchildren = 0;
    must(pipe(fds), "pipe");
    signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < n; i++) {
        atomic_int *ready = shared(sizeof *ready);
        pid_t middle = must(fork(), "fork");
        if (middle == 0) {
            *ready = 1;
            if (raw_clone(SIGCHLD) == 0) {
                must(write(fds[1], "x", 1), "write");
                _exit(42);
            }
            for (;;)
                pause();
        }
        while (!*ready)
            rest();
        for (volatile int spin = (i % 40) * 1000; spin > 0; spin--) {
        }
        must(kill(middle, SIGKILL), "kill");
        wait_for(middle);
        munmap(ready, sizeof *ready);
    }
    close(fds[1]);
    ssize_t got;
    while ((got = read(fds[0], &c, 1)) != 0) {
        if (got > 0)
            grandchildren++;
        else if (errno != EINTR)
            fail("read");
    }
    say("%ld", grandchildren);
    return 0;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    const char *way = argc > 1 ? argv[1] : "";
    int n = argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(way, "exit") == 0)
        return 5;
    if (strcmp(way, "clone-parent") == 0)
        return sibling();
    if (strcmp(way, "untraced") == 0)
        return untraced();
    if (strcmp(way, "forks") == 0)
        return forks(n, atoi(argv[3]));
    if (strcmp(way, "threads") == 0)
        return threads(n, atoi(argv[3]));
    if (strcmp(way, "marked-children") == 0)
        return marked_children(argv[3], n);
    if (strcmp(way, "marked-threads") == 0)
        return marked_threads(argv[3], n);
    if (strcmp(way, "threads-under-stops") == 0)
        return threads_under_stops(n);
    if (strcmp(way, "groups-killed") == 0)
        return groups_ended(n, 1);
    if (strcmp(way, "groups-exited") == 0)
        return groups_ended(n, 0);
    if (strcmp(way, "killed") == 0)
        return killed_at_birth(n);
    if (strcmp(way, "creators-killed") == 0)
        return creators_killed(n);
    return one_child(way, argv);
}
