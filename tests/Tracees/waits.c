/*
 * waits calls: a thread in each of the calls that a traced stop could end with EINTR. Says their tids; after a line,
 * wakes them all and says who got EINTR.
 * waits vfork: after a line, waits in vfork for a child that waits for another line.
 */
#include "tracee.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sem.h>

#ifdef SYS_epoll_wait
#define WAIT_IN_EPOLL SYS_epoll_wait
#else
#define WAIT_IN_EPOLL SYS_epoll_pwait
#endif

static int events, polled, semaphores;
static atomic_int awake, interrupted;

static void returned(const char *call, long result)
{
    if (result < 0 && errno == EINTR) {
        dprintf(2, "%s returned EINTR\n", call);
        interrupted++;
    } else if (result < 0) {
        fail(call);
    }
}

static void *in_epoll(void *argument)
{
    struct epoll_event event;
    *(atomic_int *)argument = syscall(SYS_gettid);
    returned("epoll_wait", epoll_wait(polled, &event, 1, -1));
    return 0;
}

static void *in_semop(void *argument)
{
    struct sembuf take = { .sem_op = -1 };
    *(atomic_int *)argument = syscall(SYS_gettid);
    returned("semop", syscall(SYS_semtimedop, semaphores, &take, 1, 0));
    return 0;
}

static void *in_sigwait(void *argument)
{
    sigset_t set;
    struct timespec long_time = { .tv_sec = 1000 };
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    *(atomic_int *)argument = syscall(SYS_gettid);
    returned("sigtimedwait", sigtimedwait(&set, 0, &long_time));
    return 0;
}

static void *in_sleep(void *argument)
{
    *(atomic_int *)argument = syscall(SYS_gettid);
    while (!awake) {
        struct timespec time = { .tv_nsec = 200000000 };
        returned("nanosleep", nanosleep(&time, 0));
    }
    return 0;
}

static void *(*const calls[])(void *) = { in_epoll, in_semop, in_sigwait, in_sleep };

static int wait_in_calls(void)
{
    atomic_int tids[4];
    pthread_t threads[4];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, 0);
    events = must(eventfd(0, 0), "eventfd");
    polled = must(epoll_create1(0), "epoll_create1");
    semaphores = must(semget(IPC_PRIVATE, 1, 0600), "semget");
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(polled, EPOLL_CTL_ADD, events, &event), "epoll_ctl");
    for (int i = 0; i < 4; i++) {
        tids[i] = 0;
        threads[i] = start_thread(calls[i], &tids[i]);
        while (!tids[i])
            rest();
    }
    say("%d:%d %d:%d %d:%d %d:%d", tids[0], WAIT_IN_EPOLL, tids[1], SYS_semtimedop, tids[2], SYS_rt_sigtimedwait, tids[3],
        SYS_clock_nanosleep);
    await_go();
    awake = 1;
    eventfd_write(events, 1);
    struct sembuf give = { .sem_op = 1 };
    semop(semaphores, &give, 1);
    pthread_kill(threads[2], SIGUSR2);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    semctl(semaphores, 0, IPC_RMID);
    say("interrupted %d", interrupted);
    return 0;
}

static int wait_in_vfork(void)
{
    say("ready");
    await_go();
    pid_t pid = vfork();
    if (pid == 0) {
        say("%d", getpid());
        await_go();
        _exit(5);
    }
    reap(must(pid, "vfork"), 5);
    return 6;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    return strcmp(argv[1], "vfork") == 0 ? wait_in_vfork() : wait_in_calls();
}
