/*
 * What the tracees share. A tracee says a line on stdout when it has come to a point, and waits for a line on stdin
 * before it goes on: nothing in the tests is synchronised by time. It exits with 99, and says why on stderr, if the
 * kernel did something else than the tracee expects.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *what)
{
    dprintf(2, "%d: %s failed: %s\n", getpid(), what, strerror(errno));
    _exit(99);
}

static inline long must(long result, const char *what)
{
    if (result < 0)
        fail(what);
    return result;
}

static inline void expect(int true, const char *what)
{
    errno = 0;
    if (!true)
        fail(what);
}

/* One line in one write. */
static inline void say(const char *format, ...)
{
    char line[4096];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line, sizeof line - 1, format, list);
    va_end(list);
    line[length++] = '\n';
    must(write(1, line, length), "write of a line");
}

/* Waits for a line. At the end of the input the test is over. */
static inline void await_line(char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        char c;
        ssize_t got = read(0, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(98);
        if (c == '\n')
            break;
        if (length + 1 < size)
            line[length++] = c;
    }
    line[length] = 0;
}

static inline void await_go(void)
{
    char line[64];
    await_line(line, sizeof line);
}

/*
 * For a loop that waits for another process. Not sched_yield(2): since Linux 6.18 each call gives away a whole time slice,
 * and a caller that did so a thousand times waits for seconds on a loaded machine.
 */
static inline void rest(void)
{
    struct timespec time = { .tv_nsec = 10000 };
    nanosleep(&time, 0);
}

/* With -io IN OUT as first arguments, they become stdin and stdout (a launched program has those of the test). */
static inline void begin(int *argc, char ***argv)
{
    if (*argc < 4 || strcmp((*argv)[1], "-io") != 0)
        return;
    int in = must(open((*argv)[2], O_RDONLY), "open of the input");
    int out = must(open((*argv)[3], O_WRONLY), "open of the output");
    must(dup2(in, 0), "dup2");
    must(dup2(out, 1), "dup2");
    close(in);
    close(out);
    (*argv)[3] = (*argv)[0];
    *argv += 3;
    *argc -= 3;
}

/* As fork(2), without what libc does around it, and with any flags. */
static inline pid_t raw_clone(unsigned long flags)
{
    return syscall(SYS_clone, flags, 0, 0, 0, 0);
}

static inline int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, __WALL) != pid) {
        if (errno != EINTR)
            fail("waitpid");
    }
    return status;
}

/* Waits for a child, which must exit with that code. */
static inline void reap(pid_t pid, int code)
{
    int status = wait_for(pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code) {
        dprintf(2, "%d: child %d ended with status %#x, not with exit code %d\n", getpid(), pid, status, code);
        _exit(99);
    }
}

static inline void *shared(size_t size)
{
    void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

/* A file of the test's, which it has mapped too. */
static inline void *shared_file(const char *path, size_t size)
{
    int fd = must(open(path, O_RDWR | O_CLOEXEC), "open of the shared file");
    void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    close(fd);
    return memory;
}

static inline pthread_t start_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    errno = pthread_create(&thread, &attributes, run, argument);
    if (errno != 0)
        fail("pthread_create");
    pthread_attr_destroy(&attributes);
    return thread;
}
