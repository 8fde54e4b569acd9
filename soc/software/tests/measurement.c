/* The measurement says something, and keeps to it. */
#include "check.h"

#include <generated/csr.h>

void test_measurement(void);
void test_measurement(void)
{
    uint32_t some = 0;
    for (int i = 0; i < 8; i++) {
        uint32_t word = csr_read_simple(CSR_MEASUREMENT_GATEWARE_ADDR + 4u * i);
        some |= word;
        csr_write_simple(~word, CSR_MEASUREMENT_GATEWARE_ADDR + 4u * i);
        check("a word after writing to it", csr_read_simple(CSR_MEASUREMENT_GATEWARE_ADDR + 4u * i),
              word);
    }
    check("all of it is zero", some == 0, 0);
}
