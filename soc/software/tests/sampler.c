/* The samplers against the C of the firmware: a polynomial of each kind that ML-DSA has. */
#include "check.h"
#include "mldsa/sample.h"

#include <generated/csr.h>
#include <string.h>

enum { UNIFORM, ETA, MASK };
#define N 256
#define Q 8380417
#define PUBLIC_WORDS 8
#define SECRET_WORDS 16

static uint32_t sampled[N];

static void seed(uint32_t from, const uint8_t *bytes, uint32_t words)
{
    sampler_seed_index_write((uint8_t)from);
    for (uint32_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, bytes + 4 * i, 4);
        sampler_seed_write(word);
    }
}

static void sample(uint32_t kind, uint16_t nonce)
{
    sampler_job_write(kind << CSR_SAMPLER_JOB_KIND_OFFSET);
    sampler_nonce_write(nonce);
    sampler_address_write((uint32_t)sampled);
    sampler_control_write(1u << CSR_SAMPLER_CONTROL_START_OFFSET);
    while (sampler_status_busy_read()) {
    }
    check("error", sampler_status_error_read(), 0);
    flush_data_cache();
}

static void compare(const char *what, const struct mldsa_poly *right)
{
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        int32_t value = right->at[i];
        wrong += sampled[i] != (uint32_t)(value < 0 ? value + Q : value);
    }
    check(what, (uint32_t)wrong, 0);
}

void test_sampler(void);
void test_sampler(void)
{
    static struct mldsa_poly right;
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++)
        bytes[i] = (uint8_t)(i * 91 + 5);
    seed(0, bytes, PUBLIC_WORDS);
    seed(PUBLIC_WORDS, bytes, SECRET_WORDS);
    sample(ETA, 7);
    mldsa_sample_eta(&right, bytes, 7);
    compare("coefficients of eta that differ", &right);
    sample(MASK, 0x1234);
    mldsa_sample_mask(&right, bytes, 0x1234);
    compare("coefficients of a mask that differ", &right);

    /* The C has no A by itself: it is multiplied by ones. */
    static struct mldsa_poly ones;
    for (int i = 0; i < N; i++)
        ones.at[i] = 1;
    memset(&right, 0, sizeof right);
    sample(UNIFORM, 0x0305);
    mldsa_sample_uniform(&right, bytes, 3, 5, &ones);
    compare("coefficients of A that differ", &right);
    sampler_control_write(1u << CSR_SAMPLER_CONTROL_CLEAR_OFFSET);
}
