/* The end of a node that cannot go on: what failed is said on the line, then it restarts. */
#ifndef PORT_PANIC_H
#define PORT_PANIC_H

#include <stdint.h>

/* Say what failed and restart. Only names and addresses go out, never what memory holds. */
_Noreturn void panic(const char *what, uint32_t where, uint32_t which);

#endif
