/*
 * storm KIND N [PARALLEL]: births and deaths as fast as they go, and what one costs.
 *
 * PARALLEL workers do N operations each. With PARALLEL = 1 the worker is this process itself. Prints one line: the
 * microseconds per operation, which is the wall time from the barrier to the end of the last worker, divided by N.
 *
 * The workload times itself, so that the start and the end of a tracer are no part of the figure. Every child's
 * status is checked: a child that a tracer lost or harmed must not pass for a fast one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 50, MAX_PARALLEL = 64 };

/* Shared by the workers. Each notes its own times: the parent may be scheduled long after the barrier has opened. */
struct board {
    pthread_barrier_t barrier;
    long long begin[MAX_PARALLEL];
    long long end[MAX_PARALLEL];
};

static char nothing_path[PATH_MAX];

static void die(const char *what)
{
    fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long long now_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        die("clock_gettime");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void reap(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child)
        die("waitpid");
    if (status != 0) {
        fprintf(stderr, "storm: a child ended with wait status 0x%x, not 0\n", (unsigned)status);
        exit(1);
    }
}

static void do_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child < 0)
        die("fork");
    reap(child);
}

static void do_vfork(void)
{
    pid_t child = vfork();
    if (child == 0)
        _exit(0);
    if (child < 0)
        die("vfork");
    reap(child);
}

static void do_exec(void)
{
    char *const arguments[] = { "nothing", NULL };
    pid_t child = vfork();
    if (child == 0) {
        execv(nothing_path, arguments);
        _exit(127);
    }
    if (child < 0)
        die("vfork");
    reap(child);
}

static void *empty(void *argument)
{
    return argument;
}

static void do_thread(void)
{
    pthread_t thread;
    if ((errno = pthread_create(&thread, NULL, empty, NULL)) != 0)
        die("pthread_create");
    if ((errno = pthread_join(thread, NULL)) != 0)
        die("pthread_join");
}

static const struct {
    const char *name;
    void (*operation)(void);
} kinds[] = { { "fork", do_fork }, { "vfork", do_vfork }, { "exec", do_exec }, { "thread", do_thread } };

static void work(struct board *board, int worker, void (*operation)(void), long n)
{
    for (int i = 0; i < WARM_UP; i++)
        operation();
    int rc = pthread_barrier_wait(&board->barrier);
    if (rc != 0 && rc != PTHREAD_BARRIER_SERIAL_THREAD) {
        errno = rc;
        die("pthread_barrier_wait");
    }
    board->begin[worker] = now_ns();
    for (long i = 0; i < n; i++)
        operation();
    board->end[worker] = now_ns();
}

/* Takes the workers as they end: if one fails before the barrier, the others would wait there for ever. */
static void await_workers(const pid_t *workers, int parallel)
{
    for (int left = parallel; left > 0; left--) {
        int status;
        if (wait(&status) < 0)
            die("wait");
        if (status == 0)
            continue;
        for (int i = 0; i < parallel; i++)
            kill(workers[i], SIGKILL);
        fprintf(stderr, "storm: a worker ended with wait status 0x%x, not 0\n", (unsigned)status);
        exit(1);
    }
}

static void run_workers(struct board *board, int parallel, void (*operation)(void), long n)
{
    pid_t workers[MAX_PARALLEL];
    for (int i = 0; i < parallel; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            work(board, i, operation, n);
            _exit(0);
        }
        if (workers[i] < 0) {
            int error = errno;
            while (i-- > 0)
                kill(workers[i], SIGKILL);
            errno = error;
            die("fork of a worker");
        }
    }
    await_workers(workers, parallel);
}

static struct board *new_board(int parallel)
{
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED)
        die("mmap");
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    if ((errno = pthread_barrier_init(&board->barrier, &shared, (unsigned)parallel)) != 0)
        die("pthread_barrier_init");
    return board;
}

/* `nothing` lies beside this program. */
static void find_nothing(void)
{
    static const char name[] = "/nothing";
    ssize_t length = readlink("/proc/self/exe", nothing_path, sizeof nothing_path - sizeof name);
    if (length < 0)
        die("readlink /proc/self/exe");
    nothing_path[length] = '\0';
    strcpy(strrchr(nothing_path, '/'), name);
}

static long number(const char *text, long max)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && value >= 1 && value <= max ? value : 0;
}

int main(int argc, char **argv)
{
    void (*operation)(void) = NULL;
    for (size_t i = 0; argc > 1 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            operation = kinds[i].operation;
    long n = argc > 2 ? number(argv[2], LONG_MAX) : 0;
    int parallel = argc > 3 ? (int)number(argv[3], MAX_PARALLEL) : 1;
    if (argc > 4 || operation == NULL || n == 0 || parallel == 0) {
        fprintf(stderr, "usage: storm fork|vfork|exec|thread N [PARALLEL, at most %d]\n", MAX_PARALLEL);
        return 2;
    }

    find_nothing();
    struct board *board = new_board(parallel);
    if (parallel == 1)
        work(board, 0, operation, n);
    else
        run_workers(board, parallel, operation, n);

    long long begin = board->begin[0], end = board->end[0];
    for (int i = 1; i < parallel; i++) {
        begin = board->begin[i] < begin ? board->begin[i] : begin;
        end = board->end[i] > end ? board->end[i] : end;
    }
    printf("%.3f\n", (double)(end - begin) / 1000.0 / (double)n);
    return 0;
}
