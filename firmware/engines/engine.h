/* What drivers of the engines share. */
#ifndef ENGINES_ENGINE_H
#define ENGINES_ENGINE_H

#include <generated/csr.h>
#include <generated/soc.h>
#include <stdint.h>

#include "cpu.h"

#define ENGINE_START 1
#define ENGINE_CLEAR 2
#define ENGINE_BUSY 1
#define ENGINE_ERROR(status) ((status) >> 8)

/* Called when a job was refused or has failed, with the code that the engine's README has. Nothing
 * that was made since can be trusted. Whoever links the drivers brings it. */
_Noreturn void engine_failed(const char *engine, uint32_t error);

/* Wait for the end of the jobs of an engine. */
#define ENGINE_AWAIT(name)                                     \
    do {                                                       \
        uint32_t status;                                       \
        do                                                     \
            status = name##_status_read();                     \
        while (status & ENGINE_BUSY);                          \
        if (ENGINE_ERROR(status))                              \
            engine_failed(#name, ENGINE_ERROR(status));        \
    } while (0)

#define ENGINE_BEGIN(name) name##_control_write(ENGINE_START)

#endif
