/* MicroPython as the node needs it: no compiler and no prompt, code is frozen in. */
#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#define MICROPY_ENABLE_COMPILER (0)
#define MICROPY_PY_BUILTINS_COMPILE (0)
#define MICROPY_PY_BUILTINS_EXECFILE (0)
#define MICROPY_PY_BUILTINS_EVAL_EXEC (0)
#define MICROPY_PY_BUILTINS_INPUT (0)
#define MICROPY_PY_BUILTINS_HELP (0)
#define MICROPY_HELPER_REPL (0)
#define MICROPY_KBD_EXCEPTION (0)

#define MICROPY_ENABLE_GC (1)
#define MICROPY_GC_SPLIT_HEAP (0)
#define MICROPY_BYTES_PER_GC_BLOCK (64) /* most objects take one: several are looked for far longer */
#define MICROPY_GC_CONSERVATIVE_CLEAR (0) /* what is written over at once need not be zeroed before */
#define MICROPY_ALLOC_GC_STACK_SIZE (2048) /* objects to look through: with no room all are looked through again */
#define MICROPY_STACK_CHECK (1)
#define MICROPY_ENABLE_PYSTACK (1) /* frames of Python are not made in the heap */
#define MICROPY_OPT_MAP_LOOKUP_CACHE (0) /* lookup.c has its own */
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_NONE)
#define MICROPY_OPT_COMPUTED_GOTO (1)
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_NORMAL)

#define MICROPY_READER_VFS (0)
#define MICROPY_VFS (0)

#define MICROPY_PY_SYS_PLATFORM "optin"
#define MICROPY_PY_SYS_EXC_INFO (0)
#define MICROPY_PY_SYS_STDFILES (0)
#define MICROPY_PY_SYS_STDIO_BUFFER (0)
#define MICROPY_PY_ASYNCIO (0)
#define MICROPY_PY_CRYPTOLIB (0)
#define MICROPY_PY_DEFLATE (1) /* for binascii.crc32 */
#define MICROPY_PY_FRAMEBUF (0)
#define MICROPY_PY_HASHLIB (0) /* ours has SHA3 */
#define MICROPY_PY_IO (0)
#define MICROPY_PY_JSON (0)
#define MICROPY_PY_MACHINE (0)
#define MICROPY_PY_MATH (0)
#define MICROPY_PY_CMATH (0)
#define MICROPY_PY_OS (0)
#define MICROPY_PY_PLATFORM (0)
#define MICROPY_PY_RANDOM (0)
#define MICROPY_PY_RE (0)
#define MICROPY_PY_SELECT (0)
#define MICROPY_PY_TIME (0)
#define MICROPY_PY_UCTYPES (0)

#define MP_SSIZE_MAX (0x7fffffff)
#define UINT_FMT "%lu"
#define INT_FMT "%ld"

typedef int32_t mp_int_t;
typedef uint32_t mp_uint_t;
typedef long mp_off_t;

#define MP_STATE_PORT MP_STATE_VM
