/* Main RAM by bytes, halfwords and words, and a constant's way through initialised data. */
#include "check.h"

#include <generated/csr.h>

static uint32_t initialised = 0x01234567;
static uint32_t zeroed[4];
static volatile uint32_t room[64];

void test_memory(void);
void test_memory(void)
{
    check("initialised data", initialised, 0x01234567);
    for (int i = 0; i < 4; i++)
        check("zeroed data", zeroed[i], 0);

    volatile uint8_t *bytes = (volatile uint8_t *)room;
    volatile uint16_t *halves = (volatile uint16_t *)room;
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)(i * 7);
    halves[5] = 0xbeef;
    flush_data_cache();
    check("a word", room[1], 28u | 35u << 8 | 42u << 16 | 49u << 24);
    check("a halfword's", room[2], 56u | 63u << 8 | 0xbeefu << 16);

    ctrl_scratch_write(0xcafe0042);
    check("the scratch register", ctrl_scratch_read(), 0xcafe0042);
    check("bus errors", ctrl_bus_errors_read(), 0);
}
