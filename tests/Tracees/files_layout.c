// Prints offsets and constants of what the symbol readers open files by, for the layout test of the collectors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SHOW(name, value) printf("%s %lld\n", name, (long long)(value))

int main(void)
{
    SHOW("AT_FDCWD", AT_FDCWD);
    SHOW("AT_EMPTY_PATH", AT_EMPTY_PATH);
    SHOW("O_NONBLOCK", O_NONBLOCK);
    SHOW("O_CLOEXEC", O_CLOEXEC);
    SHOW("O_PATH", O_PATH);
    SHOW("O_DIRECTORY", O_DIRECTORY);
    SHOW("EAGAIN", EAGAIN);
    SHOW("EINTR", EINTR);
    SHOW("RESOLVE_NO_MAGICLINKS", RESOLVE_NO_MAGICLINKS);
    SHOW("RESOLVE_IN_ROOT", RESOLVE_IN_ROOT);
    SHOW("SYS_openat2", SYS_openat2);
    SHOW("open_how", sizeof(struct open_how));
    SHOW("flags", offsetof(struct open_how, flags));
    SHOW("resolve", offsetof(struct open_how, resolve));
    SHOW("S_IFMT", S_IFMT);
    SHOW("S_IFREG", S_IFREG);
    SHOW("STATX_BASIC_STATS", STATX_BASIC_STATS);
    SHOW("STATX_MNT_ID", 0x1000); // not in the headers of older libcs
    SHOW("statx", sizeof(struct statx));
    SHOW("stx_uid", offsetof(struct statx, stx_uid));
    SHOW("stx_mode", offsetof(struct statx, stx_mode));
    SHOW("stx_ino", offsetof(struct statx, stx_ino));
    SHOW("stx_size", offsetof(struct statx, stx_size));
    SHOW("stx_mtime_sec", offsetof(struct statx, stx_mtime.tv_sec));
    SHOW("stx_mtime_nsec", offsetof(struct statx, stx_mtime.tv_nsec));
    SHOW("stx_dev_major", offsetof(struct statx, stx_dev_major));
    SHOW("stx_dev_minor", offsetof(struct statx, stx_dev_minor));
    SHOW("stx_mnt_id", offsetof(struct statx, stx_dev_minor) + 4); // not in the headers of older libcs
    return 0;
}
