/* Slots of the NTT engine, with the samplers at its stream: the other side of
 * crypto/mldsa/slots.h.
 *
 * Jobs run while the processor goes on; each waits for the one before. The order and number of
 * jobs and their lengths depend on nothing but the functions called.
 */
#include "mldsa/slots.h"

#include "engine.h"
#include "sampler.h"

#define FROM_MEMORY (1U << CSR_NTT_COMMAND_MEMORY_OFFSET)

static void ntt_job(uint32_t operation, int a, int b, int d)
{
    ntt_command_write(operation | (uint32_t)a << CSR_NTT_COMMAND_A_OFFSET |
                      (uint32_t)b << CSR_NTT_COMMAND_B_OFFSET |
                      (uint32_t)d << CSR_NTT_COMMAND_D_OFFSET);
    ENGINE_AWAIT(ntt);
    ENGINE_BEGIN(ntt);
}

/* With memory, where the samplers may still write. */
static void ntt_transfer(uint32_t operation, int a, int b, int d, const struct mldsa_poly *f)
{
    ENGINE_AWAIT(sampler);
    ENGINE_AWAIT(ntt);
    ntt_address_write((uint32_t)(uintptr_t)f->at);
    ntt_job(operation | FROM_MEMORY, a, b, d);
}

void slots_begin(struct mldsa_slots *slots, const uint8_t rho[32])
{
    (void)slots;
    sampler_load_seed(SAMPLER_PUBLIC, rho, 32);
}

void slots_secret_seed(struct mldsa_slots *slots, const uint8_t seed[64])
{
    (void)slots;
    sampler_load_seed(SAMPLER_SECRET, seed, 64);
}

void slots_await(struct mldsa_slots *slots)
{
    (void)slots;
    ENGINE_AWAIT(sampler);
    ENGINE_AWAIT(ntt);
    cpu_forget_cache();
}

void slots_end(struct mldsa_slots *slots)
{
    slots_await(slots);
    sampler_clear();
    ntt_control_write(ENGINE_CLEAR);
}

void slots_load(struct mldsa_slots *slots, int d, const struct mldsa_poly *f)
{
    (void)slots;
    ntt_transfer(NTT_OPERATION_LOAD, 0, 0, d, f);
}

void slots_load_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f)
{
    (void)slots;
    ntt_transfer(NTT_OPERATION_LOAD_ADD, 0, 0, d, f);
}

void slots_load_multiply(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b)
{
    (void)slots;
    ntt_transfer(NTT_OPERATION_LOAD_MULTIPLY, 0, b, d, f);
}

void slots_load_multiply_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b)
{
    (void)slots;
    ntt_transfer(NTT_OPERATION_LOAD_MULTIPLY_ADD, 0, b, d, f);
}

void slots_subtract(struct mldsa_slots *slots, int d, int a)
{
    (void)slots;
    ntt_job(NTT_OPERATION_SUBTRACT, a, 0, d);
}

void slots_multiply_subtract(struct mldsa_slots *slots, int d, int a, int b)
{
    (void)slots;
    ntt_job(NTT_OPERATION_MULTIPLY_SUBTRACT, a, b, d);
}

void slots_store(struct mldsa_slots *slots, struct mldsa_poly *f, int a)
{
    (void)slots;
    ntt_transfer(NTT_OPERATION_STORE, a, 0, 0, f);
}

void slots_ntt(struct mldsa_slots *slots, int d)
{
    (void)slots;
    ntt_job(NTT_OPERATION_NTT, d, 0, d);
}

void slots_ntt_inverse(struct mldsa_slots *slots, int d)
{
    (void)slots;
    ntt_job(NTT_OPERATION_INVERSE_NTT, d, 0, d);
}

/* While the engine takes a polynomial of A in, the next command waits in its register. */
void slots_multiply_row(struct mldsa_slots *slots, int d, uint8_t row)
{
    (void)slots;
    for (int column = 0; column < MLDSA_L; column++) {
        sampler_job(SAMPLER_KIND_UNIFORM | SAMPLER_TO_STREAM, (uint16_t)(column | row << 8));
        ntt_job(column ? NTT_OPERATION_LOAD_MULTIPLY_ADD : NTT_OPERATION_LOAD_MULTIPLY,
                0, column, d);
    }
}

void slots_sample_eta(struct mldsa_slots *slots, struct mldsa_poly *f, uint16_t counter)
{
    (void)slots;
    sampler_to_memory(SAMPLER_KIND_ETA, counter, f->at);
}

void slots_sample_mask(struct mldsa_slots *slots, int d, uint16_t counter)
{
    (void)slots;
    sampler_job(SAMPLER_KIND_MASK | SAMPLER_TO_STREAM, counter);
    ntt_job(NTT_OPERATION_LOAD, 0, 0, d);
}

uint32_t slots_exceeds(struct mldsa_slots *slots, int a, int32_t bound)
{
    (void)slots;
    ENGINE_AWAIT(ntt);
    ntt_bound_write((uint32_t)bound);
    ntt_job(NTT_OPERATION_CHECK, a, 0, 0);
    ENGINE_AWAIT(ntt);
    return ntt_result_read();
}
