/* The Keccak engine by DMA against the C of the firmware, at lengths around a block. */
#include "check.h"
#include "sha3.h"

#include <generated/csr.h>
#include <generated/soc.h>
#include <string.h>

#define MOST 400

static uint32_t message[MOST / 4], digest[MOST / 4];

static uint32_t job(uint32_t operation, uint32_t function, const void *place, uint32_t length)
{
    keccak_address_write((uint32_t)place);
    keccak_length_write(length);
    keccak_job_write(operation << CSR_KECCAK_JOB_OPERATION_OFFSET |
                     function << CSR_KECCAK_JOB_FUNCTION_OFFSET |
                     1u << CSR_KECCAK_JOB_FIRST_OFFSET | 1u << CSR_KECCAK_JOB_LAST_OFFSET);
    keccak_control_write(1u << CSR_KECCAK_CONTROL_START_OFFSET);
    while (keccak_status_busy_read()) {
    }
    return keccak_status_error_read();
}

static void expected(uint8_t *out, uint32_t function, uint32_t length, uint32_t size)
{
    struct sponge sponge;
    switch (function) {
    case KECCAK_FUNCTION_SHA3_256:
        sha3_256_start(&sponge);
        break;
    case KECCAK_FUNCTION_SHAKE128:
        shake128_start(&sponge);
        break;
    default:
        shake256_start(&sponge);
    }
    sponge_absorb(&sponge, (const uint8_t *)message, length);
    sponge_finish(&sponge);
    sponge_squeeze(&sponge, out, size);
}

void test_keccak(void);
void test_keccak(void)
{
    static const uint16_t lengths[] = {0, 135, 136, 167, 168, 399};
    static const uint8_t functions[] = {KECCAK_FUNCTION_SHA3_256, KECCAK_FUNCTION_SHAKE128, KECCAK_FUNCTION_SHAKE256};
    uint8_t right[MOST];

    for (uint32_t i = 0; i < MOST; i++)
        ((uint8_t *)message)[i] = (uint8_t)(i * 37 + 11);
    for (uint32_t f = 0; f < sizeof functions; f++) {
        uint32_t size = functions[f] == KECCAK_FUNCTION_SHA3_256 ? 32 : 345;
        for (uint32_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            check("absorbing: error", job(KECCAK_OPERATION_ABSORB, functions[f], message, lengths[i]), 0);
            check("squeezing: error", job(KECCAK_OPERATION_SQUEEZE, functions[f], digest, size), 0);
            flush_data_cache();
            expected(right, functions[f], lengths[i], size);
            check_bytes("a digest", digest, right, size);
            keccak_control_write(1u << CSR_KECCAK_CONTROL_CLEAR_OFFSET);
        }
    }
    check("an address between words: refused", job(KECCAK_OPERATION_ABSORB, KECCAK_FUNCTION_SHA3_256, (char *)message + 2, 8) != 0, 1);
    check("memory that is not there: refused", job(KECCAK_OPERATION_ABSORB, KECCAK_FUNCTION_SHA3_256, (void *)0x20000000, 8) != 0, 1);
}
