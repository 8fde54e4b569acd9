/* Redaction, as runtime/node/accelerator.py has it: what the redactor replaces. */
#ifndef CRYPTO_REDACT_H
#define CRYPTO_REDACT_H

#include <stddef.h>
#include <stdint.h>

#define REDACT_LIMIT 65535 /* bytes of a record */
#define REDACT_FIELDS 256 /* fields of a record */
#define REDACT_MASK_BYTES 32

/* Write the chosen fields of a record, and not a byte of the others.
 *
 *   out     `size` bytes; those behind the kept ones become zero
 *   kept    how many bytes were kept
 *   record  fields one after the other, each after its u16 little-endian length
 *   mask    little-endian: bit i keeps field i
 *   memory  `size` numbers to work with; holds nothing of the record afterwards
 *
 * Time and places of memory touched depend on `size` alone: not on the mask, on contents, or on
 * how many fields there are and how long they are.
 * Returns 0, or -1 if the record is too long, has too many fields or ends within one. */
int redact(uint8_t *out, size_t *kept, const uint8_t *record, size_t size,
           const uint8_t mask[REDACT_MASK_BYTES], uint16_t *memory);

/* The same, never by an engine. */
int redact_in_software(uint8_t *out, size_t *kept, const uint8_t *record, size_t size,
                       const uint8_t mask[REDACT_MASK_BYTES], uint16_t *memory);

#endif
