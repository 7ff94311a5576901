/*
 * stuck: a process whose memory nobody can look at, as of one that hangs on a dead file server ("ps hangs"). A thread of it
 * holds mmap_lock for writing for ever, so that reads of /proc/PID/cmdline and environ block (killably: mm/memory.c,
 * access_remote_vm); stat, status, comm, exe and task/ do not. It says "ready" then, and lives until the end of its input or
 * a signal; with it ends the file system, and so every read that hangs on it. Needs CAP_SYS_ADMIN and /dev/fuse.
 *
 * The memory is that of a child, "PID" in the line "stuck PID": this process serves the file system, which is a single file in a mount
 * namespace of its own. The server answers OPEN and GETATTR, and never READ.
 *
 *  child, thread 1                            child, thread 2
 *    touches a page of the file: READ
 *    waits for the page, which is locked
 *                                               maps the file, opened for direct I/O: mmap_lock is taken for writing,
 *                                               invalidate_inode_pages2 waits for the locked page
 *
 * The arguments themselves on such a page, or on one of a userfaultfd, do not block: the kernel has looked at anonymous
 * memory alone since 4.17 (CVE-2018-1120), and does not wait for a userfaultfd there.
 */
#include "tracee.h"
#include <linux/fuse.h>
#include <sys/mount.h>

enum { PAGE = 4096 };

static char path[] = "/tmp/stuck-XXXXXX";
static int server;
static int pages_wanted[2];

static void answer(const struct fuse_in_header *request, int error, const void *body, size_t length)
{
    char reply[1024];
    struct fuse_out_header header = { .len = sizeof header + length, .error = error, .unique = request->unique };
    memcpy(reply, &header, sizeof header);
    memcpy(reply + sizeof header, body, length);
    must(write(server, reply, header.len), "write of an answer");
}

static void *serve(void *unused)
{
    static char buffer[256 * 1024] __attribute__((aligned(8)));
    const struct fuse_in_header *request = (void *)buffer;
    int opened = 0;
    while (read(server, buffer, sizeof buffer) > 0) {
        switch (request->opcode) {
        case FUSE_INIT:
            answer(request, 0, &(struct fuse_init_out){ .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = PAGE },
                sizeof(struct fuse_init_out));
            break;
        case FUSE_GETATTR:
            answer(request, 0,
                &(struct fuse_attr_out){
                    .attr_valid = 1000, .attr = { .ino = 1, .size = PAGE, .mode = S_IFREG | 0600, .nlink = 1, .blksize = PAGE } },
                sizeof(struct fuse_attr_out));
            break;
        case FUSE_OPEN:
            answer(request, 0,
                &(struct fuse_open_out){ .fh = 1, .open_flags = opened++ == 0 ? FOPEN_KEEP_CACHE : FOPEN_DIRECT_IO },
                sizeof(struct fuse_open_out));
            break;
        case FUSE_READ:
            must(write(pages_wanted[1], "", 1), "write to the pipe");
            break;
        case FUSE_RELEASE:
        case FUSE_FLUSH:
            answer(request, 0, 0, 0);
            break;
        default:
            if (request->opcode != FUSE_FORGET && request->opcode != FUSE_BATCH_FORGET && request->opcode != FUSE_INTERRUPT)
                answer(request, -ENOSYS, 0, 0);
        }
    }
    return unused;
}

static void *touch(void *page)
{
    return (void *)(long)*(volatile char *)page;
}

/* Whether a thread waits uninterruptibly, as in a page's lock. */
static int waits(pid_t pid, pid_t tid)
{
    char file[64], line[512] = "";
    snprintf(file, sizeof file, "/proc/%d/task/%d/stat", pid, tid);
    int fd = must(open(file, O_RDONLY | O_CLOEXEC), file);
    must(read(fd, line, sizeof line - 1), file);
    close(fd);
    return *(strrchr(line, ')') + 2) == 'D';
}

static atomic_int *mapper;

static void *mapping_thread(void *fd)
{
    *mapper = gettid();
    return mmap(0, PAGE, PROT_READ, MAP_PRIVATE, (long)fd, 0);
}

static void hang(void)
{
    char c;
    close(server);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    int cached = must(open(path, O_RDONLY | O_CLOEXEC), path);
    int direct = must(open(path, O_RDONLY | O_CLOEXEC), path);
    struct stat size; /* asked for once: until then the file has none */
    must(fstat(cached, &size), "fstat");
    void *page = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, cached, 0);
    expect(page != MAP_FAILED, "mmap of the file");
    start_thread(touch, page);
    must(read(pages_wanted[0], &c, 1), "read of the pipe");
    start_thread(mapping_thread, (void *)(long)direct);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    char options[128];
    begin(&argc, &argv);
    alarm(100); /* whoever looks at all processes of the machine hangs as long as we live */
    must(unshare(CLONE_NEWNS), "unshare (needs CAP_SYS_ADMIN)");
    must(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0), "mount of / as private");
    close(must(mkstemp(path), path));
    server = must(open("/dev/fuse", O_RDWR | O_CLOEXEC), "/dev/fuse");
    snprintf(options, sizeof options, "fd=%d,rootmode=100600,user_id=%d,group_id=%d", server, getuid(), getgid());
    must(mount("stuck", path, "fuse", MS_NOSUID | MS_NODEV, options), "mount of a FUSE");
    must(pipe(pages_wanted), "pipe");
    mapper = shared(PAGE);
    pid_t child = must(fork(), "fork");
    if (child == 0)
        hang();
    start_thread(serve, 0);
    while (*mapper == 0 || !waits(child, *mapper))
        rest();
    must(umount2(path, MNT_DETACH), "umount2");
    must(unlink(path), "unlink");
    say("stuck %d", child);
    await_go();
    return 0;
}
