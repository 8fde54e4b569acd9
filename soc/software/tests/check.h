/* What a test says: nothing where all is as expected, else the difference. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>

/* Differences found so far. */
extern int differences;

void check(const char *what, uint32_t got, uint32_t expected);
void check_bytes(const char *what, const void *got, const void *expected, uint32_t count);

#endif
