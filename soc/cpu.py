"""VexRiscv with caches of 16 KiB: the prebuilt Verilog has 4 KiB, and its generator needs Scala."""

import hashlib
import os
import re
from pathlib import Path

from litex.soc.cores.cpu.vexriscv.core import CPU_VARIANTS
from pythondata_cpu_vexriscv import data_location

from firmware.building import cache, workspace

__all__ = ["CACHE_BYTES", "verilog", "widened"]

CACHE_BYTES = 16 << 10  # of the instruction cache, and as many of the data cache
PREBUILT_BITS = 12  # of an address within a prebuilt cache
LINE_BITS = 5  # of an address within a line of 32 bytes
WORD_BITS = 2
FLAG_BITS = 2  # valid and error, beside the rest of the address in a tag
CACHES = ("InstructionCache", "DataCache")
# Each counts the lines of its cache that are forgotten; its highest bit says that all are.
COUNTERS = ("lineLoader_flushCounter", "stageB_flusher_counter")


def verilog(variant: str) -> Path:
    """Find VexRiscv's Verilog, with wider caches where they can be had.

    Both caches have one way, are read by physical addresses, and hold no line that memory does not
    have. Only widths depend on their size. A variant with an MMU keeps its caches, as theirs are
    looked up before the address is translated, and one without both has nothing to widen.

    Args:
        variant: of `CPU_VARIANTS`

    Returns:
        path of the file, in the cache of what was made

    Raises:
        ValueError: if there is no such variant, or its Verilog is not as was expected
    """
    if variant not in CPU_VARIANTS:
        raise ValueError(
            f"no variant {variant!r} of VexRiscv: expected one of {', '.join(CPU_VARIANTS)}"
        )
    prebuilt = Path(data_location) / f"{CPU_VARIANTS[variant]}.v"
    text = prebuilt.read_text()
    if "MmuPlugin" in text or not all(f"module {name} (" in text for name in CACHES):
        return prebuilt
    text = widened(text, CACHE_BYTES)
    made = cache() / f"cpu-{hashlib.sha256(text.encode()).hexdigest()[:12]}" / prebuilt.name
    if not made.exists():
        with workspace(made) as work:
            (work / prebuilt.name).write_text(text)
            os.replace(work / prebuilt.name, made)
    return made


def widened(text: str, cache_bytes: int) -> str:
    """Give the caches of VexRiscv's Verilog another size.

    Args:
        text: Verilog with caches of 4 KiB, one way, lines of 32 bytes
        cache_bytes: of each, a power of two, 4 KiB or more

    Returns:
        Verilog of the same core; the same text for 4 KiB

    Raises:
        ValueError: if it is no such power of two, or the Verilog is not as was expected
    """
    bits = max(PREBUILT_BITS, cache_bytes.bit_length() - 1)
    if cache_bytes != 1 << bits:
        raise ValueError(f"a cache of {cache_bytes} bytes: expected 4096, or a larger power of two")
    for name in CACHES:
        start = text.index(f"module {name} (")
        end = text.index("endmodule", start)
        text = text[:start] + _resized(text[start:end], bits) + text[end:]
    return text


def _resized(module: str, bits: int) -> str:
    """A cache's module with addresses of `bits` bits within the cache."""
    new = dict(zip(_widths(PREBUILT_BITS, module), _widths(bits, module), strict=True))
    for text in new:
        if text not in module:
            raise ValueError(
                f"VexRiscv's Verilog has no {text!r} in a cache: expected the one of "
                "pythondata-cpu-vexriscv 1.0.1, with caches of 4 KiB"
            )
    new |= zip(_undefined(PREBUILT_BITS), _undefined(bits), strict=True)
    return re.sub("|".join(map(re.escape, new)), lambda found: new[found[0]], module)


def _widths(bits: int, module: str) -> list[str]:
    """What a cache's module says of its size where `bits` bits address a byte of it."""
    line, word, rest = bits - LINE_BITS, bits - WORD_BITS, 32 - bits
    tag = rest + FLAG_BITS
    counter = next(name for name in COUNTERS if name in module)
    return [
        f"[31 : {bits}]", f"[{bits - 1} : {LINE_BITS}]", f"[{bits - 1} : {WORD_BITS}]",
        f"[{tag - 1}:0]", f"[{tag - 1} : {FLAG_BITS}]", f"[{rest - 1}:0]",
        f"[{line - 1}:0]", f"[{word - 1}:0]", f"[0:{(1 << line) - 1}]", f"[0:{(1 << word) - 1}]",
        f"[{line}:0]    {counter}", f"{counter}[{line}]", f"{counter}[{line - 1}",
        f"{counter} + {line + 1}'h", f"{counter} <= {line + 1}'h",
    ]  # fmt: skip


def _undefined(bits: int) -> list[str]:
    """Constants of such widths that stand where a value is never looked at, if there are any."""
    return [f"{width}'b{'x' * width}" for width in (bits - LINE_BITS, bits - WORD_BITS, 32 - bits)]
