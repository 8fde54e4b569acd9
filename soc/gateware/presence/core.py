"""User presence: a button that answers one request, and a lamp that says what is asked."""

from litex.gen import LiteXModule
from migen import Array, If, Signal
from migen.genlib.cdc import MultiReg

__all__ = [
    "DEBOUNCE_MS", "EXPIRED", "IDLE", "PRESSED", "WAITING",
    "LAMP_GAP_STEPS", "LAMP_STEP_MS", "MAX_TIMEOUT_MS", "Button", "Lamp", "Request",
]  # fmt: skip

DEBOUNCE_MS = 10
LAMP_STEP_MS = 125
LAMP_GAP_STEPS = 8  # dark, after a pattern: shows where it begins
MAX_TIMEOUT_MS = 120_000

IDLE, WAITING, PRESSED, EXPIRED = range(4)
OFF, ON, BLINK, PATTERN = range(4)


class Button(LiteXModule):
    """Brings a button into the clock domain, and tells its rest from its bouncing.

    Args:
        settle: cycles for which the contact must stay as it is to be believed

    Attributes:
        contact: driven, by any clock; high while the contact is closed
        restart: driven for one cycle: only what follows counts
        up: the contact has been open for `settle` cycles
        down: the contact has been closed for `settle` cycles
    """

    def __init__(self, settle: int) -> None:
        self.contact = Signal()
        self.restart = Signal()
        self.up = Signal()
        self.down = Signal()

        # # #

        now, before = Signal(), Signal()
        steady = Signal(max=settle + 1)
        self.specials += MultiReg(self.contact, now)
        self.comb += [
            self.up.eq((steady == settle) & ~before),
            self.down.eq((steady == settle) & before),
        ]
        self.sync += [
            before.eq(now),
            If(
                self.restart,
                steady.eq(0),
            )
            .Elif(
                now != before,
                steady.eq(1),
            )
            .Elif(
                steady != settle,
                steady.eq(steady + 1),
            ),
        ]


class Request(LiteXModule):
    """Waits for one press, which must begin after the request was made.

    The button must have been up for a whole settling time after `arm`, and then down for one. What
    was held before, or bounces at that moment, is no answer. In the last cycle of the time a press
    wins over expiry.

    Args:
        cycles_per_ms: of the clock
        debounce_ms: settling time of the button

    Attributes:
        contact: driven; the button
        arm: driven for one cycle; ignored while a request waits
        cancel: driven for one cycle: nothing is asked any more
        timeout_ms: driven at `arm`; not 0
        state: IDLE, WAITING, PRESSED or EXPIRED
        pressed: high for one cycle, when the request is answered
        expired: high for one cycle, when its time is over
    """

    def __init__(self, cycles_per_ms: int, debounce_ms: int = DEBOUNCE_MS) -> None:
        self.contact = Signal()
        self.arm = Signal()
        self.cancel = Signal()
        self.timeout_ms = Signal(max=MAX_TIMEOUT_MS + 1)
        self.state = Signal(2, reset=IDLE)
        self.pressed = Signal()
        self.expired = Signal()

        # # #

        self.button = button = Button(cycles_per_ms * debounce_ms)
        begin = Signal()
        released = Signal()  # since the request was made
        cycle = Signal(max=max(cycles_per_ms, 2))
        left_ms = Signal.like(self.timeout_ms)
        last = Signal()
        waiting = self.state == WAITING
        self.comb += [
            button.contact.eq(self.contact),
            begin.eq(self.arm & ~waiting & ~self.cancel),
            button.restart.eq(begin),
            last.eq((cycle == 0) & (left_ms == 1)),
            self.pressed.eq(waiting & released & button.down & ~self.cancel),
            self.expired.eq(waiting & last & ~self.pressed & ~self.cancel),
        ]
        self.sync += [
            If(cycle == 0, cycle.eq(cycles_per_ms - 1), left_ms.eq(left_ms - 1)).Else(
                cycle.eq(cycle - 1)
            ),
            If(button.up, released.eq(1)),
            If(self.pressed, self.state.eq(PRESSED)),
            If(self.expired, self.state.eq(EXPIRED)),
            If(
                begin,
                self.state.eq(WAITING),
                released.eq(0),
                cycle.eq(cycles_per_ms - 1),
                left_ms.eq(self.timeout_ms),
            ),
            If(self.cancel, self.state.eq(IDLE)),
        ]


class Lamp(LiteXModule):
    """Off, on, blinking, or showing a pattern of 32 bits, its highest first.

    Args:
        cycles_per_ms: of the clock

    Attributes:
        mode: driven; OFF, ON, BLINK or PATTERN
        pattern: driven; 32 bits, one a step of LAMP_STEP_MS, then LAMP_GAP_STEPS of dark
        restart: driven for one cycle: begin again with the first step
        lit: the lamp
    """

    def __init__(self, cycles_per_ms: int) -> None:
        self.mode = Signal(2)
        self.pattern = Signal(32)
        self.restart = Signal()
        self.lit = Signal()

        # # #

        cycles = cycles_per_ms * LAMP_STEP_MS
        cycle = Signal(max=cycles)
        step = Signal(max=32 + LAMP_GAP_STEPS)
        bits = Array([*(self.pattern[31 - bit] for bit in range(32)), *[0] * LAMP_GAP_STEPS])
        modes = {OFF: 0, ON: 1, BLINK: ~step[2], PATTERN: bits[step]}
        self.comb += self.lit.eq(Array(modes[mode] for mode in range(4))[self.mode])
        self.sync += [
            If(
                self.restart,
                cycle.eq(0),
                step.eq(0),
            )
            .Elif(
                cycle == cycles - 1,
                cycle.eq(0),
                If(step == 31 + LAMP_GAP_STEPS, step.eq(0)).Else(step.eq(step + 1)),
            )
            .Else(cycle.eq(cycle + 1)),
        ]
