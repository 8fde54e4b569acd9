#include "noise.h"

#include <generated/csr.h>
#include <string.h>

#include "engine.h"

static bool word(uint32_t *value)
{
    while (!entropy_words_read())
        if (ENGINE_ERROR(entropy_status_read()))
            return false;
    *value = entropy_data_read();
    return true;
}

bool noise_read(uint8_t *bytes, size_t size)
{
    uint32_t value;
    for (size_t done = 0, count; done < size; done += count) {
        if (!word(&value)) {
            memset(bytes, 0, size);
            return false;
        }
        count = size - done < sizeof value ? size - done : sizeof value;
        memcpy(bytes + done, &value, count);
    }
    return true;
}
