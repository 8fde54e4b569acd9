/* Text on the serial line, and the end of the program. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

void print(const char *text);
void print_unsigned(uint32_t value);
void print_hex(uint32_t value, int digits);

/* Wait until all is sent, then end the simulation with this exit code; on a board, stop. */
_Noreturn void finish(int code);

/* Called for each interrupt that waits; there is one that does nothing. */
void interrupted(uint32_t pending);

#endif
