/* The NTT engine against the C of the firmware, by DMA; its window; the sampler's stream. */
#include "check.h"
#include "mldsa/ntt.h"

#include <generated/csr.h>
#include <generated/mem.h>
#include <generated/soc.h>
#include <string.h>

#define N 256
#define Q 8380417

static uint32_t there[N], back[N];

static void job(uint32_t operation, uint32_t a, uint32_t d, void *place)
{
    ntt_address_write((uint32_t)place);
    ntt_command_write(operation << CSR_NTT_COMMAND_OPERATION_OFFSET |
                      1u << CSR_NTT_COMMAND_MEMORY_OFFSET | a << CSR_NTT_COMMAND_A_OFFSET |
                      d << CSR_NTT_COMMAND_D_OFFSET);
    ntt_control_write(1u << CSR_NTT_CONTROL_START_OFFSET);
    while (ntt_status_busy_read()) {
    }
    check("error", ntt_status_error_read(), 0);
    flush_data_cache();
}

void test_ntt(void);
void test_ntt(void)
{
    static struct mldsa_poly right;
    for (uint32_t i = 0; i < N; i++)
        there[i] = (i * i * 7919 + 17) % Q;
    job(NTT_OPERATION_LOAD, 0, 0, there);
    job(NTT_OPERATION_NTT, 0, 1, 0);
    job(NTT_OPERATION_STORE, 1, 0, back);
    for (int i = 0; i < N; i++)
        right.at[i] = (int32_t)there[i];
    mldsa_ntt(&right);
    int wrong = 0;
    for (int i = 0; i < N; i++)
        wrong += back[i] != (uint32_t)mldsa_reduced(right.at[i]);
    check("coefficients of the transform that differ", (uint32_t)wrong, 0);

    volatile uint32_t *slots = (volatile uint32_t *)NTT_WINDOW_BASE;
    check("slot 1 in the window", slots[N + 77], back[77]);
    job(NTT_OPERATION_INVERSE_NTT, 1, 2, 0);
    job(NTT_OPERATION_STORE, 2, 0, back);
    check_bytes("back again", back, there, sizeof there);

    slots[3 * N + 5] = 4711;
    check("a word through the window", slots[3 * N + 5], 4711);
    ntt_control_write(1u << CSR_NTT_CONTROL_CLEAR_OFFSET);
    while (ntt_status_busy_read()) {
    }
    check("slot 3 after clear", slots[3 * N + 5], 0);
}
