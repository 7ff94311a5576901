// Spends its CPU time at the end of chains of calls that are known: chain MILLIONS [MODE].
//   plain (or nothing)   main > a > b > c
//   fork, exec           the same in a child, in a program that the child executes
//   sort                 main > sort_all > the C library's qsort > compare
//   lost                 c's loop with a stack pointer that points nowhere
// Tests compile it with -fomit-frame-pointer -DNO_FRAME_POINTER besides: then the register holds something else in c.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP __attribute__((noinline, noclone))

static volatile unsigned sum;

STEP static void c(long millions)
{
#if defined(NO_FRAME_POINTER) && defined(__x86_64__)
    __asm__ volatile("xor %%ebp, %%ebp" ::: "rbp");
#endif
    for (long i = 0; i < millions * 1000000; i++)
        sum = sum + i;
}

// What comes behind each call keeps it from becoming a jump.
STEP static void b(long millions)
{
    c(millions);
    sum = sum + 1;
}

STEP static void a(long millions)
{
    b(millions);
    sum = sum + 2;
}

STEP static int compare(const void *one, const void *other)
{
#if defined(NO_FRAME_POINTER) && defined(__x86_64__)
    __asm__ volatile("xor %%ebp, %%ebp" ::: "rbp");
#endif
    for (int i = 0; i < 1000; i++)
        sum = sum + i;
    return *(const int *)one - *(const int *)other;
}

STEP static void sort_all(long millions)
{
    static int numbers[1000];
    for (long round = 0; round * 10 < millions; round++) {
        for (int i = 0; i < 1000; i++)
            numbers[i] = i * 7919 % 1000;
        qsort(numbers, 1000, sizeof numbers[0], compare);
    }
    sum = sum + 3;
}

STEP static void lost(long millions)
{
#ifdef __x86_64__
    // A page that is never mapped; no signal comes meanwhile.
    __asm__ volatile("mov %%rsp, %%r11\n"
                     "mov $0x1008, %%esp\n"
                     "1: dec %0\n"
                     "jnz 1b\n"
                     "mov %%r11, %%rsp\n"
                     : "+r"(millions)
                     :
                     : "r11", "cc", "memory");
#endif
    sum = sum + millions;
}

int main(int argc, char **argv)
{
    long millions = atol(argv[1]);
    const char *mode = argc > 2 ? argv[2] : "plain";
    if (strcmp(mode, "sort") == 0) {
        sort_all(millions);
    } else if (strcmp(mode, "lost") == 0) {
        lost(millions * 1000000);
    } else if (strcmp(mode, "plain") == 0) {
        a(millions);
    } else {
        if (fork() == 0) {
            if (strcmp(mode, "exec") == 0)
                execl("/proc/self/exe", argv[0], argv[1], (char *)0);
            a(millions);
            _exit(0);
        }
        while (wait(NULL) > 0)
            ;
    }
    return sum == 1;
}
