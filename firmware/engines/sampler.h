/* Jobs of the samplers. */
#ifndef ENGINES_SAMPLER_H
#define ENGINES_SAMPLER_H

#include "bytes.h"
#include "engine.h"

/* Where seeds begin among the words. */
enum sampler_seed { SAMPLER_PUBLIC = 0, SAMPLER_SECRET = 8 };

#define SAMPLER_TO_STREAM (1U << CSR_SAMPLER_JOB_STREAM_OFFSET)

/* Seeds stay until the engine is cleared; the size is in bytes, a multiple of 4. */
static inline void sampler_load_seed(enum sampler_seed which, const uint8_t *seed, int size)
{
    ENGINE_AWAIT(sampler);
    sampler_seed_index_write(which);
    for (int i = 0; i < size; i += 4)
        sampler_seed_write(load32(seed + i));
}

static inline void sampler_job(uint32_t job, uint16_t nonce)
{
    ENGINE_AWAIT(sampler);
    sampler_job_write(job);
    sampler_nonce_write(nonce);
    ENGINE_BEGIN(sampler);
}

/* 256 words, by DMA. */
static inline void sampler_to_memory(uint32_t kind, uint16_t nonce, const void *memory)
{
    ENGINE_AWAIT(sampler);
    sampler_address_write((uint32_t)(uintptr_t)memory);
    sampler_job(kind, nonce);
}

/* Forget seeds; until that has been done the Keccak engine would refuse. */
static inline void sampler_clear(void)
{
    ENGINE_AWAIT(sampler);
    sampler_control_write(ENGINE_CLEAR);
    ENGINE_AWAIT(sampler);
}

#endif
