/* The software side: slots in memory, everything done at once. */
#include "slots.h"

#include <string.h>

#include "ntt.h"
#include "sample.h"

void slots_begin(struct mldsa_slots *slots, const uint8_t rho[32])
{
    slots->rho = rho;
}

void slots_secret_seed(struct mldsa_slots *slots, const uint8_t seed[64])
{
    slots->secret_seed = seed;
}

void slots_await(struct mldsa_slots *slots)
{
    (void)slots;
}

void slots_end(struct mldsa_slots *slots)
{
    (void)slots;
}

void slots_load(struct mldsa_slots *slots, int d, const struct mldsa_poly *f)
{
    slots->at[d] = *f;
}

void slots_load_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f)
{
    for (int n = 0; n < MLDSA_N; n++)
        slots->at[d].at[n] = mldsa_not_negative(slots->at[d].at[n] + f->at[n] - MLDSA_Q);
}

void slots_subtract(struct mldsa_slots *slots, int d, int a)
{
    for (int n = 0; n < MLDSA_N; n++)
        slots->at[d].at[n] = mldsa_not_negative(slots->at[d].at[n] - slots->at[a].at[n]);
}

void slots_load_multiply(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b)
{
    memset(&slots->at[d], 0, sizeof slots->at[d]);
    slots_load_multiply_add(slots, d, f, b);
}

void slots_load_multiply_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b)
{
    mldsa_multiply_add(&slots->at[d], f, &slots->at[b]);
}

void slots_multiply_subtract(struct mldsa_slots *slots, int d, int a, int b)
{
    for (int n = 0; n < MLDSA_N; n++)
        slots->at[d].at[n] = mldsa_multiply_add_one(slots->at[d].at[n], -slots->at[a].at[n],
                                                    slots->at[b].at[n]);
}

void slots_store(struct mldsa_slots *slots, struct mldsa_poly *f, int a)
{
    *f = slots->at[a];
}

void slots_ntt(struct mldsa_slots *slots, int d)
{
    mldsa_ntt(&slots->at[d]);
}

void slots_ntt_inverse(struct mldsa_slots *slots, int d)
{
    mldsa_ntt_inverse(&slots->at[d]);
}

void slots_multiply_row(struct mldsa_slots *slots, int d, uint8_t row)
{
    memset(&slots->at[d], 0, sizeof slots->at[d]);
    for (uint8_t column = 0; column < MLDSA_L; column++)
        mldsa_sample_uniform(&slots->at[d], slots->rho, row, column, &slots->at[column]);
}

void slots_sample_eta(struct mldsa_slots *slots, struct mldsa_poly *f, uint16_t counter)
{
    mldsa_sample_eta(f, slots->secret_seed, counter);
}

void slots_sample_mask(struct mldsa_slots *slots, int d, uint16_t counter)
{
    mldsa_sample_mask(&slots->at[d], slots->secret_seed, counter);
}

uint32_t slots_exceeds(struct mldsa_slots *slots, int a, int32_t bound)
{
    uint32_t exceeds = 0;
    for (int n = 0; n < MLDSA_N; n++)
        exceeds |= mldsa_exceeds(slots->at[a].at[n], bound);
    return exceeds;
}
