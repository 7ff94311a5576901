/* layout: a line "NAME VALUE" for each constant, struct size and field offset that Interop has, from the C headers. */
#include "tracee.h"
#include <linux/stat.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>

#define CONSTANT(name) printf("%s %lld\n", #name, (long long)(name))
#define SIZE(type, c_type) printf("sizeof(%s) %zu\n", #type, sizeof(c_type))
#define FIELD(type, c_type, field) printf("%s.%s %zu\n", #type, #field, offsetof(c_type, field))

static void errors(void)
{
    CONSTANT(EPERM); CONSTANT(ENOENT); CONSTANT(ESRCH); CONSTANT(EINTR); CONSTANT(EIO); CONSTANT(E2BIG);
    CONSTANT(ENOEXEC); CONSTANT(EBADF); CONSTANT(ECHILD); CONSTANT(EAGAIN); CONSTANT(ENOMEM); CONSTANT(EACCES);
    CONSTANT(EFAULT); CONSTANT(EBUSY); CONSTANT(EEXIST); CONSTANT(ENOTDIR); CONSTANT(EISDIR); CONSTANT(EINVAL);
    CONSTANT(ENFILE); CONSTANT(EMFILE); CONSTANT(ENOSPC); CONSTANT(EPIPE); CONSTANT(ENOSYS); CONSTANT(ELOOP);
    CONSTANT(ETXTBSY); CONSTANT(ENODEV); CONSTANT(EOPNOTSUPP); CONSTANT(ENAMETOOLONG);
}

static void files(void)
{
    CONSTANT(O_RDONLY); CONSTANT(O_WRONLY); CONSTANT(O_RDWR); CONSTANT(O_NONBLOCK); CONSTANT(O_CLOEXEC);
    CONSTANT(O_CREAT); CONSTANT(O_EXCL); CONSTANT(O_NOFOLLOW); CONSTANT(O_TRUNC); CONSTANT(O_APPEND);
    CONSTANT(O_DIRECTORY); CONSTANT(O_PATH); CONSTANT(AT_FDCWD); CONSTANT(AT_SYMLINK_NOFOLLOW);
    CONSTANT(AT_EMPTY_PATH); CONSTANT(F_OK); CONSTANT(R_OK); CONSTANT(W_OK); CONSTANT(X_OK); CONSTANT(S_ISUID);
    CONSTANT(S_ISGID); CONSTANT(STATX_TYPE); CONSTANT(STATX_MODE); CONSTANT(STATX_UID); CONSTANT(STATX_GID);
    CONSTANT(F_GETFD); CONSTANT(F_SETFD); CONSTANT(FD_CLOEXEC);
}

static void signals(void)
{
    CONSTANT(SIGHUP); CONSTANT(SIGINT); CONSTANT(SIGQUIT); CONSTANT(SIGILL); CONSTANT(SIGTRAP); CONSTANT(SIGABRT);
    CONSTANT(SIGBUS); CONSTANT(SIGFPE); CONSTANT(SIGKILL); CONSTANT(SIGUSR1); CONSTANT(SIGSEGV); CONSTANT(SIGUSR2);
    CONSTANT(SIGPIPE); CONSTANT(SIGALRM); CONSTANT(SIGTERM); CONSTANT(SIGSTKFLT); CONSTANT(SIGCHLD);
    CONSTANT(SIGCONT); CONSTANT(SIGSTOP); CONSTANT(SIGTSTP); CONSTANT(SIGTTIN); CONSTANT(SIGTTOU); CONSTANT(SIGURG);
    CONSTANT(SIGXCPU); CONSTANT(SIGXFSZ); CONSTANT(SIGVTALRM); CONSTANT(SIGPROF); CONSTANT(SIGWINCH); CONSTANT(SIGIO);
    CONSTANT(SIGPWR); CONSTANT(SIGSYS); CONSTANT(SIGRTMIN); CONSTANT(SIGRTMAX);
    CONSTANT(SA_RESTART); CONSTANT(SA_SIGINFO); CONSTANT(SA_NODEFER); CONSTANT(SIG_BLOCK); CONSTANT(SIG_UNBLOCK);
    CONSTANT(SIG_SETMASK);
    CONSTANT(CLD_EXITED); CONSTANT(CLD_KILLED); CONSTANT(CLD_DUMPED); CONSTANT(CLD_TRAPPED); CONSTANT(CLD_STOPPED);
    CONSTANT(CLD_CONTINUED);
}

static void tracing(void)
{
    CONSTANT(PTRACE_CONT); CONSTANT(PTRACE_DETACH); CONSTANT(PTRACE_SETOPTIONS); CONSTANT(PTRACE_GETEVENTMSG);
    CONSTANT(PTRACE_GETSIGINFO); CONSTANT(PTRACE_SEIZE); CONSTANT(PTRACE_INTERRUPT); CONSTANT(PTRACE_LISTEN);
    CONSTANT(PTRACE_KILL); CONSTANT(PTRACE_SINGLESTEP); CONSTANT(PTRACE_GETREGSET); CONSTANT(PTRACE_SETREGSET);
    CONSTANT(PTRACE_PEEKDATA); CONSTANT(PTRACE_POKEDATA); CONSTANT(PTRACE_SYSCALL);
    CONSTANT(PTRACE_O_TRACESYSGOOD); CONSTANT(PTRACE_O_TRACEFORK); CONSTANT(PTRACE_O_TRACEVFORK);
    CONSTANT(PTRACE_O_TRACECLONE); CONSTANT(PTRACE_O_TRACEEXEC); CONSTANT(PTRACE_O_TRACEVFORKDONE);
    CONSTANT(PTRACE_O_TRACEEXIT); CONSTANT(PTRACE_O_TRACESECCOMP); CONSTANT(PTRACE_O_EXITKILL);
    CONSTANT(PTRACE_EVENT_FORK); CONSTANT(PTRACE_EVENT_VFORK); CONSTANT(PTRACE_EVENT_CLONE);
    CONSTANT(PTRACE_EVENT_EXEC); CONSTANT(PTRACE_EVENT_VFORK_DONE); CONSTANT(PTRACE_EVENT_EXIT);
    CONSTANT(PTRACE_EVENT_SECCOMP); CONSTANT(PTRACE_EVENT_STOP);
    CONSTANT(P_ALL); CONSTANT(P_PID); CONSTANT(P_PGID);
    CONSTANT(WNOHANG); CONSTANT(WSTOPPED); CONSTANT(WUNTRACED); CONSTANT(WEXITED); CONSTANT(WCONTINUED);
    CONSTANT(WNOWAIT); CONSTANT(__WNOTHREAD); CONSTANT(__WALL); CONSTANT(__WCLONE);
}

static void others(void)
{
    CONSTANT(RUSAGE_SELF); CONSTANT(RUSAGE_CHILDREN); CONSTANT(RUSAGE_THREAD); CONSTANT(RLIMIT_NOFILE);
    CONSTANT(RLIMIT_CORE); CONSTANT(RLIMIT_MEMLOCK);
    CONSTANT(POSIX_SPAWN_SETSIGDEF); CONSTANT(POSIX_SPAWN_SETSIGMASK); CONSTANT(POSIX_SPAWN_SETPGROUP);
    CONSTANT(POSIX_SPAWN_RESETIDS);
    CONSTANT(CLOCK_REALTIME); CONSTANT(CLOCK_MONOTONIC); CONSTANT(CLOCK_BOOTTIME); CONSTANT(CLOCK_PROCESS_CPUTIME_ID);
    CONSTANT(_SC_CLK_TCK); CONSTANT(_SC_PAGESIZE);
    printf("ticks %ld\n", sysconf(_SC_CLK_TCK));

    /* CPUCLOCK_* are not in a header: clock_getcpuclockid(3) makes such an id, and the kernel takes the other two. */
    clockid_t clock;
    clock_getcpuclockid(getpid(), &clock);
    printf("CPUCLOCK_SCHED %d\n", clock & 7);
    printf("clock of %d %d\n", getpid(), clock);
}

static void structs(void)
{
    SIZE(siginfo_t, siginfo_t); FIELD(siginfo_t, siginfo_t, si_code); FIELD(siginfo_t, siginfo_t, si_pid);
    FIELD(siginfo_t, siginfo_t, si_status); FIELD(siginfo_t, siginfo_t, si_signo);
    SIZE(timeval, struct timeval); FIELD(timeval, struct timeval, tv_sec); FIELD(timeval, struct timeval, tv_usec);
    SIZE(timespec, struct timespec); FIELD(timespec, struct timespec, tv_sec);
    FIELD(timespec, struct timespec, tv_nsec);
    SIZE(rusage, struct rusage); FIELD(rusage, struct rusage, ru_utime); FIELD(rusage, struct rusage, ru_stime);
    FIELD(rusage, struct rusage, ru_maxrss); FIELD(rusage, struct rusage, ru_minflt);
    FIELD(rusage, struct rusage, ru_majflt); FIELD(rusage, struct rusage, ru_inblock);
    FIELD(rusage, struct rusage, ru_oublock); FIELD(rusage, struct rusage, ru_nvcsw);
    FIELD(rusage, struct rusage, ru_nivcsw);
    SIZE(rlimit, struct rlimit); FIELD(rlimit, struct rlimit, rlim_cur); FIELD(rlimit, struct rlimit, rlim_max);
    SIZE(sigset_t, sigset_t);
    SIZE(sigaction_t, struct sigaction); FIELD(sigaction_t, struct sigaction, sa_handler);
    FIELD(sigaction_t, struct sigaction, sa_mask); FIELD(sigaction_t, struct sigaction, sa_flags);
    FIELD(sigaction_t, struct sigaction, sa_restorer);
    SIZE(posix_spawnattr_t, posix_spawnattr_t); SIZE(posix_spawn_file_actions_t, posix_spawn_file_actions_t);
    SIZE(statx_t, struct statx); FIELD(statx_t, struct statx, stx_mask); FIELD(statx_t, struct statx, stx_uid);
    FIELD(statx_t, struct statx, stx_gid); FIELD(statx_t, struct statx, stx_mode);
    FIELD(statx_t, struct statx, stx_ino); FIELD(statx_t, struct statx, stx_size);
}

int main(void)
{
    errors();
    files();
    signals();
    tracing();
    others();
    structs();

    /* The bit of each signal in a sigset_t: sigaddset(3) against a shift. */
    for (int signal = 1; signal <= 64; signal++) {
        sigset_t set;
        unsigned long first;
        sigemptyset(&set);
        sigaddset(&set, signal);
        memcpy(&first, &set, sizeof first);
        printf("bit of signal %d %d\n", signal, first == 0 ? -1 : __builtin_ctzl(first));
    }
    return 0;
}
