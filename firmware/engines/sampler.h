/* Jobs of the samplers. */
#ifndef ENGINES_SAMPLER_H
#define ENGINES_SAMPLER_H

#include "bytes.h"
#include "engine.h"

enum sampler_kind { SAMPLER_UNIFORM, SAMPLER_ETA, SAMPLER_MASK, SAMPLER_UNIFORM_KEM, SAMPLER_CBD2 };
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
static inline void sampler_to_memory(enum sampler_kind kind, uint16_t nonce, const void *memory)
{
    ENGINE_AWAIT(sampler);
    sampler_address_write((uint32_t)(uintptr_t)memory);
    sampler_job(kind, nonce);
}

#endif
