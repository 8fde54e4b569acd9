/* Keccak-f[1600] by the engine: the other side of crypto/keccak.h.
 *
 * States stay in memory, so that any number of them may be in use; each permutation goes through
 * the engine and back by DMA.
 */
#include "keccak.h"

#include <string.h>

#include "bytes.h"
#include "engine.h"
#include "secret.h"

void keccak_clear(struct keccak *state)
{
    secret_wipe(state, sizeof *state);
}

void keccak_permute(struct keccak *state)
{
    keccak_address_write((uint32_t)(uintptr_t)state);
    keccak_lane_write(0);
    keccak_job_write(KECCAK_LOAD);
    keccak_control_write(ENGINE_START);
    ENGINE_AWAIT(keccak);
    keccak_job_write(KECCAK_PERMUTE);
    keccak_control_write(ENGINE_START);
    ENGINE_AWAIT(keccak);
    keccak_job_write(KECCAK_SAVE | KECCAK_WIPE);
    keccak_control_write(ENGINE_START);
    ENGINE_AWAIT(keccak);
    cpu_forget_cache();
}

void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size)
{
    uint8_t *to = (uint8_t *)state->lanes + offset;
    for (size_t i = 0; i < size; i++)
        to[i] ^= bytes[i];
}

void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t size)
{
    memcpy(bytes, (const uint8_t *)state->lanes + offset, size);
}
