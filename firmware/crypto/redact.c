#include "redact.h"

#include "bytes.h"
#include "secret.h"

#define WORDS (REDACT_MASK_BYTES / 4)

/* Reads a record byte by byte. Everything in it is secret. */
struct reader {
    uint32_t mask[WORDS]; /* of the fields not yet begun */
    uint32_t fields; /* begun */
    uint32_t keep; /* all ones if this field is kept */
    uint32_t left; /* bytes of this field's content to come */
    uint32_t in_low, in_high; /* all ones if the next byte is the low, the high one of a length */
};

static void start(struct reader *reader, const uint8_t mask[REDACT_MASK_BYTES])
{
    for (int i = 0; i < WORDS; i++)
        reader->mask[i] = load32(mask + 4 * i);
    reader->fields = reader->keep = reader->left = reader->in_high = 0;
    reader->in_low = ~0U;
}

/* Takes the next bit off the mask if a field begins here. */
static void begin_field(struct reader *reader)
{
    uint32_t begins = reader->in_low;
    reader->keep = secret_choose(begins, secret_mask(reader->mask[0] & 1), reader->keep);
    for (int i = 0; i < WORDS; i++) {
        uint32_t next = i + 1 < WORDS ? reader->mask[i + 1] : 0;
        uint32_t shifted = reader->mask[i] >> 1 | next << 31;
        reader->mask[i] = secret_choose(begins, shifted, reader->mask[i]);
    }
    reader->fields += begins & 1;
}

static void take(struct reader *reader, uint8_t byte)
{
    begin_field(reader);
    uint32_t low = reader->in_low, high = reader->in_high;
    uint32_t content = ~(low | high);
    reader->left = secret_choose(low, byte, reader->left);
    reader->left |= high & (uint32_t)byte << 8;
    reader->left -= content & 1;
    reader->in_high = low;
    reader->in_low = ~low & secret_zero(reader->left);
}

/* Moves every byte to the left by its distance: first all whose distance has bit 0 set by 1, then
 * those with bit 1 set by 2, and so on. Kept bytes never meet: between two of them lie as many
 * places as their distances differ by. */
static void compact(uint8_t *out, uint16_t *distance, size_t size)
{
    for (size_t step = 1; step < size; step <<= 1)
        for (size_t i = step; i < size; i++) {
            uint32_t moves = secret_zero(distance[i] & (uint32_t)step) ^ ~0U;
            uint16_t far = (uint16_t)(distance[i] & moves);
            uint8_t byte = (uint8_t)(out[i] & moves);
            distance[i - step] |= far;
            distance[i] ^= far;
            out[i - step] |= byte;
            out[i] ^= byte;
        }
}

int redact_in_software(uint8_t *out, size_t *kept, const uint8_t *record, size_t size,
                       const uint8_t mask[REDACT_MASK_BYTES], uint16_t *memory)
{
    struct reader reader;
    uint32_t dropped = 0;
    if (size > REDACT_LIMIT)
        return -1;

    start(&reader, mask);
    for (size_t i = 0; i < size; i++) {
        take(&reader, record[i]);
        out[i] = (uint8_t)(record[i] & reader.keep);
        memory[i] = (uint16_t)(dropped & reader.keep);
        dropped += ~reader.keep & 1;
    }
    compact(out, memory, size);
    *kept = size - dropped;

    uint32_t good = reader.in_low & secret_less(reader.fields, REDACT_FIELDS + 1);
    secret_wipe(memory, size * sizeof *memory);
    secret_wipe(&reader, sizeof reader);
    /* Public: a malformed record is refused. Those of a node were checked when they came. */
    MAKE_PUBLIC(&good, sizeof good);
    if (!good) {
        secret_wipe(out, size);
        *kept = 0;
        return -1;
    }
    return 0;
}
