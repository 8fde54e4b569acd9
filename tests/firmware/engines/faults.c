/* One step of what a node does with its keys. Which one, and what it needs, lies behind the image
 * in main RAM. Told are the cycles of its beginning and end, and its result. */
#include <generated/mem.h>

#include "console.h"
#include "cpu.h"
#include "mldsa/mldsa.h"
#include "selftest.h"

#define GIVEN_OFFSET 0x400000

enum step { SELFTEST, KEYGEN, SIGN, VERIFY };

struct given {
    uint32_t step;
    uint8_t public_key[MLDSA_PUBLIC_BYTES], signature[MLDSA_SIGNATURE_BYTES];
};

_Noreturn void engine_failed(const char *engine, uint32_t error);

static union {
    struct mldsa_keygen_memory keygen;
    struct mldsa_sign_memory sign;
    struct mldsa_verify_memory verify;
} memory;

static const uint8_t seed[MLDSA_SEED_BYTES] = "the seed of the node's own key", rnd[MLDSA_RND_BYTES];
static const uint8_t context[] = {'s', 'i', 'g', 'n'}, message[] = {MESSAGE};
static uint64_t began;

_Noreturn void engine_failed(const char *engine, uint32_t error)
{
    print("failed ");
    print(engine);
    print(" ");
    print_unsigned(error);
    print("\n");
    finish(1);
}

/* Ends the program. */
static _Noreturn void tell(const char *said, const uint8_t *bytes, int size)
{
    uint64_t end = cpu_cycles();
    print(said);
    print(" ");
    print_unsigned((uint32_t)began);
    print(" ");
    print_unsigned((uint32_t)end);
    print(" ");
    for (int i = 0; i < size; i++)
        print_hex(bytes[i], 2);
    print("\n");
    finish(0);
}

static _Noreturn void selftest(void)
{
    const char *wrong = engines_selftest();
    tell(wrong ? wrong : "passed", NULL, 0);
}

static _Noreturn void keygen(void)
{
    static uint8_t public_key[MLDSA_PUBLIC_BYTES];
    int refused = mldsa_keygen_twice(public_key, seed, &memory.keygen);
    tell(refused ? "refused" : "key", public_key, refused ? 0 : MLDSA_PUBLIC_BYTES);
}

static _Noreturn void sign(void)
{
    static uint8_t signature[MLDSA_SIGNATURE_BYTES];
    int refused = mldsa_sign(signature, seed, rnd, context, sizeof context, message,
                             sizeof message, &memory.sign);
    tell(refused ? "refused" : "signature", signature, refused ? 0 : MLDSA_SIGNATURE_BYTES);
}

static _Noreturn void verify(const struct given *given)
{
    int refused = mldsa_verify(given->public_key, MLDSA_PUBLIC_BYTES, given->signature,
                               MLDSA_SIGNATURE_BYTES, context, sizeof context, message,
                               sizeof message, &memory.verify);
    tell(refused ? "refused" : "accepted", NULL, 0);
}

int main(void)
{
    const struct given *given = (const struct given *)(MAIN_RAM_BASE + GIVEN_OFFSET);
    began = cpu_cycles();
    switch (given->step) {
    case SELFTEST:
        selftest();
    case KEYGEN:
        keygen();
    case SIGN:
        sign();
    case VERIFY:
        verify(given);
    default:
        finish(1);
    }
}
