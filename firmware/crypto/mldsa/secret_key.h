/* The long form of a private key (FIPS 204, algorithms 24 and 25): what lies where. */
#ifndef MLDSA_SECRET_KEY_H
#define MLDSA_SECRET_KEY_H

#include "params.h"

#define SECRET_RHO 0
#define SECRET_K 32
#define SECRET_TR 64
#define SECRET_S1(i) (128 + (i) * MLDSA_S_BYTES)
#define SECRET_S2(i) SECRET_S1(MLDSA_L + (i))
#define SECRET_T0(i) (SECRET_S2(MLDSA_K) + (i) * MLDSA_T0_BYTES)

#endif
