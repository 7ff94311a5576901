// Makes known system calls: syscalls N [signals]. In itself, in a thread and in a fork: N getppid, N failing close, N pread each; with
// signals, N signals to itself each, whose handlers come back by rt_sigreturn, and one more handler that interrupts a sigsuspend.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int rounds;
static int signals;
static int file;

static void *work(void *unused)
{
    char byte;
    for (int i = 0; i < rounds; i++) {
        getppid();
        close(-1);
        if (pread(file, &byte, 1, 0) != 1)
            abort();
        if (signals)
            syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
    }
    return unused;
}

static void handle(int signal)
{
    (void)signal;
}

static void be_interrupted(void)
{
    sigset_t alarm, none;
    sigemptyset(&none);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, NULL);
    struct itimerval soon = { .it_value = { .tv_usec = 1000 } };
    setitimer(ITIMER_REAL, &soon, NULL);
    sigsuspend(&none);
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : 100;
    file = open("/proc/self/exe", O_RDONLY);
    signals = argc > 2;
    if (signals) {
        signal(SIGUSR1, handle);
        signal(SIGALRM, handle);
        be_interrupted();
    }
    work(NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    if (fork() == 0) {
        work(NULL);
        _exit(0);
    }
    wait(NULL);
    return 0;
}
