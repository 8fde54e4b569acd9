/* The entropy source passes its start-up test and gives words that differ. */
#include "check.h"

#include <generated/csr.h>

static uint32_t word(void)
{
    while (!entropy_words_count_read()) {
    }
    return entropy_data_read();
}

void test_entropy(void);
void test_entropy(void)
{
    entropy_control_write(1u << CSR_ENTROPY_CONTROL_START_OFFSET);
    while (entropy_status_busy_read()) {
    }
    check("error", entropy_status_error_read(), 0);
    uint32_t last = word();
    for (int i = 0; i < 8; i++) {
        uint32_t next = word();
        check("a word like the one before", next == last, 0);
        last = next;
    }
}
