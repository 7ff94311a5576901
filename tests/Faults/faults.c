/*
 * A library to be preloaded: makes one call of one program fail, to see that no fault of the machine harms a target, hides, or lies.
 *
 *   FAULT_PROGRAM=PATH   only this program; what it starts is left alone
 *   FAULT_SITES=FILE     writes a line for each call site when it is met first: NUMBER FUNCTION WHAT
 *   FAULT_CALL=NUMBER    the call of that number (of the same list) fails
 *   FAULT_ERRNO=ERRNO    so
 *   FAULT_SUFFIX=TEXT    instead: every open of a file whose path ends so fails
 *
 * A call site is a function with the code that led to it, down to eight callers: its number is that of a hash, so that it is the
 * same in every run (the program is not placed at random, see setarch -R). Calls before the program's own main are not counted.
 * P/Invokes find their functions by dlsym in libc itself, past a preloaded library: so that one is replaced too.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int active;
static int sites = -1;
static uint32_t wanted;
static int error;
static const char *suffix;
static atomic_uint seen[1 << 14];

/* The default version of a function, from the libraries behind this one. */
static void *next(const char *name)
{
    static void *(*find)(void *, const char *);
    if (!find)
        find = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!find)
        find = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    return find(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void)
{
    const char *program = getenv("FAULT_PROGRAM");
    char self[4096];
    ssize_t length = syscall(SYS_readlink, "/proc/self/exe", self, sizeof self - 1);
    if (!program || length < 0)
        return;
    self[length] = 0;
    if (strcmp(self, program) != 0)
        return;
    const char *file = getenv("FAULT_SITES");
    if (file)
        sites = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *call = getenv("FAULT_CALL");
    if (call)
        wanted = strtoul(call, 0, 16);
    suffix = getenv("FAULT_SUFFIX");
    const char *number = getenv("FAULT_ERRNO");
    error = number ? atoi(number) : EIO;
    void *warm[2];
    backtrace(warm, 2); /* loads libgcc now, and not within a call */
    active = 1;
}

static int ends(const char *path)
{
    size_t length = path ? strlen(path) : 0, tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

/* In place of a path: this call never fails. */
static const char SKIP[] = "";

/* Whether this call is to fail; errno is set then. */
static int hit(const char *function, const char *what)
{
    static __thread int within;
    if (!active || within || what == SKIP)
        return 0;
    within = 1;
    int saved = errno, fails = 0;
    if (suffix) {
        fails = what && ends(what);
    } else {
        void *callers[10];
        int count = backtrace(callers, 10);
        uint32_t hash = 2166136261u;
        for (int i = 2; i < count; i++)
            hash = (hash ^ (uint32_t)(uintptr_t)callers[i]) * 16777619u;
        for (const char *c = function; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 16777619u;
        hash |= 1;
        unsigned slot = hash % (1 << 14), was;
        while ((was = atomic_load(&seen[slot])) != hash) {
            unsigned none = 0;
            if (was == 0 && atomic_compare_exchange_strong(&seen[slot], &none, hash)) {
                if (sites >= 0)
                    dprintf(sites, "%x %s %s\n", hash, function, what ? what : "-");
                fails = hash == wanted;
                break;
            }
            slot = (slot + 1) % (1 << 14);
        }
    }
    errno = fails ? error : saved;
    within = 0;
    return fails;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) \
        real = next(#name)

#define WRAP(result, failed, name, what, parameters, arguments, ...) \
    result name parameters \
    { \
        REAL(result, name, __VA_ARGS__); \
        return hit(#name, what) ? failed : real arguments; \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(int, name, const char *, int, ...); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, int); \
        va_end(list); \
        return hit("open", path) ? -1 : real(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) \
    { \
        REAL(int, name, int, const char *, int, ...); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, int); \
        va_end(list); \
        return hit("openat", path) ? -1 : real(folder, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
/* A single byte is the runtime's own, from its signal handler through its pipe: it aborts without. */
WRAP(ssize_t, -1, read, size == 1 ? SKIP : 0, (int fd, void *buffer, size_t size), (fd, buffer, size), int, void *, size_t)
WRAP(ssize_t, -1, pread, 0, (int fd, void *b, size_t n, off_t at), (fd, b, n, at), int, void *, size_t, off_t)
WRAP(ssize_t, -1, pread64, 0, (int fd, void *b, size_t n, off64_t at), (fd, b, n, at), int, void *, size_t, off64_t)
WRAP(ssize_t, -1, write, n == 1 ? SKIP : 0, (int fd, const void *b, size_t n), (fd, b, n), int, const void *, size_t)
WRAP(ssize_t, -1, pwrite, 0, (int fd, const void *b, size_t n, off_t at), (fd, b, n, at), int, const void *, size_t, off_t)
WRAP(ssize_t, -1, pwrite64, 0, (int fd, const void *b, size_t n, off64_t at), (fd, b, n, at), int, const void *, size_t, off64_t)
WRAP(ssize_t, -1, pwritev, 0, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at), int, const struct iovec *, int, off_t)
WRAP(ssize_t, -1, writev, 0, (int fd, const struct iovec *v, int n), (fd, v, n), int, const struct iovec *, int)
WRAP(int, -1, mkdir, path, (const char *path, mode_t mode), (path, mode), const char *, mode_t)
WRAP(int, -1, mkdirat, path, (int at, const char *path, mode_t mode), (at, path, mode), int, const char *, mode_t)
WRAP(int, -1, mkfifo, path, (const char *path, mode_t mode), (path, mode), const char *, mode_t)
WRAP(int, -1, rename, from, (const char *from, const char *to), (from, to), const char *, const char *)
WRAP(int, -1, renameat, from, (int a, const char *from, int b, const char *to), (a, from, b, to), int, const char *, int, const char *)
WRAP(int, -1, renameat2, from, (int a, const char *from, int b, const char *to, unsigned f), (a, from, b, to, f), int, const char *, int,
    const char *, unsigned)
WRAP(int, -1, unlink, path, (const char *path), (path), const char *)
WRAP(int, -1, unlinkat, path, (int at, const char *path, int flags), (at, path, flags), int, const char *, int)
WRAP(int, -1, rmdir, path, (const char *path), (path), const char *)
WRAP(int, -1, ftruncate, 0, (int fd, off_t size), (fd, size), int, off_t)
WRAP(int, -1, ftruncate64, 0, (int fd, off64_t size), (fd, size), int, off64_t)
WRAP(int, -1, fsync, 0, (int fd), (fd), int)
WRAP(int, -1, flock, 0, (int fd, int operation), (fd, operation), int, int)
WRAP(int, -1, fchmod, 0, (int fd, mode_t mode), (fd, mode), int, mode_t)
WRAP(int, -1, fstat, 0, (int fd, struct stat *to), (fd, to), int, struct stat *)
WRAP(int, -1, fstat64, 0, (int fd, struct stat64 *to), (fd, to), int, struct stat64 *)
WRAP(int, -1, stat, path, (const char *path, struct stat *to), (path, to), const char *, struct stat *)
WRAP(int, -1, stat64, path, (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
WRAP(int, -1, lstat, path, (const char *path, struct stat *to), (path, to), const char *, struct stat *)
WRAP(int, -1, lstat64, path, (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
WRAP(int, -1, statx, path, (int at, const char *path, int flags, unsigned mask, struct statx *to), (at, path, flags, mask, to), int,
    const char *, int, unsigned, struct statx *)
WRAP(int, -1, access, path, (const char *path, int mode), (path, mode), const char *, int)
WRAP(ssize_t, -1, readlink, path, (const char *path, char *b, size_t n), (path, b, n), const char *, char *, size_t)
WRAP(DIR *, 0, opendir, path, (const char *path), (path), const char *)
WRAP(int, -1, dup, 0, (int fd), (fd), int)
WRAP(int, -1, pipe, 0, (int fds[2]), (fds), int *)
WRAP(int, -1, pipe2, 0, (int fds[2], int flags), (fds, flags), int *, int)
WRAP(int, -1, eventfd, 0, (unsigned value, int flags), (value, flags), unsigned, int)
WRAP(int, -1, epoll_create1, 0, (int flags), (flags), int)
WRAP(int, -1, epoll_ctl, 0, (int e, int op, int fd, struct epoll_event *ev), (e, op, fd, ev), int, int, int, struct epoll_event *)
WRAP(int, -1, inotify_init1, 0, (int flags), (flags), int)
WRAP(int, -1, inotify_add_watch, path, (int fd, const char *path, uint32_t mask), (fd, path, mask), int, const char *, uint32_t)
WRAP(int, -1, socket, 0, (int domain, int type, int protocol), (domain, type, protocol), int, int, int)
WRAP(int, -1, connect, 0, (int fd, const struct sockaddr *to, socklen_t n), (fd, to, n), int, const struct sockaddr *, socklen_t)
WRAP(int, -1, waitid, 0, (idtype_t type, id_t id, siginfo_t *to, int options), (type, id, to, options), idtype_t, id_t, siginfo_t *, int)
WRAP(pid_t, -1, wait4, 0, (pid_t pid, int *to, int options, struct rusage *usage), (pid, to, options, usage), pid_t, int *, int,
    struct rusage *)
WRAP(int, error, posix_spawn, path, (pid_t *pid, const char *path, const posix_spawn_file_actions_t *a, const posix_spawnattr_t *b,
    char *const *c, char *const *d), (pid, path, a, b, c, d), pid_t *, const char *, const posix_spawn_file_actions_t *,
    const posix_spawnattr_t *, char *const *, char *const *)
WRAP(int, -1, kill, 0, (pid_t pid, int signal), (pid, signal), pid_t, int)
WRAP(int, -1, tgkill, 0, (pid_t pid, pid_t tid, int signal), (pid, tid, signal), pid_t, pid_t, int)
WRAP(int, -1, clock_getcpuclockid, 0, (pid_t pid, clockid_t *to), (pid, to), pid_t, clockid_t *)

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    REAL(void *, mmap, void *, size_t, int, int, int, off_t);
    return fd >= 0 && hit("mmap", 0) ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

int ioctl(int fd, unsigned long request, ...)
{
    REAL(int, ioctl, int, unsigned long, ...);
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    return hit("ioctl", 0) ? -1 : real(fd, request, argument);
}

long ptrace(enum __ptrace_request request, ...)
{
    REAL(long, ptrace, enum __ptrace_request, ...);
    va_list list;
    va_start(list, request);
    pid_t pid = va_arg(list, pid_t);
    void *address = va_arg(list, void *), *data = va_arg(list, void *);
    va_end(list);
    return hit("ptrace", 0) ? -1 : real(request, pid, address, data);
}

long syscall(long number, ...)
{
    REAL(long, syscall, long, ...);
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long), e = va_arg(list, long),
         f = va_arg(list, long);
    va_end(list);
    char name[32];
    snprintf(name, sizeof name, "%ld", number);
    return number != SYS_futex && hit("syscall", name) ? -1 : real(number, a, b, c, d, e, f);
}

/* What a P/Invoke finds in libc is what a call of C would find here. */
void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    static void *self;
    if (!real)
        real = next("dlsym");
    if (active && !self) {
        Dl_info info;
        if (dladdr((void *)dlsym, &info))
            self = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    }
    void *ours = active && self && handle != self ? real(self, name) : 0;
    Dl_info info, own;
    if (ours && dladdr(ours, &info) && dladdr((void *)dlsym, &own) && info.dli_fbase == own.dli_fbase)
        return ours;
    return real(handle, name);
}
