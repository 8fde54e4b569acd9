/* The redactor against the C of the firmware, with several masks; and a record that is malformed. */
#include "check.h"
#include "redact.h"

#include <generated/csr.h>
#include <string.h>

#define FIELDS 40
#define WORDS 250

static uint32_t record[WORDS], result[WORDS];
static uint16_t memory[4 * WORDS];

static uint32_t redacted(const uint8_t mask[32], uint32_t size)
{
    for (int i = 0; i < 8; i++) {
        uint32_t word;
        memcpy(&word, mask + 4 * i, 4);
        redactor_mask_write(word);
    }
    redactor_record_write((uint32_t)record);
    redactor_size_write(size);
    redactor_result_write((uint32_t)result);
    redactor_control_write(1u << CSR_REDACTOR_CONTROL_START_OFFSET);
    while (redactor_status_busy_read()) {
    }
    flush_data_cache();
    return redactor_status_error_read();
}

void test_redactor(void);
void test_redactor(void)
{
    uint8_t *bytes = (uint8_t *)record, right[4 * WORDS], mask[32];
    uint32_t size = 0;
    for (uint32_t field = 0; field < FIELDS; field++) {
        uint32_t length = field * 7 % 41;
        bytes[size++] = (uint8_t)length;
        bytes[size++] = 0;
        for (uint32_t i = 0; i < length; i++)
            bytes[size++] = (uint8_t)(field * 16 + i);
    }
    static const uint8_t patterns[] = {0x00, 0xff, 0xc5};
    for (uint32_t p = 0; p < sizeof patterns; p++) {
        size_t kept;
        memset(mask, patterns[p], sizeof mask);
        check("error", redacted(mask, size), 0);
        check("software's answer", (uint32_t)redact(right, &kept, bytes, size, mask, memory), 0);
        check("bytes kept", redactor_kept_read(), kept);
        check_bytes("the result", result, right, size);
    }
    bytes[0] = 0xff;
    bytes[1] = 0xff;
    check("a field that ends behind its record: refused", redacted(mask, size) != 0, 1);
    memset(right, 0, sizeof right);
    check_bytes("what is left of it", result, right, size);
}
