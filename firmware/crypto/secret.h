/* Handling of secrets: masks instead of branches, comparing, wiping, and marking what is public.
 *
 * A mask is 0 or all ones. The arithmetic that makes masks relies on what gcc and clang define
 * for signed numbers: two's complement, and >> keeps the sign.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>

/* Where the standard makes a value public, MAKE_PUBLIC says so to valgrind, which runs with all
 * secrets marked undefined and reports every branch and index that depends on them. */
#ifdef CRYPTO_VALGRIND
#include <valgrind/memcheck.h>
#define MAKE_PUBLIC(pointer, size) ((void)VALGRIND_MAKE_MEM_DEFINED((pointer), (size)))
#else
#define MAKE_PUBLIC(pointer, size) ((void)(pointer), (void)(size))
#endif

/* The same value, of which the compiler knows nothing, so that it cannot make a branch of it. */
static inline uint32_t secret_hidden(uint32_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

/* All ones if the lowest bit is set; other bits must be 0. */
static inline uint32_t secret_mask(uint32_t bit)
{
    return secret_hidden(0U - bit);
}

/* All ones if a < b; both below 2^31. */
static inline uint32_t secret_less(uint32_t a, uint32_t b)
{
    return secret_mask((a - b) >> 31);
}

/* All ones if the value is 0; below 2^31. */
static inline uint32_t secret_zero(uint32_t value)
{
    return secret_mask((value - 1) >> 31);
}

/* a where the mask is set, else b. */
static inline uint32_t secret_choose(uint32_t mask, uint32_t a, uint32_t b)
{
    return b ^ (mask & (a ^ b));
}

/* All ones if `size` bytes are equal, in a time that depends on the size alone. */
uint32_t secret_equal(const uint8_t *a, const uint8_t *b, size_t size);

/* Overwrite with zeros, even if nothing reads them afterwards. */
void secret_wipe(void *memory, size_t size);

#endif
