"""What `firmware/pykka` promises beyond Pykka: one thread, steps, rings that are named."""

import traceback
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware.pykka as pykka
from firmware.pykka._scheduler import pending, running


@pytest.fixture(autouse=True)
def no_actor_is_left():
    yield
    pykka.ActorRegistry.stop_all()
    assert not running
    pending.clear()


class Caller(pykka.ThreadingActor):
    """Calls whatever it is sent."""

    def on_receive(self, message):
        return message(self)


class Recorder(pykka.ThreadingActor):
    def __init__(self, record, name=""):
        super().__init__()
        self.record = record
        self.name = name

    def on_receive(self, message):
        self.record.append((self.name, message))
        return message


class Loud(Caller):
    """Has an `on_start` and tells of each hook."""

    def __init__(self, record):
        super().__init__()
        self.record = record

    def on_start(self):
        self.record.append("start")

    def on_stop(self):
        self.record.append("stop")

    def on_failure(self, exception_type, exception_value, traceback):
        self.record.append((exception_type, str(exception_value), traceback is not None))


class Leaving(BaseException):
    pass


# A tree of what an actor does when it gets a message: to whom, how, and what that one does then.
plans = st.recursive(
    st.just([]),
    lambda inner: st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["ask", "tell", "later", "fail"]), inner),
        max_size=4,
    ),
    max_leaves=12,
)


class Planned(pykka.ThreadingActor):
    busy = False

    def __init__(self, others, entered_twice):
        super().__init__()
        self.others = others
        self.entered_twice = entered_twice

    def on_receive(self, plan):
        if self.busy:
            self.entered_twice.append(plan)
        self.busy = True
        try:
            return self.follow(plan)
        finally:
            self.busy = False

    def follow(self, plan):
        for to, how, then in plan:
            other = self.others[to]
            try:
                if how == "tell":
                    other.tell(then)
                elif how == "later":
                    other.ask(then, block=False)
                elif how == "ask":
                    other.ask(then)
                else:
                    raise ValueError(to)
            except (pykka.DeadlockError, pykka.ActorDeadError):
                pass


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), plans), max_size=6))
def test_no_actor_ever_handles_two_messages_at_once(sent):
    others, entered_twice = [], []
    others.extend(Planned.start(others, entered_twice) for _ in range(4))
    answers = []
    for to, at_once, plan in sent:
        try:
            if at_once:
                others[to].ask(plan)
            else:
                answers.append(others[to].ask(plan, block=False))
        except (ValueError, pykka.ActorDeadError):
            pass
    pykka.run_until_idle()
    assert not pykka.step()
    assert not pending and not running
    assert not entered_twice
    for answer in answers:
        with suppress(ValueError, pykka.ActorDeadError):
            answer.get(timeout=0)
    pykka.ActorRegistry.stop_all()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers()), max_size=20))
def test_messages_are_handled_in_the_order_they_were_sent(messages):
    record = []
    refs = [Recorder.start(record, name) for name in range(3)]
    for to, message in messages:
        refs[to].tell(message)
    assert pykka.run_until_idle() == len(messages)
    assert record == messages
    pykka.ActorRegistry.stop_all()


def test_a_step_handles_one_message_of_one_actor():
    record = []
    a, b = Recorder.start(record, "a"), Recorder.start(record, "b")
    assert not pykka.step()
    a.tell(1)
    b.tell(2)
    a.tell(3)
    seen = []
    while pykka.step():
        seen.append(list(record))
    assert seen == [[("a", 1)], [("a", 1), ("b", 2)], [("a", 1), ("b", 2), ("a", 3)]]


def test_starting_is_a_step_before_the_first_message():
    record = []
    ref = Loud.start(record)
    ref.tell(lambda self: record.append("message"))
    assert record == []
    assert ref.actor_inbox.qsize() == 1
    assert pykka.step() and record == ["start"]
    assert pykka.step() and record == ["start", "message"]
    assert not pykka.step()


def test_messages_that_an_actor_sends_itself_before_it_starts_come_after_its_start():
    record = []

    class Eager(Loud):
        def __init__(self, record):
            super().__init__(record)
            self.actor_ref.tell(lambda self: record.append("message"))

    Eager.start(record)
    assert pykka.run_until_idle() == 2
    assert record == ["start", "message"]


def test_an_ask_from_outside_waits_for_all_that_was_sent_before():
    record = []
    a, b = Recorder.start(record, "a"), Recorder.start(record, "b")
    b.tell(1)
    assert a.ask(2) == 2
    a.tell(3)
    b.tell(4)
    assert a.ask(5) == 5
    assert record == [("b", 1), ("a", 2), ("a", 3), ("b", 4), ("a", 5)]


def test_an_ask_within_a_message_comes_after_what_its_receiver_was_sent_before():
    record = []
    caller = Caller.start()
    a, b = Recorder.start(record, "a"), Recorder.start(record, "b")
    caller.tell(lambda self: a.ask(3))
    b.tell(1)
    a.tell(2)
    assert pykka.step()
    assert record == [("a", 2), ("a", 3)]
    assert pykka.step()
    assert record == [("a", 2), ("a", 3), ("b", 1)]


def test_an_actor_not_asked_may_want_one_that_is_busy():
    # Were it run on top of the busy one, its ask would look like a ring.
    a, b, other = Caller.start(), Caller.start(), Caller.start()
    asked_a = other.ask(lambda self: a.ask(lambda self: "a is free"), block=False)
    asked_b = a.ask(lambda self: b.ask(lambda self: "b answers"), block=False)
    assert asked_b.get() == "b answers"
    assert asked_a.get() == "a is free"

    first = a.ask(lambda self: b.ask(lambda self: "b answers"), block=False)
    second = other.ask(lambda self: a.ask(lambda self: "a is free"), block=False)
    assert pykka.run_until_idle() == 2
    assert (first.get(), second.get()) == ("b answers", "a is free")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("timeout", [None, 5])
def test_a_ring_of_asks_is_an_error_that_names_it(size, timeout):
    refs = [Caller.start() for _ in range(size)]

    def ask_next(at):
        return lambda self: refs[(at + 1) % size].ask(ask_next(at + 1), timeout=timeout)

    with pytest.raises(pykka.DeadlockError if timeout is None else pykka.Timeout) as raised:
        refs[0].ask(ask_next(0))

    assert " -> ".join(str(ref) for ref in refs + refs[:1]) in str(raised.value)
    assert all(ref.is_alive() for ref in refs)
    assert not pending


def test_a_ring_is_named_without_those_outside_it():
    a, b, c = Caller.start(), Caller.start(), Caller.start()
    with pytest.raises(pykka.DeadlockError) as raised:
        a.ask(lambda self: b.ask(lambda self: c.ask(lambda self: b.ask(None))))
    assert f"{b} -> {c} -> {b}" in str(raised.value)
    assert str(a) not in str(raised.value)


def test_waiting_for_an_earlier_ask_to_oneself_is_a_ring():
    ref = Caller.start()

    def wait_for_oneself(self):
        return self.actor_ref.ask(lambda self: "later", block=False).get()

    with pytest.raises(pykka.DeadlockError, match="Caller.* -> Caller"):
        ref.ask(wait_for_oneself)
    with pytest.raises(pykka.DeadlockError):
        ref.ask(lambda self: self.actor_ref.stop())
    assert ref.is_alive()


def test_a_ring_can_be_caught_by_one_of_its_actors():
    a, b = Caller.start(), Caller.start()

    def ask_back(self):
        try:
            return a.ask(None)
        except pykka.DeadlockError:
            return "no answer"

    assert a.ask(lambda self: b.ask(ask_back)) == "no answer"


def test_a_future_handed_on_unanswered_is_no_ring():
    a, b = Caller.start(), Caller.start()
    inner = a.ask(lambda self: b.ask(lambda self: a.ask(lambda self: "later", block=False)))
    assert inner.get() == "later"


def test_waiting_in_vain_is_an_error_at_once():
    future = pykka.ThreadingFuture()
    with pytest.raises(pykka.DeadlockError, match="nothing is left"):
        future.get()
    with pytest.raises(pykka.Timeout, match="3600 seconds"):
        future.get(timeout=3600)

    unstarted = Caller().actor_ref
    with pytest.raises(pykka.DeadlockError, match="Caller"):
        unstarted.ask(None)


def test_a_handler_that_waits_for_a_bare_future_lets_others_run():
    future = pykka.ThreadingFuture()
    waiting, setting = Caller.start(), Caller.start()
    answer = waiting.ask(lambda self: future.get(), block=False)
    setting.tell(lambda self: future.set("set by another"))
    assert answer.get() == "set by another"


def test_a_timeout_of_zero_runs_nothing():
    record = []
    ref = Recorder.start(record)
    with pytest.raises(pykka.Timeout):
        ref.ask("handled later", timeout=0)
    assert record == []
    assert pykka.run_until_idle() == 1
    assert record == [("", "handled later")]


@pytest.mark.parametrize("error_class", [KeyboardInterrupt, SystemExit, Leaving])
@pytest.mark.parametrize("send", ["ask", "tell", "nested"])
def test_a_base_exception_stops_all_actors_and_goes_on(error_class, send):
    record = []
    actors = [Loud.start(record) for _ in range(3)]
    pykka.run_until_idle()

    def leave(self):
        raise error_class()

    with pytest.raises(error_class):
        if send == "ask":
            actors[0].ask(leave)
        elif send == "tell":
            actors[0].tell(leave)
            pykka.run_until_idle()
        else:
            actors[0].ask(lambda self: actors[1].ask(leave))

    assert pykka.ActorRegistry.get_all() == []
    assert record == ["start"] * 3 + ["stop"] * 3
    assert not any(ref.is_alive() for ref in actors)


def test_a_handler_that_holds_a_base_exception_back_stops_once_it_has_ended():
    outer, inner = Caller.start(), Caller.start()

    def leave(self):
        raise Leaving

    def hold_back(self):
        with pytest.raises(Leaving):
            inner.ask(leave)
        return "ended"

    assert outer.ask(hold_back) == "ended"
    pykka.run_until_idle()
    assert pykka.ActorRegistry.get_all() == []


def test_one_who_waits_for_a_future_sees_the_base_exception_too():
    ref = Caller.start()

    def leave(self):
        raise Leaving

    future = ref.ask(leave, block=False)
    with pytest.raises(Leaving):
        pykka.run_until_idle()
    with pytest.raises(Leaving):
        future.get()


@pytest.mark.parametrize("block", [True, False])
def test_an_exception_reaches_the_asker_with_its_traceback(block):
    ref = Caller.start()

    def fail_here(self):
        raise ValueError("here")

    with pytest.raises(ValueError) as raised:
        answer = ref.ask(fail_here, block=block)
        answer.get()
    frames = traceback.extract_tb(raised.tb)
    assert frames[-1].name == "fail_here"
    assert ref.is_alive()


def test_a_traceback_does_not_grow_each_time_it_is_raised():
    future = Caller.start().ask(lambda self: 1 / 0, block=False)
    lengths = []
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as raised:
            future.get()
        lengths.append(len(traceback.extract_tb(raised.tb)))
    assert lengths[1] == lengths[2]


def test_an_exception_in_a_tell_goes_to_on_failure_and_stops_the_actor():
    record = []
    ref = Loud.start(record)
    ref.tell(lambda self: 1 / 0)
    left = ref.ask(lambda self: "too late", block=False)
    pykka.run_until_idle()
    assert record == ["start", (ZeroDivisionError, "division by zero", True)]
    assert not ref.is_alive()
    with pytest.raises(pykka.ActorDeadError, match="stopped before handling"):
        left.get()


def test_a_ref_lets_go_of_an_actor_that_has_stopped():
    ref = Caller.start()
    assert ref._actor is not None
    ref.stop()
    assert ref._actor is None
    with pytest.raises(pykka.ActorDeadError, match="not found"):
        ref.ask(None)


def test_the_inbox_is_a_queue():
    ref = Recorder.start([])
    ref.tell("first")
    ref.tell("second")
    inbox = ref.actor_inbox
    assert inbox.qsize() == 2 and not inbox.empty()
    assert inbox.get().message == "first"
    assert pykka.run_until_idle() == 1
    assert inbox.qsize() == 0 and inbox.empty()
    with pytest.raises(IndexError):
        inbox.get()


def test_an_actor_whose_constructor_forgets_super_is_refused():
    class Forgetful(pykka.ThreadingActor):
        def __init__(self):
            pass

    with pytest.raises(TypeError, match="must call super"):
        Forgetful.start()
