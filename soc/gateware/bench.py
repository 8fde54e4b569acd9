"""A bench in Verilator for an engine as software sees it: registers, and DMA to a memory."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack, unpack_from
from typing import Any

from litex.gen import LiteXModule
from litex.soc.interconnect import csr_bus, wishbone
from migen import Cat, Signal

from soc.gateware.engine import Engine
from soc.gateware.verilate import program

__all__ = ["CYCLE", "ERROR", "FINISHED", "FORBIDDEN", "Job", "Script", "System", "build"]

MEMORY = 1 << 17  # bytes, from address 0 on
FORBIDDEN = 1 << 31  # from here on, the bus answers with errors
FINISHED, ERROR, CYCLE = 1, 2, 4  # in a trace: the events, and that the bus is in use
MAIN = Path(__file__).with_name("bench.cpp")


class System(LiteXModule):
    """An engine, a memory that bursts, and a host that reads and writes it too.

    What a trace has of a cycle is all that can be seen outside of the engine but data: every
    other line of the bus (the host's turns on it show in `host_ack`), and the engine's status
    and events. Its lowest bits are FINISHED, ERROR and CYCLE.

    Args:
        engine: with `bus`, if it has DMA.

    Attributes:
        registers: address of each, the most significant word first
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.csr_address = Signal(14)
        self.csr_write = Signal()
        self.csr_value = Signal(32)
        self.csr_read = Signal(32)
        self.host_address = Signal(30)
        self.host_asks = Signal()
        self.host_write = Signal()
        self.host_value = Signal(32)
        self.host_read = Signal(32)
        self.host_ack = Signal()
        self.busy = Signal()
        self.trace = Signal(64)

        # # #

        listed = engine.get_csrs()
        csr = csr_bus.Interface(32)
        self.bank = csr_bus.CSRBank(listed, bus=csr)
        self.registers: dict[str, list[int]] = {}
        simple = iter(range(len(self.bank.simple_csrs)))
        for register in listed:
            self.registers[register.name] = [next(simple) for _ in register.get_simple_csrs()]

        host = wishbone.Interface()
        shared = wishbone.Interface()
        masters = [host] + ([engine.bus] if hasattr(engine, "bus") else [])
        self.arbiter = wishbone.Arbiter(masters, shared)
        self.sram = wishbone.SRAM(MEMORY, bus=wishbone.Interface(bursting=True))
        refused = Signal()
        self.comb += [
            csr.adr.eq(self.csr_address),
            csr.we.eq(self.csr_write),
            csr.dat_w.eq(self.csr_value),
            self.csr_read.eq(csr.dat_r),
            host.adr.eq(self.host_address),
            host.cyc.eq(self.host_asks),
            host.stb.eq(self.host_asks),
            host.we.eq(self.host_write),
            host.sel.eq(0b1111),
            host.dat_w.eq(self.host_value),
            self.host_read.eq(host.dat_r),
            self.host_ack.eq(host.ack),
            refused.eq(shared.adr >= FORBIDDEN // 4),
            shared.connect(self.sram.bus, omit={"cyc", "err"}),
            self.sram.bus.cyc.eq(shared.cyc & ~refused),
            shared.err.eq(shared.cyc & refused),
            self.busy.eq(engine.status.fields.busy),
            self.trace.eq(
                Cat(
                    *[engine.ev.finished.trigger, engine.ev.error.trigger],
                    *[shared.cyc, shared.stb, shared.adr, shared.we, shared.sel],
                    *[shared.cti, shared.bte, shared.ack, shared.err, host.ack],
                    engine.status.status,
                )
            ),
        ]


def build(name: str, system: System) -> Path:
    """Make a program of a system; returns its path."""
    ios = {signal for signal in vars(system).values() if isinstance(signal, Signal)}
    return program(name, system, ios, MAIN)


@dataclass
class Job:
    """What was seen of a job.

    Attributes:
        ended: whether it has within its limit of cycles
        trace: a number of 64 bits for each cycle from the start on, as System says
    """

    ended: bool
    trace: list[int]


@dataclass
class Script:
    """What the host does, one after the other; nothing happens before `run`.

    Args:
        program: made by `build`.
        registers: of the system.
    """

    program: Path
    registers: dict[str, list[int]]
    _operations: list[bytes] = field(default_factory=list)
    _results: list[Callable[[bytes, int], tuple[Any, int]]] = field(default_factory=list)

    def write(self, register: str, value: int) -> None:
        """Write a register of up to 32 bits, or a longer one word by word."""
        addresses = self.registers[register]
        for i, address in enumerate(reversed(addresses)):
            word = value >> 32 * i & 0xFFFFFFFF
            self._operations.append(b"w" + pack("<2I", address, word))

    def read(self, register: str) -> None:
        """Read a register; the result is a number."""
        for address in self.registers[register]:
            self._operations.append(b"r" + pack("<I", address))
        size = 4 * len(self.registers[register])

        def result(data: bytes, at: int) -> tuple[int, int]:
            words = unpack_from(f"<{size // 4}I", data, at)
            value = 0
            for word in words:
                value = value << 32 | word
            return value, at + size

        self._results.append(result)

    def store(self, address: int, data: bytes) -> None:
        """Write to memory; address and size are multiples of 4."""
        assert address % 4 == len(data) % 4 == 0
        self._operations.append(b"s" + pack("<2I", address // 4, len(data) // 4) + data)

    def load(self, address: int, size: int) -> None:
        """Read from memory; the result is bytes."""
        assert address % 4 == size % 4 == 0
        self._operations.append(b"l" + pack("<2I", address // 4, size // 4))
        self._results.append(lambda data, at: (data[at : at + size], at + size))

    def wait(self, cycles: int) -> None:
        """Let cycles go by."""
        self._operations.append(b"t" + pack("<I", cycles))

    def job(self, control: int = 1, limit: int = 100_000, rival: bool = False) -> None:
        """Write `control`, and wait until the engine rests; the result is a Job.

        Args:
            control: what to write
            limit: of the cycles to wait
            rival: the host reads memory all the while
        """
        (address,) = self.registers["control"]
        self._operations.append(b"j" + pack("<4I", address, control, limit, rival))

        def result(data: bytes, at: int) -> tuple[Job, int]:
            ended, cycles = unpack_from("<2I", data, at)
            at += 8
            return Job(bool(ended), list(unpack_from(f"<{cycles}Q", data, at))), at + 8 * cycles

        self._results.append(result)

    def run(self) -> list[Any]:
        """Do it all, from a reset on; returns the results in their order."""
        done = subprocess.run(
            [self.program],
            input=b"".join(self._operations),
            capture_output=True,
            cwd=self.program.parent,
        )
        assert done.returncode == 0, done.stderr.decode()
        results, at = [], 0
        for result in self._results:
            value, at = result(done.stdout, at)
            results.append(value)
        assert at == len(done.stdout)
        return results
