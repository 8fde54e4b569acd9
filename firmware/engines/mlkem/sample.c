/* Polynomials of ML-KEM by the samplers: the other side of crypto/mlkem/sample.h. */
#include "mlkem/sample.h"

#include "sampler.h"

void mlkem_sample_uniform(struct mlkem_poly *a, const uint8_t rho[32], uint8_t first,
                          uint8_t second)
{
    sampler_load_seed(SAMPLER_PUBLIC, rho, 32);
    sampler_to_memory(SAMPLER_KIND_UNIFORM_KEM, (uint16_t)(first | second << 8), a->at);
    ENGINE_AWAIT(sampler);
    cpu_forget_cache();
}

void mlkem_sample_noise(struct mlkem_poly *f, const uint8_t seed[32], uint8_t counter)
{
    sampler_load_seed(SAMPLER_SECRET, seed, 32);
    sampler_to_memory(SAMPLER_KIND_CBD2, counter, f->at);
    sampler_clear();
    cpu_forget_cache();
}
