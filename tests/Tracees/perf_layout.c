// Prints sizes, offsets and constants of linux/perf_event.h, for the layout test of the collectors.
#include <errno.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#define SHOW(name, value) printf("%s %lld\n", name, (long long)(value))
#define BIT(field)                                                                                                    \
    do {                                                                                                              \
        struct perf_event_attr attr;                                                                                  \
        unsigned long long word;                                                                                      \
        memset(&attr, 0, sizeof attr);                                                                                \
        attr.field = 1;                                                                                               \
        memcpy(&word, (char *)&attr + 40, sizeof word);                                                               \
        SHOW(#field, word);                                                                                           \
    } while (0)

int main(void)
{
    SHOW("type", offsetof(struct perf_event_attr, type));
    SHOW("size", offsetof(struct perf_event_attr, size));
    SHOW("config", offsetof(struct perf_event_attr, config));
    SHOW("read_format", offsetof(struct perf_event_attr, read_format));
    SHOW("flags", offsetof(struct perf_event_attr, read_format) + 8);
    SHOW("PERF_ATTR_SIZE_VER7", 128);
    SHOW("SYS_perf_event_open", SYS_perf_event_open);
    BIT(disabled);
    BIT(inherit);
    BIT(exclude_kernel);
    BIT(exclude_hv);
    BIT(inherit_thread);
    SHOW("TASK_CLOCK", PERF_COUNT_SW_TASK_CLOCK);
    SHOW("PAGE_FAULTS", PERF_COUNT_SW_PAGE_FAULTS);
    SHOW("CONTEXT_SWITCHES", PERF_COUNT_SW_CONTEXT_SWITCHES);
    SHOW("CPU_MIGRATIONS", PERF_COUNT_SW_CPU_MIGRATIONS);
    SHOW("DUMMY", PERF_COUNT_SW_DUMMY);
    SHOW("CYCLES", PERF_COUNT_HW_CPU_CYCLES);
    SHOW("INSTRUCTIONS", PERF_COUNT_HW_INSTRUCTIONS);
    SHOW("CACHE_MISSES", PERF_COUNT_HW_CACHE_MISSES);
    SHOW("BRANCH_MISSES", PERF_COUNT_HW_BRANCH_MISSES);
    SHOW("FLAG_FD_CLOEXEC", PERF_FLAG_FD_CLOEXEC);
    SHOW("FORMAT", PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING);
    SHOW("EPERM", EPERM);
    SHOW("ESRCH", ESRCH);
    SHOW("EACCES", EACCES);
    SHOW("ENODEV", ENODEV);
    SHOW("EINVAL", EINVAL);
    SHOW("EMFILE", EMFILE);
    return 0;
}
