"""Registers of the share splitter."""

from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from migen import If, ResetInserter

from soc.gateware.engine import Engine
from soc.gateware.splitter.core import PARTS, Splitter

__all__ = ["SplitterEngine"]


class SplitterEngine(Engine):
    """Distributes an amount by shares in basis points.

    Args:
        core: to use in place of a new Splitter.
    """

    def __init__(self, core: Splitter | None = None) -> None:
        super().__init__([("shares", "the shares do not sum to 10000 basis points")])
        self.amount = CSRStorage(
            64,
            write_from_dev=True,
            description="What to distribute, micro-units. Zero again when the job has begun.",
        )
        self.parties = CSRStorage(
            description="Which parties there are; the part of an absent one goes to the user.",
            fields=[
                CSRField("affiliate", description="There is an affiliate."),
                CSRField("publisher", description="There is a publisher."),
            ],
        )
        shares = [
            CSRStorage(16, name=f"share_{part}", description=f"Share of the {part}, basis points.")
            for part in PARTS
        ]
        parts = [
            CSRStatus(
                64,
                name=f"part_{part}",
                description=f"What the {part} gets, micro-units, until the next start or `clear`.",
            )
            for part in PARTS
        ]
        for register in (*shares, *parts):
            setattr(self, register.name, register)

        # # #

        self.core = core = ResetInserter()(core or Splitter())
        self.comb += [
            core.amount.eq(self.amount.storage),
            core.has_affiliate.eq(self.parties.fields.affiliate),
            core.has_publisher.eq(self.parties.fields.publisher),
            [getattr(core.shares, p).eq(r.storage) for p, r in zip(PARTS, shares, strict=True)],
            [r.status.eq(getattr(core.parts, p)) for p, r in zip(PARTS, parts, strict=True)],
            core.start.eq(self.start),
            core.reset.eq(self.clear),
            self.amount.we.eq(self.start | self.clear),
            self.busy.eq(core.busy),
            self.done.eq(core.done & ~self.clear),
            If(core.refused & ~self.clear, self.refuse.eq(self.codes["shares"])),
        ]
