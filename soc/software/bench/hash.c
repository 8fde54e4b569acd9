/* Work for a CPU: hashes what it hashed before, prints the last hash and the cycles it took. */
#include "console.h"
#include "sha3.h"
#include "system.h"

#define TIMES 400

int main(void)
{
    uint8_t hash[32] = {0};
    uint32_t began = cycles();
    for (int i = 0; i < TIMES; i++)
        sha3_256(hash, hash, sizeof hash);
    uint32_t took = cycles() - began;
    for (int i = 0; i < 32; i++)
        print_hex(hash[i], 2);
    print(" ");
    print_unsigned(took);
    print("\n");
    finish(0);
}
