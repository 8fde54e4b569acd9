/* Redaction by the redactor: the other side of crypto/redact.h.
 *
 * The engine reads and writes whole words, so the result is made in the working memory. What the
 * processor does, too, depends on the size and place of the record alone.
 */
#include <string.h>

#include "bytes.h"
#include "engine.h"
#include "redact.h"
#include "secret.h"

#define LEAST 8 /* bytes: of shorter records the words do not fit the working memory */
#define MALFORMED 4 /* the error of a record */

/* Returns 0, or -1 if the record is malformed. */
static int await(void)
{
    uint32_t status;
    do
        status = redactor_status_read();
    while (status & ENGINE_BUSY);
    cpu_forget_cache();
    if (ENGINE_ERROR(status) && ENGINE_ERROR(status) != MALFORMED)
        engine_failed("redactor", ENGINE_ERROR(status));
    return ENGINE_ERROR(status) ? -1 : 0;
}

int redact(uint8_t *out, size_t *kept, const uint8_t *record, size_t size,
           const uint8_t mask[REDACT_MASK_BYTES], uint16_t *memory)
{
    if (size < LEAST || size > REDACTOR_LIMIT)
        return redact_in_software(out, kept, record, size, mask, memory);
    uint8_t *work = (uint8_t *)(((uintptr_t)memory + 3) & ~(uintptr_t)3);
    if ((uintptr_t)record & 3)
        record = memcpy(work, record, size);
    for (int i = 0; i < REDACT_MASK_BYTES; i += 4)
        redactor_mask_write(load32(mask + i));
    redactor_record_write((uint32_t)(uintptr_t)record);
    redactor_size_write((uint32_t)size);
    redactor_result_write((uint32_t)(uintptr_t)work);
    ENGINE_BEGIN(redactor);
    int result = await();
    *kept = redactor_kept_read();
    memcpy(out, work, size);
    secret_wipe(memory, size * sizeof *memory);
    return result;
}
