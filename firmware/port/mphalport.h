/* What MicroPython asks of the machine. */
#include <stddef.h>

#include "cpu.h"

static inline mp_uint_t mp_hal_ticks_cpu(void)
{
    return (mp_uint_t)cpu_cycles();
}
