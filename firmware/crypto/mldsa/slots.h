/* Polynomials in numbered slots, and all that is done with them between one pass of the processor
 * over coefficients and the next: what the NTT engine and the samplers replace together.
 *
 * Slots 0 to l-1 hold the vector that the matrix A is multiplied by. What a function leaves in
 * memory may be read after slots_await; what it reads there must not be changed before.
 * In slots and in memory all coefficients are in 0..q-1, without hidden factors.
 */
#ifndef MLDSA_SLOTS_H
#define MLDSA_SLOTS_H

#include "poly.h"

/* Behind the vector: the challenge, and two to work with. */
enum { SLOT_C = MLDSA_L, SLOT_T, SLOT_U, SLOTS };

struct mldsa_slots {
    struct mldsa_poly at[SLOTS];
    const uint8_t *rho, *secret_seed;
};

/* Begin, with the seed of the matrix; then the seed of eta and mask. Both must stay in memory. */
void slots_begin(struct mldsa_slots *slots, const uint8_t rho[32]);
void slots_secret_seed(struct mldsa_slots *slots, const uint8_t seed[64]);

/* Wait for all that has been asked for. */
void slots_await(struct mldsa_slots *slots);

/* Wait, and forget what engines hold; memory is the caller's to wipe. */
void slots_end(struct mldsa_slots *slots);

/* d = f, d = d + f */
void slots_load(struct mldsa_slots *slots, int d, const struct mldsa_poly *f);
void slots_load_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f);

/* d = f b, d = d + f b, under the NTT */
void slots_load_multiply(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b);
void slots_load_multiply_add(struct mldsa_slots *slots, int d, const struct mldsa_poly *f, int b);

/* d = d - a */
void slots_subtract(struct mldsa_slots *slots, int d, int a);

/* d = d - a b, under the NTT */
void slots_multiply_subtract(struct mldsa_slots *slots, int d, int a, int b);

/* f = a */
void slots_store(struct mldsa_slots *slots, struct mldsa_poly *f, int a);

/* In place (algorithms 41 and 42). */
void slots_ntt(struct mldsa_slots *slots, int d);
void slots_ntt_inverse(struct mldsa_slots *slots, int d);

/* d = a row of the matrix A times the vector, under the NTT (algorithm 32). */
void slots_multiply_row(struct mldsa_slots *slots, int d, uint8_t row);

/* f = RejBoundedPoly (algorithm 31) of the secret seed and a counter. */
void slots_sample_eta(struct mldsa_slots *slots, struct mldsa_poly *f, uint16_t counter);

/* d = one polynomial of ExpandMask (algorithm 34) of the secret seed and a counter. */
void slots_sample_mask(struct mldsa_slots *slots, int d, uint16_t counter);

/* 1 if a centred coefficient of a has at least the absolute value `bound`, else 0. Waits. */
uint32_t slots_exceeds(struct mldsa_slots *slots, int a, int32_t bound);

#endif
