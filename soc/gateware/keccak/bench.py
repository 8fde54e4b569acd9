"""What test benches in Migen need to run an engine: its memory, and its registers on a bus."""

from collections.abc import Generator

from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from litex.soc.interconnect.csr_bus import CSRBank, Interface
from migen import If, Signal

from soc.gateware.engine import Engine

__all__ = ["MEMORY", "Bench"]

MEMORY = 4096  # bytes; what is above answers with an error


class Bench(LiteXModule):
    """An engine on a memory that bursts.

    Args:
        engine: with a `bus`
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.registers = Interface(data_width=32)
        registers = engine.get_csrs()
        self.bank = CSRBank(registers, bus=self.registers)
        self.words = {register.name: register.get_simple_csrs() for register in registers}
        bus = wishbone.Interface(data_width=32, address_width=32, addressing="word", bursting=True)
        self.memory = wishbone.SRAM(MEMORY, bus=bus)
        beyond = Signal()
        self.comb += [
            beyond.eq(engine.bus.adr >= MEMORY // 4),
            engine.bus.connect(bus, omit={"cyc", "ack", "err"}),
            bus.cyc.eq(engine.bus.cyc & ~beyond),
            engine.bus.ack.eq(bus.ack),
            If(beyond, engine.bus.err.eq(engine.bus.cyc & engine.bus.stb)),
        ]

    def put(self, address: int, data: bytes) -> Generator:
        """Write to the memory, in whole words."""
        for at in range(0, len(data), 4):
            word = int.from_bytes(data[at : at + 4], "little")
            yield self.memory.mem[(address + at) // 4].eq(word)
        yield

    def get(self, address: int, size: int) -> Generator:
        """Read `size` bytes of the memory."""
        data = b""
        for at in range(address // 4, (address + size + 3) // 4):
            data += (yield self.memory.mem[at]).to_bytes(4, "little")
        return data[:size]

    def write(self, name: str, value: int) -> Generator:
        """Write a register, its most significant word first."""
        words = self.words[name]
        for at, word in enumerate(words):
            yield self.registers.adr.eq(self.bank.simple_csrs.index(word))
            yield self.registers.dat_w.eq(value >> 32 * (len(words) - 1 - at) & 0xFFFFFFFF)
            yield self.registers.we.eq(1)
            yield
            yield self.registers.we.eq(0)
        yield  # the register is written
        yield  # what it drives has seen it

    def start(self, **registers: int) -> Generator:
        """Write registers by name, then start; whatever is not named keeps its value."""
        for name, value in registers.items():
            yield from self.write(name, value)
        yield from self.write("control", 1)

    def clear(self) -> Generator:
        """End the job and zeroise."""
        yield from self.write("control", 2)

    def run(self, **registers: int) -> Generator:
        """Start and wait for the end; returns the error's name, or the cycles that it took."""
        yield from self.start(**registers)
        cycles = 1
        while (yield self.engine.status.fields.busy):
            cycles += 1
            yield
        error = yield self.engine.status.fields.error
        names = {code: name for name, code in self.engine.codes.items()}
        return names[error] if error else cycles
