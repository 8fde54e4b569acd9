#include "split.h"

#include "secret.h"

#define WHOLE 10000U /* basis points */

/* Long division by WHOLE, one bit a step: a division instruction may take longer for some numbers
 * than for others, and 32-bit machines call a library for it. */
static uint64_t divided(uint64_t number, uint32_t *rest)
{
    uint64_t quotient = 0;
    uint32_t left = 0;
    for (int i = 0; i < 64; i++) {
        left = left << 1 | (uint32_t)(number >> 63);
        number <<= 1;
        uint32_t fits = ~secret_less(left, WHOLE);
        left -= fits & WHOLE;
        quotient = quotient << 1 | (fits & 1);
    }
    *rest = left;
    return quotient;
}

/* Both are 0 or all ones. */
static uint64_t wide(uint32_t mask)
{
    return (uint64_t)mask << 32 | mask;
}

static void move(uint64_t *from, uint64_t *to, uint32_t mask)
{
    uint64_t moved = *from & wide(mask);
    *from -= moved;
    *to += moved;
}

int split(uint64_t parts[SPLIT_PARTS], uint64_t amount, const uint16_t shares[SPLIT_PARTS],
          int has_affiliate, int has_publisher)
{
    uint32_t sum = 0, rest, unused;
    for (int i = 0; i < SPLIT_PARTS; i++)
        sum += shares[i];
    uint32_t whole = secret_zero(sum ^ WHOLE);
    /* Public: an offer states its shares, and one with others is not accepted. */
    MAKE_PUBLIC(&whole, sizeof whole);
    if (!whole)
        return -1;

    /* With amount = 10000 n + rest: amount * share / 10000 = n * share + rest * share / 10000. */
    uint64_t n = divided(amount, &rest);
    parts[SPLIT_PUBLISHER] = amount;
    for (int i = 0; i < SPLIT_PUBLISHER; i++) {
        parts[i] = n * shares[i] + divided((uint64_t)rest * shares[i], &unused);
        parts[SPLIT_PUBLISHER] -= parts[i];
    }
    move(&parts[SPLIT_AFFILIATE], &parts[SPLIT_USER], secret_mask(has_affiliate == 0));
    move(&parts[SPLIT_PUBLISHER], &parts[SPLIT_USER], secret_mask(has_publisher == 0));
    return 0;
}
