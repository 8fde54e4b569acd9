/* Known answers of every engine, asked before the node serves. */
#ifndef ENGINES_SELFTEST_H
#define ENGINES_SELFTEST_H

/* Let every engine do a job of each kind that its driver has, and compare the results with answers
 * that were worked out elsewhere (FIPS 202, 203, 204; runtime/node/accelerator.py). Where an engine
 * is left out, its software is asked.
 *
 * The source of entropy is started, passes its own test meanwhile, and runs on; the engines are
 * left cleared. An engine that reports an error ends in engine_failed, as always; one that never
 * ends its job is for the watchdog.
 *
 * Returns NULL, or the name of the engine whose answer was wrong. */
const char *engines_selftest(void);

#endif
