/*
 * Prints the sizes, offsets and constants of the C headers that src/Collectors/Interop declares, under the names that it
 * has for them, for the layout test of the collectors.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SHOW(name, value) printf("%s %lld\n", name, (long long)(value))
#define CONSTANT(name) SHOW(#name, name)
#define SIZE(type) SHOW("sizeof " #type, sizeof(struct type))
#define OFFSET(type, field) SHOW(#type "." #field, offsetof(struct type, field))
#define BIT(field)                                                                                                    \
    do {                                                                                                              \
        struct perf_event_attr attr;                                                                                  \
        unsigned long long word;                                                                                      \
        memset(&attr, 0, sizeof attr);                                                                                \
        attr.field = 1;                                                                                               \
        memcpy(&word, (char *)&attr + 40, sizeof word);                                                               \
        SHOW(#field, word);                                                                                           \
    } while (0)

static void show_structs(void)
{
    // The kernel takes shorter structs than the header has: VER7 is where sig_data ends.
    SHOW("sizeof perf_event_attr", offsetof(struct perf_event_attr, sig_data) + 8);
    OFFSET(perf_event_attr, type);
    OFFSET(perf_event_attr, size);
    OFFSET(perf_event_attr, config);
    OFFSET(perf_event_attr, sample_period);
    OFFSET(perf_event_attr, sample_type);
    OFFSET(perf_event_attr, read_format);
    SHOW("perf_event_attr.flags", offsetof(struct perf_event_attr, read_format) + 8);
    OFFSET(perf_event_attr, wakeup_watermark);
    OFFSET(perf_event_attr, config1);
    OFFSET(perf_event_attr, config2);
    OFFSET(perf_event_attr, sample_regs_user);
    OFFSET(perf_event_attr, sample_stack_user);
    OFFSET(perf_event_attr, clockid);
    SIZE(perf_event_header);
    OFFSET(perf_event_header, type);
    OFFSET(perf_event_header, misc);
    OFFSET(perf_event_header, size);
    SIZE(pollfd);
    OFFSET(pollfd, fd);
    OFFSET(pollfd, events);
    OFFSET(pollfd, revents);
    SHOW("sizeof statx_t", sizeof(struct statx));
    SHOW("statx_t.stx_uid", offsetof(struct statx, stx_uid));
    SHOW("statx_t.stx_mode", offsetof(struct statx, stx_mode));
    SHOW("statx_t.stx_ino", offsetof(struct statx, stx_ino));
    SHOW("statx_t.stx_size", offsetof(struct statx, stx_size));
    SHOW("statx_t.stx_mtime_sec", offsetof(struct statx, stx_mtime.tv_sec));
    SHOW("statx_t.stx_mtime_nsec", offsetof(struct statx, stx_mtime.tv_nsec));
    SHOW("statx_t.stx_dev_major", offsetof(struct statx, stx_dev_major));
    SHOW("statx_t.stx_dev_minor", offsetof(struct statx, stx_dev_minor));
    SHOW("statx_t.stx_mnt_id", offsetof(struct statx, stx_dev_minor) + 4); // not in the headers of older libcs
    SIZE(open_how);
    OFFSET(open_how, flags);
    OFFSET(open_how, mode);
    OFFSET(open_how, resolve);
}

int main(void)
{
    show_structs();
    CONSTANT(SYS_perf_event_open);
    CONSTANT(O_DIRECTORY);
    CONSTANT(O_NOFOLLOW);
    // linux_perf_event.cs
    CONSTANT(PERF_COUNT_HW_CPU_CYCLES);
    CONSTANT(PERF_COUNT_HW_INSTRUCTIONS);
    CONSTANT(PERF_COUNT_HW_CACHE_REFERENCES);
    CONSTANT(PERF_COUNT_HW_CACHE_MISSES);
    CONSTANT(PERF_COUNT_HW_BRANCH_INSTRUCTIONS);
    CONSTANT(PERF_COUNT_HW_BRANCH_MISSES);
    CONSTANT(PERF_COUNT_HW_BUS_CYCLES);
    CONSTANT(PERF_COUNT_HW_STALLED_CYCLES_FRONTEND);
    CONSTANT(PERF_COUNT_HW_STALLED_CYCLES_BACKEND);
    CONSTANT(PERF_COUNT_HW_REF_CPU_CYCLES);
    CONSTANT(PERF_COUNT_HW_CACHE_L1D);
    CONSTANT(PERF_COUNT_HW_CACHE_L1I);
    CONSTANT(PERF_COUNT_HW_CACHE_LL);
    CONSTANT(PERF_COUNT_HW_CACHE_DTLB);
    CONSTANT(PERF_COUNT_HW_CACHE_ITLB);
    CONSTANT(PERF_COUNT_HW_CACHE_BPU);
    CONSTANT(PERF_COUNT_HW_CACHE_NODE);
    CONSTANT(PERF_COUNT_HW_CACHE_OP_READ);
    CONSTANT(PERF_COUNT_HW_CACHE_OP_WRITE);
    CONSTANT(PERF_COUNT_HW_CACHE_OP_PREFETCH);
    CONSTANT(PERF_COUNT_HW_CACHE_RESULT_ACCESS);
    CONSTANT(PERF_COUNT_HW_CACHE_RESULT_MISS);
    CONSTANT(PERF_COUNT_SW_CPU_CLOCK);
    CONSTANT(PERF_COUNT_SW_TASK_CLOCK);
    CONSTANT(PERF_COUNT_SW_PAGE_FAULTS);
    CONSTANT(PERF_COUNT_SW_CONTEXT_SWITCHES);
    CONSTANT(PERF_COUNT_SW_CPU_MIGRATIONS);
    CONSTANT(PERF_COUNT_SW_PAGE_FAULTS_MIN);
    CONSTANT(PERF_COUNT_SW_PAGE_FAULTS_MAJ);
    CONSTANT(PERF_COUNT_SW_ALIGNMENT_FAULTS);
    CONSTANT(PERF_COUNT_SW_EMULATION_FAULTS);
    CONSTANT(PERF_COUNT_SW_DUMMY);
    CONSTANT(PERF_COUNT_SW_BPF_OUTPUT);
    CONSTANT(PERF_COUNT_SW_CGROUP_SWITCHES);
    CONSTANT(PERF_FLAG_FD_CLOEXEC);
    CONSTANT(PERF_EVENT_IOC_ENABLE);
    CONSTANT(PERF_EVENT_IOC_SET_OUTPUT);
    CONSTANT(PERF_EVENT_IOC_SET_FILTER);
    CONSTANT(PERF_EVENT_IOC_ID);
    CONSTANT(PERF_RECORD_MISC_COMM_EXEC);
    CONSTANT(PERF_RECORD_MISC_SWITCH_OUT);
    CONSTANT(PERF_RECORD_MISC_SWITCH_OUT_PREEMPT);
    CONSTANT(PERF_CONTEXT_KERNEL);
    CONSTANT(PERF_CONTEXT_MAX);
    SHOW("MmapPageDataHead", offsetof(struct perf_event_mmap_page, data_head));
    SHOW("MmapPageDataTail", offsetof(struct perf_event_mmap_page, data_tail));
    // poll.cs
    CONSTANT(POLLIN);
    // sys_eventfd.cs
    CONSTANT(EFD_CLOEXEC);
    CONSTANT(EFD_NONBLOCK);
    // sys_ioctl.cs
    // sys_mman.cs
    CONSTANT(PROT_READ);
    CONSTANT(PROT_WRITE);
    CONSTANT(MAP_SHARED);
    CONSTANT(MAP_PRIVATE);
    CONSTANT(MAP_ANONYMOUS);
    CONSTANT(MAP_NORESERVE);
    CONSTANT(MAP_FAILED);
    // sys_stat.cs
    CONSTANT(S_IFMT);
    CONSTANT(S_IFREG);
    CONSTANT(S_IFSOCK);
    CONSTANT(IN_CLOEXEC);
    CONSTANT(IN_NONBLOCK);
    CONSTANT(IN_CREATE);
    CONSTANT(STATX_SIZE);
    CONSTANT(STATX_BASIC_STATS);
    SHOW("STATX_MNT_ID", 0x1000);
    // unistd.cs
    CONSTANT(EPERM);
    CONSTANT(ENOENT);
    CONSTANT(ESRCH);
    CONSTANT(EACCES);
    CONSTANT(ENODEV);
    CONSTANT(EINVAL);
    CONSTANT(EMFILE);
    CONSTANT(EOPNOTSUPP);
    // fcntl.cs
    CONSTANT(AT_FDCWD);
    CONSTANT(AT_EMPTY_PATH);
    CONSTANT(O_RDONLY);
    CONSTANT(O_RDWR);
    CONSTANT(O_NONBLOCK);
    CONSTANT(O_CLOEXEC);
    CONSTANT(O_PATH);
    // dirent.cs
    SHOW("DirentReclen", offsetof(struct dirent64, d_reclen));
    SHOW("DirentName", offsetof(struct dirent64, d_name));
    // linux_openat2.cs
    CONSTANT(RESOLVE_NO_MAGICLINKS);
    CONSTANT(RESOLVE_IN_ROOT);
    CONSTANT(EAGAIN);
    CONSTANT(EINTR);
    CONSTANT(SYS_openat2);
    // linux_mount.cs
    CONSTANT(SYS_fsopen);
    CONSTANT(SYS_fsconfig);
    CONSTANT(SYS_fsmount);
    CONSTANT(FSOPEN_CLOEXEC);
    CONSTANT(FSCONFIG_CMD_CREATE);
    CONSTANT(FSMOUNT_CLOEXEC);
    CONSTANT(MOUNT_ATTR_RDONLY);
    CONSTANT(MOUNT_ATTR_NOSUID);
    CONSTANT(MOUNT_ATTR_NODEV);
    CONSTANT(MOUNT_ATTR_NOEXEC);
    // enum PerfType
    CONSTANT(PERF_TYPE_HARDWARE);
    CONSTANT(PERF_TYPE_SOFTWARE);
    CONSTANT(PERF_TYPE_TRACEPOINT);
    CONSTANT(PERF_TYPE_HW_CACHE);
    CONSTANT(PERF_TYPE_RAW);
    // enum PerfRecordType
    CONSTANT(PERF_RECORD_LOST);
    CONSTANT(PERF_RECORD_COMM);
    CONSTANT(PERF_RECORD_EXIT);
    CONSTANT(PERF_RECORD_THROTTLE);
    CONSTANT(PERF_RECORD_FORK);
    CONSTANT(PERF_RECORD_SAMPLE);
    CONSTANT(PERF_RECORD_MMAP2);
    CONSTANT(PERF_RECORD_LOST_SAMPLES);
    CONSTANT(PERF_RECORD_SWITCH);
    // enum PerfSampleFormat
    CONSTANT(PERF_SAMPLE_IP);
    CONSTANT(PERF_SAMPLE_TID);
    CONSTANT(PERF_SAMPLE_TIME);
    CONSTANT(PERF_SAMPLE_CALLCHAIN);
    CONSTANT(PERF_SAMPLE_RAW);
    CONSTANT(PERF_SAMPLE_REGS_USER);
    CONSTANT(PERF_SAMPLE_STACK_USER);
    CONSTANT(PERF_SAMPLE_REGS_ABI_64);
    CONSTANT(PERF_SAMPLE_IDENTIFIER);
    // enum PerfAttrFlags
    BIT(disabled);
    BIT(inherit);
    BIT(exclude_user);
    BIT(exclude_kernel);
    BIT(exclude_hv);
    BIT(exclude_idle);
    BIT(mmap);
    BIT(comm);
    BIT(freq);
    BIT(task);
    BIT(watermark);
    BIT(sample_id_all);
    BIT(exclude_callchain_kernel);
    BIT(exclude_callchain_user);
    BIT(mmap2);
    BIT(comm_exec);
    BIT(use_clockid);
    BIT(context_switch);
    BIT(inherit_thread);
    // enum PerfReadFormat
    CONSTANT(PERF_FORMAT_TOTAL_TIME_ENABLED);
    CONSTANT(PERF_FORMAT_TOTAL_TIME_RUNNING);
    CONSTANT(PERF_FORMAT_GROUP);
    return 0;
}
