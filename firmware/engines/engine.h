/* What drivers of the engines share. */
#ifndef ENGINES_ENGINE_H
#define ENGINES_ENGINE_H

#include <generated/csr.h>
#include <stdint.h>

#include "cpu.h"

#define ENGINE_START 1
#define ENGINE_CLEAR 2
#define ENGINE_BUSY 1
#define ENGINE_ERROR(status) ((status) >> 8)

/* Wait for the end of a job. */
#define ENGINE_AWAIT(name)                  \
    do {                                    \
    } while (name##_status_read() & ENGINE_BUSY)

enum keccak_operation {
    KECCAK_ABSORB, KECCAK_SQUEEZE, KECCAK_PERMUTE, KECCAK_LOAD, KECCAK_SAVE, KECCAK_LANE
};
#define KECCAK_WIPE (1 << 10)

#endif
