/* Runs every test of what the system has, and says PASS or FAIL for each. */
#include "check.h"
#include "console.h"

#include <generated/csr.h>

int differences;

static const char *running;

static void different(const char *what)
{
    differences++;
    print(running);
    print(": ");
    print(what);
}

void check(const char *what, uint32_t got, uint32_t expected)
{
    if (got == expected)
        return;
    different(what);
    print(" is ");
    print_hex(got, 8);
    print(", expected ");
    print_hex(expected, 8);
    print("\n");
}

void check_bytes(const char *what, const void *got, const void *expected, uint32_t count)
{
    const uint8_t *a = got, *b = expected;
    for (uint32_t i = 0; i < count; i++) {
        if (a[i] == b[i])
            continue;
        different(what);
        print(" differs at byte ");
        print_unsigned(i);
        print(": ");
        print_hex(a[i], 2);
        print(", expected ");
        print_hex(b[i], 2);
        print("\n");
        return;
    }
}

static void run(const char *name, void (*test)(void))
{
    int before = differences;
    uint32_t began = cycles();
    running = name;
    test();
    began = cycles() - began;
    print(name);
    print(differences == before ? ": PASS " : ": FAIL ");
    print_unsigned(began);
    print(" cycles\n");
}

#define TEST(name)          \
    {                       \
        void name(void);    \
        run(#name, name);   \
    }

int main(void)
{
    TEST(test_memory)
    TEST(test_caches)
    TEST(test_timer)
    TEST(test_uart)
    TEST(test_flash)
    TEST(test_measurement)
    TEST(test_uptime)
    TEST(test_splitter)
    TEST(test_redactor)
    TEST(test_keccak)
    TEST(test_sampler)
    TEST(test_ntt)
    TEST(test_entropy)
    TEST(test_presence)
    finish(differences != 0);
}
