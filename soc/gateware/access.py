"""Reaches the registers of a wrapper in a Migen test bench, as software would."""

from collections.abc import Generator

from litex.gen import LiteXModule
from litex.soc.interconnect.csr import CSR
from litex.soc.interconnect.csr_bus import CSRBank, Interface
from migen import Module

__all__ = ["Registers"]


class Registers(LiteXModule):
    """A wrapper behind a register bus of 32 bits.

    Args:
        dut: the wrapper; stays an attribute

    Attributes:
        words: how many words the bus has
    """

    def __init__(self, dut: Module) -> None:
        self.dut = dut
        registers = dut.get_csrs()
        self.bus = Interface(data_width=32)
        self.bank = CSRBank(registers, bus=self.bus)
        self.words = len(self.bank.simple_csrs)
        self._addresses = {register.name: self._of(register) for register in registers}

    def write(self, name: str, value: int) -> Generator:
        """Write a register of one word; when it returns, pulses of its fields have passed."""
        (address,) = self._addresses[name]
        yield from self.bus.write(address, value)
        yield
        yield

    def read(self, name: str) -> Generator:
        """Read a register of any width, its most significant word first."""
        value = 0
        for address in self._addresses[name]:
            yield self.bus.adr.eq(address)
            yield self.bus.re.eq(1)
            yield
            yield self.bus.re.eq(0)
            yield
            value = value << 32 | (yield self.bus.dat_r)
        return value

    def _of(self, register: Module | CSR) -> list[int]:
        words = [register] if isinstance(register, CSR) else register.get_simple_csrs()
        return [self.bank.simple_csrs.index(word) for word in words]
