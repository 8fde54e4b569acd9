#include "secret.h"

#include <string.h>

uint32_t secret_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    uint32_t difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= (uint32_t)(a[i] ^ b[i]);
    return secret_zero(difference);
}

void secret_wipe(void *memory, size_t size)
{
    memset(memory, 0, size);
    /* The compiler must assume that this reads the memory. */
    __asm__ volatile("" : : "r"(memory) : "memory");
}
