/* Settlement shares, as runtime/node/accelerator.py has them: software side of the splitter. */
#ifndef CRYPTO_SPLIT_H
#define CRYPTO_SPLIT_H

#include <stdint.h>

enum { SPLIT_PLATFORM, SPLIT_USER, SPLIT_AFFILIATE, SPLIT_PUBLISHER, SPLIT_PARTS };

/* Distribute `amount` micro-units by shares in basis points: amount * share / 10000, rounded
 * down, the publisher the rest; then a part whose party is absent goes to the user.
 * The time is the same for all amounts, shares and parties.
 * Returns 0, or -1 if the shares do not sum to 10000. */
int split(uint64_t parts[SPLIT_PARTS], uint64_t amount, const uint16_t shares[SPLIT_PARTS],
          int has_affiliate, int has_publisher);

#endif
