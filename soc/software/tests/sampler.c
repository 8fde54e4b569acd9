/* The samplers against the C of the firmware: a polynomial of each kind, in memory and streamed. */
#include "check.h"
#include "mldsa/ntt.h"
#include "mldsa/sample.h"
#include "mlkem/sample.h"

#include <generated/csr.h>
#include <generated/soc.h>
#include <string.h>

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

static void compare_kem(const char *what, const struct mlkem_poly *right)
{
    int wrong = 0;
    for (int i = 0; i < N; i++)
        wrong += sampled[i] != right->at[i];
    check(what, (uint32_t)wrong, 0);
}

static void ntt_job(uint32_t operation, uint32_t b, uint32_t d, int from_memory)
{
    ntt_address_write((uint32_t)sampled);
    ntt_command_write(operation << CSR_NTT_COMMAND_OPERATION_OFFSET |
                      (uint32_t)from_memory << CSR_NTT_COMMAND_MEMORY_OFFSET |
                      d << CSR_NTT_COMMAND_A_OFFSET | b << CSR_NTT_COMMAND_B_OFFSET |
                      d << CSR_NTT_COMMAND_D_OFFSET);
    ntt_control_write(1u << CSR_NTT_CONTROL_START_OFFSET);
}

static void await_ntt(void)
{
    while (ntt_status_busy_read()) {
    }
    check("the NTT engine's error", ntt_status_error_read(), 0);
}

/* sum = A[3][5] v + A[3][6] v: two polynomials of A go from the sampler to the NTT engine, and are
 * multiplied as they come. */
static void stream(const uint8_t *rho)
{
    static struct mldsa_poly v, right;
    for (int i = 0; i < N; i++)
        sampled[i] = (uint32_t)(v.at[i] = i * 31013 % Q);
    ntt_job(NTT_OPERATION_LOAD, 0, 0, 1);
    await_ntt();
    for (uint16_t column = 5; column <= 6; column++) {
        ntt_job(column == 5 ? NTT_OPERATION_LOAD_MULTIPLY : NTT_OPERATION_LOAD_MULTIPLY_ADD, 0, 1, 0);
        sampler_job_write(SAMPLER_KIND_UNIFORM << CSR_SAMPLER_JOB_KIND_OFFSET |
                          1u << CSR_SAMPLER_JOB_STREAM_OFFSET);
        sampler_nonce_write((uint16_t)(3 << 8 | column));
        sampler_control_write(1u << CSR_SAMPLER_CONTROL_START_OFFSET);
        await_ntt();
        check("the sampler's error", sampler_status_error_read(), 0);
    }
    ntt_job(NTT_OPERATION_STORE, 0, 1, 0);
    await_ntt();
    flush_data_cache();
    memset(&right, 0, sizeof right);
    mldsa_sample_uniform(&right, rho, 3, 5, &v);
    mldsa_sample_uniform(&right, rho, 3, 6, &v);
    compare("coefficients of A v that differ", &right);
}

void test_sampler(void);
void test_sampler(void)
{
    static struct mlkem_poly kem;
    static struct mldsa_poly right;
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++)
        bytes[i] = (uint8_t)(i * 91 + 5);
    seed(0, bytes, PUBLIC_WORDS);
    seed(PUBLIC_WORDS, bytes, SECRET_WORDS);
    sample(SAMPLER_KIND_ETA, 7);
    mldsa_sample_eta(&right, bytes, 7);
    compare("coefficients of eta that differ", &right);
    sample(SAMPLER_KIND_MASK, 0x1234);
    mldsa_sample_mask(&right, bytes, 0x1234);
    compare("coefficients of a mask that differ", &right);

    /* The C has no A by itself: it is multiplied by ones. */
    static struct mldsa_poly ones;
    for (int i = 0; i < N; i++)
        ones.at[i] = 1;
    memset(&right, 0, sizeof right);
    sample(SAMPLER_KIND_UNIFORM, 0x0305);
    mldsa_sample_uniform(&right, bytes, 3, 5, &ones);
    compare("coefficients of A that differ", &right);
    stream(bytes);

    sample(SAMPLER_KIND_UNIFORM_KEM, 0x0201);
    mlkem_sample_uniform(&kem, bytes, 1, 2);
    compare_kem("coefficients of ML-KEM's matrix that differ", &kem);
    sample(SAMPLER_KIND_CBD2, 9);
    mlkem_sample_noise(&kem, bytes, 9);
    compare_kem("coefficients of ML-KEM's noise that differ", &kem);

    sampler_control_write(1u << CSR_SAMPLER_CONTROL_CLEAR_OFFSET);
    while (sampler_status_busy_read()) {
    }
    sampler_control_write(1u << CSR_SAMPLER_CONTROL_START_OFFSET);
    while (sampler_status_busy_read()) {
    }
    check("a seed that was cleared: refused", sampler_status_error_read() != 0, 1);
}
