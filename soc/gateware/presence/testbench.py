"""Test bench of the consent button and the lamp."""

import random

import pytest
from migen import Signal
from migen.sim import run_simulation

from soc.gateware.access import Registers
from soc.gateware.presence import model
from soc.gateware.presence.core import (
    EXPIRED,
    IDLE,
    LAMP_GAP_STEPS,
    LAMP_STEP_MS,
    MAX_TIMEOUT_MS,
    PRESSED,
    WAITING,
    Lamp,
    Request,
)
from soc.gateware.presence.registers import PresenceRegisters

CYCLES_PER_MS = 4
DEBOUNCE_MS = 2
SETTLE = CYCLES_PER_MS * DEBOUNCE_MS
DELAY = 3  # cycles from the contact to the count of its rest


def play(contacts, arms=(0,), cancels=(), timeout_ms=30):
    """States of a request, one a cycle.

    Args:
        contacts: the contact, one a cycle
        arms, cancels: cycles in which that happens
        timeout_ms: of each request
    """
    dut = Request(CYCLES_PER_MS, DEBOUNCE_MS)
    states, answers = [], []

    def bench():
        yield dut.timeout_ms.eq(timeout_ms)
        for cycle, contact in enumerate(contacts):
            yield dut.contact.eq(contact)
            yield dut.arm.eq(cycle in arms)
            yield dut.cancel.eq(cycle in cancels)
            yield
            states.append((yield dut.state))
            answers.append((yield dut.pressed) + (yield dut.expired))

    run_simulation(dut, bench())
    return states, sum(answers)


def trace(*runs):
    """A contact: (level, cycles) after each other."""
    return [level for level, cycles in runs for _ in range(cycles)]


def test_a_press_after_the_request_answers_it_once():
    states, answers = play(trace((0, 20), (1, 40), (0, 20), (1, 40)))
    assert states[-1] == PRESSED
    assert states.index(PRESSED) == 20 + SETTLE + DELAY
    assert answers == 1


def test_without_a_press_the_request_expires_after_its_time():
    states, answers = play(trace((0, 150)), timeout_ms=30)
    assert states.count(WAITING) == 30 * CYCLES_PER_MS
    assert states[-1] == EXPIRED
    assert answers == 1


def test_a_button_held_since_before_the_request_is_no_answer():
    states, _ = play(trace((1, 200)), arms=(50,), timeout_ms=30)
    assert set(states) == {IDLE, WAITING, EXPIRED}


def test_a_button_held_before_and_pressed_anew_is_an_answer():
    states, _ = play(trace((1, 60), (0, 20), (1, 40)), arms=(50,))
    assert states[-1] == PRESSED


@pytest.mark.parametrize("before", range(2 * SETTLE))
def test_a_press_that_began_before_the_request_is_no_answer(before):
    states, _ = play(trace((0, 50 - before), (1, 200)), arms=(50,), timeout_ms=30)
    assert PRESSED not in states


def test_a_press_before_the_request_was_made_is_forgotten():
    states, _ = play(trace((0, 20), (1, 20), (0, 200)), arms=(60,))
    assert set(states) == {IDLE, WAITING, EXPIRED}


@pytest.mark.parametrize("cycles", [1, SETTLE - 1])
def test_what_bounces_is_no_press(cycles):
    states, _ = play(trace((0, 20), *[(1, cycles), (0, SETTLE)] * 4), timeout_ms=120)
    assert set(states[1:]) == {WAITING}


def test_a_press_that_bounces_counts_once_it_rests():
    bounce = [(1, 2), (0, 1)] * 5
    states, answers = play(trace((0, 20), *bounce, (1, 40), *bounce, (0, 40)))
    assert states[-1] == PRESSED
    assert answers == 1


@pytest.mark.parametrize(("late", "state"), [(0, PRESSED), (1, EXPIRED)])
def test_a_press_in_the_last_cycle_counts_and_a_cycle_later_does_not(late, state):
    over = 1 + 30 * CYCLES_PER_MS  # cycle of the state after the last one that waits
    states, answers = play(trace((0, over - SETTLE - DELAY + late), (1, 60)), timeout_ms=30)
    assert states[-1] == state
    assert answers == 1


def test_a_request_while_one_waits_does_not_prolong_it():
    states, _ = play(trace((0, 150)), arms=(0, 30, 60), timeout_ms=30)
    assert states.count(WAITING) == 30 * CYCLES_PER_MS


def test_a_cancelled_request_is_answered_by_nothing():
    states, answers = play(trace((0, 40), (1, 80)), cancels=(30,))
    assert states[-1] == IDLE
    assert answers == 0


@pytest.mark.parametrize("seed", range(8))
def test_any_sequence_goes_as_the_model_goes(seed):
    rng = random.Random(seed)
    runs = [(rng.randrange(2), rng.choice((1, 3, SETTLE, 30))) for _ in range(60)]
    contacts = trace(*runs)
    arms = {cycle for cycle in range(len(contacts)) if rng.random() < 0.05}
    cancels = {cycle for cycle in range(len(contacts)) if rng.random() < 0.01}
    expected = model.Request(CYCLES_PER_MS, DEBOUNCE_MS)
    wanted = []
    for cycle, contact in enumerate(contacts):
        wanted.append(expected.state)
        expected.step(bool(contact), cycle in arms, cycle in cancels, 15)
    states, _ = play(contacts, arms, cancels, timeout_ms=15)
    assert states == wanted
    assert {WAITING, PRESSED} <= set(states)


@pytest.mark.parametrize(("mode", "pattern"), [(0, 0), (1, 0), (2, 0), (3, 0xA5000F01)])
def test_the_lamp_is_lit_as_the_model_lights_it(mode, pattern):
    dut, cycles_per_ms = Lamp(1), 1
    shown, steps = [], 2 * (32 + LAMP_GAP_STEPS)

    def bench():
        yield dut.mode.eq(mode)
        yield dut.pattern.eq(pattern)
        yield dut.restart.eq(1)
        yield
        yield dut.restart.eq(0)
        yield
        for _ in range(steps):
            shown.append((yield dut.lit))
            for _ in range(LAMP_STEP_MS * cycles_per_ms - 1):
                yield
            assert (yield dut.lit) == shown[-1]
            yield

    run_simulation(dut, bench())
    assert shown == [model.lit(mode, pattern, step * LAMP_STEP_MS) for step in range(steps)]


class Software:
    """The wrapper, and how software uses it."""

    def __init__(self):
        self.button, self.lamp = Signal(), Signal()
        dut = PresenceRegisters(self.button, self.lamp, CYCLES_PER_MS * 1000, DEBOUNCE_MS)
        self.bench = Registers(dut)
        self.read, self.write = self.bench.read, self.bench.write

    def ask(self, nonce, timeout_ms):
        yield from self.write("nonce", nonce)
        yield from self.write("timeout", timeout_ms)
        yield from self.write("control", 1)

    def wait(self, cycles):
        for _ in range(cycles):
            yield

    def press(self):
        yield from self.wait(2 * SETTLE)
        yield self.button.eq(1)
        yield from self.wait(2 * SETTLE)
        yield self.button.eq(0)

    def events(self):
        """(finished, error) since the last look."""
        pending = yield from self.read("ev_pending")
        yield from self.write("ev_pending", pending)
        return pending & 1, pending >> 1

    def run(self, software):
        run_simulation(self.bench, software)


def test_software_hears_for_which_request_the_button_was_pressed():
    node = Software()

    def software():
        yield from node.ask(0xC0FFEE, 100)
        yield from node.write("nonce", 7)  # of a later request: this one keeps its own
        assert (yield from node.read("status")) == 1
        assert (yield from node.read("answer")) == WAITING
        assert (yield from node.events()) == (0, 0)
        yield from node.press()
        assert (yield from node.read("answer")) & 3 == PRESSED
        assert (yield from node.read("asked")) == 0xC0FFEE
        assert (yield from node.read("status")) == 0
        assert (yield from node.events()) == (1, 0)
        yield from node.press()  # once more: nobody has asked
        assert (yield from node.events()) == (0, 0)

    node.run(software())


def test_software_hears_that_a_request_has_expired():
    node = Software()

    def software():
        yield from node.ask(5, 1)
        yield from node.wait(2 * CYCLES_PER_MS)
        assert (yield from node.read("answer")) == EXPIRED
        assert (yield from node.read("status")) == node.bench.dut.codes["expired"] << 8
        assert (yield from node.events()) == (0, 1)

    node.run(software())


@pytest.mark.parametrize("timeout_ms", [0, MAX_TIMEOUT_MS + 1, 2**17, 2**32 - 1])
def test_a_time_out_of_range_is_refused_and_leaves_no_answer(timeout_ms):
    node = Software()

    def software():
        yield from node.ask(5, 100)
        yield from node.press()
        yield from node.events()
        yield from node.ask(6, timeout_ms)
        assert (yield from node.read("answer")) & 3 == IDLE
        assert (yield from node.read("asked")) == 0
        assert (yield from node.read("status")) == node.bench.dut.codes["timeout"] << 8
        assert (yield from node.events()) == (0, 1)
        yield from node.press()
        assert (yield from node.read("answer")) & 3 == IDLE

    node.run(software())


def test_the_longest_time_is_accepted():
    node = Software()

    def software():
        yield from node.ask(5, MAX_TIMEOUT_MS)
        assert (yield from node.read("answer")) == WAITING

    node.run(software())


def test_a_second_request_is_refused_while_one_waits():
    node = Software()

    def software():
        yield from node.ask(5, 100)
        yield from node.ask(6, 100)
        assert (yield from node.read("asked")) == 5
        assert (yield from node.read("status")) == 1 | node.bench.dut.codes["busy"] << 8
        assert (yield from node.events()) == (0, 1)

    node.run(software())


def test_clear_ends_a_request_and_forgets_its_nonce():
    node = Software()

    def software():
        yield from node.ask(5, 100)
        yield from node.write("control", 2)
        yield from node.press()
        assert (yield from node.read("answer")) & 3 == IDLE
        assert (yield from node.read("asked")) == 0
        assert (yield from node.events()) == (0, 0)

    node.run(software())


def test_the_lamp_obeys_its_register():
    node = Software()

    def software():
        for mode, lit in ((1, 1), (0, 0), (2, 1), (3, 0)):
            yield from node.write("lamp", mode)
            assert (yield node.lamp) == lit
        yield from node.write("pattern", 1 << 31)
        assert (yield node.lamp) == 1

    node.run(software())


def test_a_clock_without_whole_milliseconds_is_refused():
    with pytest.raises(ValueError, match="whole kHz"):
        PresenceRegisters(Signal(), Signal(), 50_000_001)
