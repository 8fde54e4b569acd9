"""The registers that every engine has: start and clear, busy and error, two events."""

from collections.abc import Sequence

from litex.gen import LiteXModule
from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from litex.soc.interconnect.csr_eventmanager import EventManager, EventSourcePulse
from migen import If, Signal

__all__ = ["BUSY", "Engine"]

BUSY = 1  # error code that every engine has


class Engine(LiteXModule):
    """Base of the wrappers: software starts a job, and hears how it ended.

    Args:
        errors: name and description of each reason for which a job is refused or fails; the first
            has code 2, since code 1 is `busy`

    Attributes:
        start: high for one cycle when a job begins, never while one runs
        clear: high for one cycle; the job ends, secrets are to be zeroised
        busy: driven by the engine, from the cycle after `start` to the last of the job
        done: driven by the engine, high for one cycle when a job has ended well
        refuse: driven by the engine, for one cycle: the code of what is wrong, else 0
        codes: code of each error by its name
        constants: of some engines, numbers that software needs, by name: C headers have them
    """

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        every = [("busy", "a job was started while one ran; that one goes on"), *errors]
        self.codes = {name: code for code, (name, _) in enumerate(every, 1)}
        self.start = Signal()
        self.clear = Signal()
        self.busy = Signal()
        self.done = Signal()
        self.refuse = Signal(max=len(every) + 1)

        self.control = CSRStorage(
            description="Start and clear.",
            fields=[
                CSRField("start", pulse=True, description="Start a job with the parameters set."),
                CSRField("clear", pulse=True, description="End the job and zeroise secrets."),
            ],
        )
        values = [("0", "none")] + [(str(code), text) for code, (_, text) in enumerate(every, 1)]
        self.status = CSRStatus(
            description="What the engine does, and why the last job was refused or failed.",
            fields=[
                CSRField("busy", description="A job runs."),
                CSRField(
                    "error",
                    size=len(self.refuse),
                    offset=8,
                    values=values,
                    description="Kept until the next job starts or the engine is cleared.",
                ),
            ],
        )
        self.ev = EventManager()
        self.ev.finished = EventSourcePulse(description="A job has ended well.")
        self.ev.error = EventSourcePulse(description="A job was refused or has failed.")
        self.ev.finalize()

        # # #

        asked = self.control.fields.start
        error = self.status.fields.error
        code = Signal.like(self.refuse)
        self.comb += [
            self.clear.eq(self.control.fields.clear),
            self.start.eq(asked & ~self.busy & ~self.clear),
            If(self.refuse != 0, code.eq(self.refuse)).Elif(asked & self.busy, code.eq(BUSY)),
            self.status.fields.busy.eq(self.busy),
            self.ev.finished.trigger.eq(self.done),
            self.ev.error.trigger.eq(code != 0),
        ]
        self.sync += If(self.start | self.clear, error.eq(0))
        self.sync += If(code != 0, error.eq(code))
