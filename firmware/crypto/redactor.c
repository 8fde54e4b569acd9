/* Where there is no redactor: redaction in software. */
#include "redact.h"

int redact(uint8_t *out, size_t *kept, const uint8_t *record, size_t size,
           const uint8_t mask[REDACT_MASK_BYTES], uint16_t *memory)
{
    return redact_in_software(out, kept, record, size, mask, memory);
}
