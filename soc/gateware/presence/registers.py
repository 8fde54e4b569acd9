"""Registers of the consent button and the lamp."""

from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from migen import If, Signal

from soc.gateware.engine import Engine
from soc.gateware.presence.core import DEBOUNCE_MS, MAX_TIMEOUT_MS, Lamp, Request

__all__ = ["PresenceRegisters"]


class PresenceRegisters(Engine):
    """The button and the lamp on the bus: a job is a request, and ends well by a press.

    Args:
        button: high while the contact is closed; of any clock
        lamp: driven high to light it
        frequency: of the system clock, in Hz; a whole number of kHz
        debounce_ms: for how long the contact must rest to be believed

    Raises:
        ValueError: if a millisecond is no whole number of cycles
    """

    def __init__(
        self, button: Signal, lamp: Signal, frequency: int, debounce_ms: int = DEBOUNCE_MS
    ) -> None:
        if frequency % 1000 or not frequency:
            raise ValueError(
                f"a clock of {frequency} Hz: expected whole kHz, since time is counted in ms"
            )
        super().__init__(
            (
                ("timeout", f"the time is not from 1 to {MAX_TIMEOUT_MS} ms; nothing was asked"),
                ("expired", "the button was not pressed in time"),
            )
        )
        self.timeout = CSRStorage(
            32, description=f"How long the next request waits: 1 to {MAX_TIMEOUT_MS} ms."
        )
        self.nonce = CSRStorage(32, description="Number of the next request, chosen by software.")
        self.answer = CSRStatus(
            description="How the request stands.",
            fields=[
                CSRField(
                    "state",
                    size=2,
                    values=[
                        ("0", "idle: nothing was asked, or it was cleared"),
                        ("1", "waiting for a press"),
                        ("2", "pressed in time"),
                        ("3", "expired"),
                    ],
                    description="Of the request with the nonce in `asked`.",
                ),
                CSRField("down", offset=8, description="The button is down and rests."),
            ],
        )
        self.asked = CSRStatus(
            32,
            description="Nonce of the request that `answer` speaks of; 0 once cleared or refused.",
        )
        self.lamp = CSRStorage(
            description="What the lamp does. A write begins anew.",
            fields=[
                CSRField(
                    "mode",
                    size=2,
                    values=[
                        ("0", "off"),
                        ("1", "on"),
                        ("2", "blinks, once a second"),
                        ("3", "shows `pattern`"),
                    ],
                    description="How it is lit.",
                )
            ],
        )
        self.pattern = CSRStorage(
            32,
            description="Shown bit by bit, the highest first, 8 a second; then a second of dark. "
            "A write begins anew.",
        )

        # # #

        self.request = request = Request(frequency // 1000, debounce_ms)
        self.light = light = Lamp(frequency // 1000)
        legal = Signal()
        forget = Signal()  # a refused request leaves no earlier answer that could be taken for its
        self.comb += [
            legal.eq((self.timeout.storage != 0) & (self.timeout.storage <= MAX_TIMEOUT_MS)),
            forget.eq(self.start & ~legal),
            request.contact.eq(button),
            request.arm.eq(self.start & legal),
            request.cancel.eq(self.clear | forget),
            request.timeout_ms.eq(self.timeout.storage),
            self.busy.eq(self.answer.fields.state == 1),
            self.done.eq(request.pressed),
            If(forget, self.refuse.eq(self.codes["timeout"])).Elif(
                request.expired, self.refuse.eq(self.codes["expired"])
            ),
            self.answer.fields.state.eq(request.state),
            self.answer.fields.down.eq(request.button.down),
            light.mode.eq(self.lamp.fields.mode),
            light.pattern.eq(self.pattern.storage),
            light.restart.eq(self.lamp.re | self.pattern.re),
            lamp.eq(light.lit),
        ]
        self.sync += [
            If(request.arm, self.asked.status.eq(self.nonce.storage)),
            If(self.clear | forget, self.asked.status.eq(0)),
        ]
