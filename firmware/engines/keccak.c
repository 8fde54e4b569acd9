/* Keccak-f[1600] by the engine: the other side of crypto/keccak.h.
 *
 * States stay in memory, so that any number of them may be in use; each permutation goes through
 * the engine and back by DMA.
 */
#include "keccak.h"

#include <string.h>

#include "engine.h"
#include "secret.h"

static void job(uint32_t operation)
{
    keccak_job_write(operation);
    ENGINE_BEGIN(keccak);
    ENGINE_AWAIT(keccak);
}

void keccak_clear(struct keccak *state)
{
    secret_wipe(state, sizeof *state);
}

void keccak_permute(struct keccak *state)
{
    keccak_address_write((uint32_t)(uintptr_t)state);
    keccak_lane_write(0);
    job(KECCAK_OPERATION_LOAD);
    job(KECCAK_OPERATION_PERMUTE);
    job(KECCAK_OPERATION_SAVE | 1U << CSR_KECCAK_JOB_WIPE_OFFSET);
    cpu_forget_cache();
}

/* Of a word, at an address that is a multiple of 4. */
static uint32_t load_word(const uint8_t *from)
{
    uint32_t word;
    memcpy(&word, __builtin_assume_aligned(from, 4), 4);
    return word;
}

void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size)
{
    uint8_t *to = (uint8_t *)state->lanes + offset;
    if ((((uintptr_t)to | (uintptr_t)bytes) & 3) == 0)
        for (; size >= 4; size -= 4, to += 4, bytes += 4) {
            uint32_t word = load_word(to) ^ load_word(bytes);
            memcpy(__builtin_assume_aligned(to, 4), &word, 4);
        }
    for (size_t i = 0; i < size; i++)
        to[i] ^= bytes[i];
}

void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t size)
{
    memcpy(bytes, (const uint8_t *)state->lanes + offset, size);
}
