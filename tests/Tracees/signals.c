/* signals WAY …: counts the signals it gets, and checks what comes with them. */
#include "tracee.h"
#include <poll.h>
#include <setjmp.h>

static atomic_int *received;
static atomic_int *sent;
static atomic_int *stop;
static volatile int disorder;
static pid_t sender;

static void on_queued(int signal, siginfo_t *info, void *context)
{
    if (info->si_value.sival_int != *received || info->si_code != SI_QUEUE || info->si_pid != sender)
        disorder++;
    ++*received;
}

static void catch(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };
    must(sigaction(signal, &action, 0), "sigaction");
}

static void make_counters(void)
{
    received = shared(sizeof *received);
    sent = shared(sizeof *sent);
    stop = shared(sizeof *stop);
}

/*
 * Queues n signals to its parent, or as many as it can until it is told to stop. At most 500 are on their way. With pauses, for a
 * parent that is to come to something else while each signal costs it a stop.
 */
static void send(int n, int pauses)
{
    for (int i = 0; i < n && !*stop; i++) {
        union sigval value = { .sival_int = i };
        if (pauses && i % 16 == 0)
            usleep(2000);
        while (i - *received > 500)
            rest();
        while (sigqueue(getppid(), SIGRTMIN + 1, value) < 0) {
            if (errno != EAGAIN)
                fail("sigqueue");
            rest();
        }
        *sent = i + 1;
    }
    _exit(0);
}

static int queue(int n)
{
    sigset_t queued, before;
    make_counters();
    catch(SIGRTMIN + 1, on_queued, SA_RESTART);
    sigemptyset(&queued);
    sigaddset(&queued, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &queued, &before);
    sender = must(fork(), "fork");
    if (sender == 0)
        send(n, 0);
    sigprocmask(SIG_SETMASK, &before, 0);
    while (*received < n)
        poll(0, 0, 1);
    reap(sender, 0);
    say("received %d disorder %d", *received, disorder);
    return 0;
}

/* Stops its parent and another, and has them go on, until it is told to stop. */
static void stop_and_go(pid_t other)
{
    pid_t pids[] = { getppid(), other };
    for (unsigned i = 0; !*stop; i++) {
        kill(pids[i & 1], SIGSTOP);
        usleep(200);
        kill(pids[i & 1], SIGCONT);
        usleep(500); /* a stop costs a traced process several switches: it has to come to something in between */
    }
    _exit(0);
}

/* Ends with its parent, also if that is dead already. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

/* A load of signals and forks, and of stops if asked for, until a line comes: then the sums must be right. Ends with its parent. */
static int load(int stops)
{
    sigset_t queued, before;
    pid_t self = getpid();
    make_counters();
    atomic_int *forked = shared(sizeof *forked);
    catch(SIGRTMIN + 1, on_queued, SA_RESTART);
    sigemptyset(&queued);
    sigaddset(&queued, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &queued, &before);
    sender = must(fork(), "fork");
    if (sender == 0) {
        end_with(self);
        send(1 << 30, stops);
    }
    pid_t forker = must(fork(), "fork");
    if (forker == 0) {
        end_with(self);
        for (int i = 0; !*stop; i++) {
            pid_t pid = must(fork(), "fork");
            if (pid == 0)
                _exit(i & 63);
            reap(pid, i & 63);
            ++*forked;
        }
        _exit(0);
    }
    pid_t stopper = stops ? must(fork(), "fork") : 0;
    if (stops && stopper == 0) {
        end_with(self);
        stop_and_go(forker);
    }
    sigprocmask(SIG_SETMASK, &before, 0);
    while (*received < 100 || *forked < 10)
        poll(0, 0, 1);
    say("ready");
    await_go();
    *stop = 1;
    if (stops)
        reap(stopper, 0);
    reap(sender, 0);
    reap(forker, 0);
    while (*received < *sent)
        poll(0, 0, 1);
    say("lost %d disorder %d", *sent - *received, disorder);
    return 0;
}

static sigjmp_buf back;
static siginfo_t last;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    last = *info;
    siglongjmp(back, 1);
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
    last = *info;
}

static int fault(void)
{
    catch(SIGSEGV, on_fault, 0);
    volatile char *bad = (char *)0xdead000;
    for (int i = 0; i < 100; i++) {
        memset(&last, 0, sizeof last);
        if (sigsetjmp(back, 1) == 0)
            bad[i] = 1;
        expect(last.si_signo == SIGSEGV && last.si_addr == bad + i && last.si_code == SEGV_MAPERR, "siginfo of SIGSEGV");
    }
    return 0;
}

static int trap(void)
{
    catch(SIGTRAP, on_trap, 0);
    raise(SIGTRAP);
    expect(last.si_signo == SIGTRAP && last.si_code == SI_TKILL && last.si_pid == getpid(), "siginfo of raise");
    memset(&last, 0, sizeof last);
#ifdef __x86_64__
    __asm__ volatile("int3");
    expect(last.si_signo == SIGTRAP && last.si_code == SI_KERNEL, "siginfo of int3");
#endif
    signal(SIGTRAP, SIG_DFL);
    raise(SIGTRAP);
    return 0;
}

/* Exactly one SIGCHLD for each child, which says how it ended. */
static int children(int n)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, 0);
    for (int i = 0; i < n; i++) {
        siginfo_t info;
        pid_t pid = must(fork(), "fork");
        if (pid == 0)
            _exit(i & 63);
        must(sigwaitinfo(&child, &info), "sigwaitinfo");
        expect(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == (i & 63), "siginfo of SIGCHLD");
        reap(pid, i & 63);
        sigset_t pending;
        sigpending(&pending);
        expect(!sigismember(&pending, SIGCHLD), "one SIGCHLD for a child");
    }
    return 0;
}

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    const char *way = argv[1];
    if (strcmp(way, "queue") == 0)
        return queue(atoi(argv[2]));
    if (strcmp(way, "load") == 0)
        return load(argc > 2);
    if (strcmp(way, "fault") == 0)
        return fault();
    if (strcmp(way, "trap") == 0)
        return trap();
    if (strcmp(way, "children") == 0)
        return children(atoi(argv[2]));
    return 96;
}
