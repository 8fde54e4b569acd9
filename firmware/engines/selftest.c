#include "selftest.h"

#include <stddef.h>
#include <string.h>

#include "engine.h"
#include "mldsa/slots.h"
#include "mlkem/sample.h"
#include "redact.h"
#include "sha3.h"
#include "split.h"

/* Digests of the right answers; tests/firmware/engines/test_selftest.py works them out again. */
#define SHA3_256_ANSWER 0x403717c9U
#define SHAKE256_ANSWER 0xfc43b2deU
#define TRANSFORMS_ANSWER 0x8e973c4bU
#define ARITHMETIC_ANSWER 0x12453babU
#define UNIFORM_ANSWER 0xbf06341fU
#define ETA_ANSWER 0x0a8f09fbU
#define MASK_ANSWER 0xf1041223U
#define UNIFORM_KEM_ANSWER 0x37297663U
#define CBD2_ANSWER 0x9b7b04bfU
#define REDACTED_ANSWER 0x4d263d0eU
#define KEPT_ANSWER 215
#define PARTS_ANSWER 0x6f59b418U

#define MESSAGE_BYTES 200 /* more than a block of each function */
#define OUTPUT_BYTES 400
#define FIELDS 24
#define RECORD_BYTES 512 /* at most */
#define BOUND 1000

#define DIGEST_BASIS 0x811c9dc5U
#define DIGEST_PRIME 0x01000193U

static struct mldsa_slots slots;
static union {
    struct mldsa_poly f;
    struct mlkem_poly kem;
    uint32_t words[OUTPUT_BYTES / 4];
    struct {
        uint32_t record[RECORD_BYTES / 4], out[RECORD_BYTES / 4];
        uint16_t work[RECORD_BYTES];
    } redactor;
} memory;

/* FNV-1a, but on words: no change of one word can leave it as it was. */
static uint32_t digest(uint32_t basis, const void *words, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)__builtin_assume_aligned(words, 4) + i, 4);
        basis = (basis ^ word) * DIGEST_PRIME;
    }
    return basis;
}

static uint32_t digest_of(const void *words, size_t bytes)
{
    return digest(DIGEST_BASIS, words, bytes);
}

static void fill_bytes(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 91 + 5);
}

/* Coefficients of all sizes, different ones for each number (a linear congruential generator). */
static void fill_poly(struct mldsa_poly *f, uint32_t number)
{
    for (int n = 0; n < MLDSA_N; n++) {
        number = number * 1664525 + 1013904223;
        int32_t coefficient = (int32_t)(number >> 9);
        f->at[n] = coefficient < MLDSA_Q ? coefficient : coefficient - MLDSA_Q;
    }
}

static uint32_t slot_digest(uint32_t basis, int a)
{
    slots_store(&slots, &memory.f, a);
    slots_await(&slots);
    return digest(basis, memory.f.at, sizeof memory.f.at);
}

static void fill_slot(int d)
{
    fill_poly(&memory.f, (uint32_t)d);
    slots_load(&slots, d, &memory.f);
    slots_await(&slots);
}

static int keccak_passes(void)
{
    uint8_t message[MESSAGE_BYTES] __attribute__((aligned(4)));
    fill_bytes(message, sizeof message);
    sha3_256((uint8_t *)memory.words, message, sizeof message);
    if (digest_of(memory.words, 32) != SHA3_256_ANSWER)
        return 0;
    shake256((uint8_t *)memory.words, OUTPUT_BYTES, message, sizeof message);
    return digest_of(memory.words, OUTPUT_BYTES) == SHAKE256_ANSWER;
}

/* Whether one coefficient, alone but for another of the bound less one, has the bound. */
static uint32_t exceeds(int32_t coefficient)
{
    memset(&memory.f, 0, sizeof memory.f);
    memory.f.at[3] = coefficient;
    memory.f.at[200] = BOUND - 1;
    slots_load(&slots, SLOT_U, &memory.f);
    slots_await(&slots);
    return slots_exceeds(&slots, SLOT_U, BOUND);
}

static int ntt_passes(void)
{
    uint32_t transforms = DIGEST_BASIS;
    for (int d = 0; d < SLOTS; d++) {
        fill_slot(d);
        slots_ntt(&slots, d);
    }
    for (int d = 0; d < SLOTS; d++)
        transforms = slot_digest(transforms, d);
    if (transforms != TRANSFORMS_ANSWER)
        return 0;

    fill_poly(&memory.f, SLOTS);
    slots_load_multiply(&slots, SLOT_T, &memory.f, 0);
    slots_load_multiply_add(&slots, SLOT_T, &memory.f, 1);
    slots_multiply_subtract(&slots, SLOT_T, 2, 3);
    slots_subtract(&slots, SLOT_T, 4);
    slots_load_add(&slots, SLOT_T, &memory.f);
    slots_ntt_inverse(&slots, SLOT_T);
    if (slot_digest(DIGEST_BASIS, SLOT_T) != ARITHMETIC_ANSWER)
        return 0;
    return exceeds(BOUND) && exceeds(MLDSA_Q - BOUND) && !exceeds(MLDSA_Q - BOUND + 1);
}

static int sampler_passes(void)
{
    uint8_t seed[64] __attribute__((aligned(4)));
    fill_bytes(seed, sizeof seed);
    slots_begin(&slots, seed);
    slots_secret_seed(&slots, seed);
    slots_sample_eta(&slots, &memory.f, 7);
    slots_await(&slots);
    if (digest_of(memory.f.at, sizeof memory.f.at) != ETA_ANSWER)
        return 0;
    slots_sample_mask(&slots, SLOT_T, 0x1234);
    if (slot_digest(DIGEST_BASIS, SLOT_T) != MASK_ANSWER)
        return 0;
    for (int d = 0; d < MLDSA_L; d++)
        fill_slot(d);
    slots_multiply_row(&slots, SLOT_T, 3);
    if (slot_digest(DIGEST_BASIS, SLOT_T) != UNIFORM_ANSWER)
        return 0;
    slots_end(&slots);

    mlkem_sample_uniform(&memory.kem, seed, 1, 2);
    if (digest_of(memory.kem.at, sizeof memory.kem.at) != UNIFORM_KEM_ANSWER)
        return 0;
    mlkem_sample_noise(&memory.kem, seed, 9);
    return digest_of(memory.kem.at, sizeof memory.kem.at) == CBD2_ANSWER;
}

/* Fields of 0 to 40 bytes; returns the size of the record. */
static size_t fill_record(uint8_t *record)
{
    size_t size = 0;
    for (uint8_t field = 0; field < FIELDS; field++) {
        uint8_t length = (uint8_t)(field * 7 % 41);
        record[size] = length;
        record[size + 1] = 0;
        fill_bytes(record + size + 2, length);
        size += 2U + length;
    }
    return size;
}

static int redactor_passes(void)
{
    uint8_t mask[REDACT_MASK_BYTES] __attribute__((aligned(4)));
    uint8_t *record = (uint8_t *)memory.redactor.record, *out = (uint8_t *)memory.redactor.out;
    size_t kept;
    fill_bytes(mask, sizeof mask);
    memset(&memory, 0, sizeof memory);
    size_t size = fill_record(record);
    if (redact(out, &kept, record, size, mask, memory.redactor.work) || kept != KEPT_ANSWER ||
        digest_of(out, RECORD_BYTES) != REDACTED_ANSWER)
        return 0;
    record[1] = 0xff; /* now the first field ends behind the record */
    return redact(out, &kept, record, size, mask, memory.redactor.work) != 0;
}

static int splitter_passes(void)
{
    static const uint16_t shares[SPLIT_PARTS] = {1111, 3333, 2222, 3334};
    static const uint16_t wrong[SPLIT_PARTS] = {2500, 2500, 2500, 2501};
    uint64_t parts[SPLIT_PARTS];
    if (split(parts, 0xfedcba9876543210, shares, 1, 1) ||
        digest_of(parts, sizeof parts) != PARTS_ANSWER)
        return 0;
    return split(parts, 1, wrong, 1, 1) != 0;
}

/* The lamp is off meanwhile: no pattern shows. */
static int presence_passes(void)
{
    static const uint32_t patterns[] = {0xa5a5a5a5, 0x5a5a5a5a, 0};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        presence_pattern_write(patterns[i]);
        if (presence_pattern_read() != patterns[i])
            return 0;
    }
    return presence_answer_state_read() == 0;
}

static void entropy_start(void)
{
    entropy_control_write(ENGINE_CLEAR);
    while (entropy_status_read() & ENGINE_BUSY)
        ;
    entropy_control_write(ENGINE_START);
}

/* The source has passed its own test and gives words. */
static int entropy_passes(void)
{
    uint32_t status;
    do
        status = entropy_status_read();
    while (!ENGINE_ERROR(status) && (status & ENGINE_BUSY || !entropy_words_count_read()));
    return !ENGINE_ERROR(status);
}

static uint64_t uptime(void)
{
    uptime_control_write(1U << CSR_UPTIME_CONTROL_LATCH_OFFSET);
    return uptime_cycles_read();
}

const char *engines_selftest(void)
{
    static const struct {
        const char *name;
        int (*passes)(void);
    } engines[] = {
        {"keccak", keccak_passes}, {"ntt", ntt_passes}, {"sampler", sampler_passes},
        {"redactor", redactor_passes}, {"splitter", splitter_passes},
        {"presence", presence_passes}, {"entropy", entropy_passes},
    };
    /* What the uptime counts lies between what the processor counts within and without. */
    uint64_t without = cpu_cycles(), counted = uptime(), within = cpu_cycles();
    entropy_start();
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (!engines[i].passes())
            return engines[i].name;
    within = cpu_cycles() - within;
    counted = uptime() - counted;
    without = cpu_cycles() - without;
    return counted < within || counted > without ? "uptime" : NULL;
}
