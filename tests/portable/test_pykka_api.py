"""What our code uses of Pykka's API, true of Pykka itself and of the one in the firmware."""

from collections import namedtuple

import pykka

Add = namedtuple("Add", ("amount",))
Fail = namedtuple("Fail", ("reason",))
Total = namedtuple("Total", ())
Relay = namedtuple("Relay", ("ref", "message"))


class Counter(pykka.ThreadingActor):
    def __init__(self, total=0, *, log=None):
        super().__init__()
        self.total = total
        self.log = log

    def on_start(self):
        self.note("start")

    def on_stop(self):
        self.note("stop")

    def on_failure(self, exception_type, exception_value, traceback):
        self.note(f"{exception_type.__name__} {exception_value}")

    def on_receive(self, message):
        kind = type(message)
        if kind is Add:
            self.total += message.amount
        elif kind is Fail:
            raise ValueError(message.reason)
        elif kind is Relay:
            return message.ref.ask(message.message)
        return self.total

    def plus(self, amount, *, times=1):
        return self.total + amount * times

    def note(self, text):
        if self.log is not None:
            self.log.append(text)


def raised_by(function, *args, **kwargs):
    """Return the exception that a call raises, `None` if it raises none."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


def test_ask_returns_what_on_receive_returns():
    ref = Counter.start(5)
    assert ref.ask(Add(2)) == 7
    assert ref.ask(Total()) == 7


def test_ask_without_blocking_returns_a_future():
    future = Counter.start(5).ask(Add(2), block=False)
    assert future.get() == 7
    assert future.get(timeout=1) == 7


def test_messages_to_one_actor_are_handled_in_the_order_they_were_sent():
    class Recorder(pykka.ThreadingActor):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_receive(self, message):
            self.seen.append(message)
            return self.seen[:]

    ref = Recorder.start()
    ref.tell(1)
    later = ref.ask(2, block=False)
    ref.tell(3)
    assert ref.ask(4) == [1, 2, 3, 4]
    assert later.get() == [1, 2]


def test_message_types_with_equal_fields_are_told_apart():
    ref = Counter.start()
    assert Add("x") == Fail("x")
    assert type(raised_by(ref.ask, Fail("x"))) is ValueError


def test_an_actor_asks_another_inside_a_message():
    relay, counter = Counter.start(), Counter.start(40)
    assert relay.ask(Relay(counter, Add(2))) == 42


def test_an_exception_goes_through_all_that_asked():
    relay, counter = Counter.start(), Counter.start()
    error = raised_by(relay.ask, Relay(counter, Fail("no such code")))
    assert type(error) is ValueError
    assert str(error) == "no such code"
    assert relay.is_alive() and counter.is_alive()


def test_an_exception_that_nobody_asked_for_stops_the_actor():
    log = []
    ref = Counter.start(log=log)
    ref.tell(Fail("broken"))
    assert type(raised_by(ref.ask, Total())) is pykka.ActorDeadError
    assert log == ["start", "ValueError broken"]
    assert not ref.is_alive()


def test_a_stopped_actor_is_dead_to_all():
    ref = Counter.start()
    assert ref.is_alive()
    assert ref.stop() is True
    assert ref.stop() is False
    assert not ref.is_alive()
    assert type(raised_by(ref.tell, Total())) is pykka.ActorDeadError
    assert type(raised_by(ref.ask, Total())) is pykka.ActorDeadError
    assert type(raised_by(ref.proxy)) is pykka.ActorDeadError


def test_stop_without_blocking_lets_earlier_messages_be_handled():
    log = []
    ref = Counter.start(log=log)
    before = ref.ask(Add(1), block=False)
    stopped = ref.stop(block=False)
    assert before.get() == 1
    assert stopped.get() is True
    assert log == ["start", "stop"]


def test_an_actor_stops_itself():
    class OneShot(pykka.ThreadingActor):
        def on_receive(self, message):
            self.stop()
            return message

    ref = OneShot.start()
    assert ref.ask("once") == "once"
    assert ref.stop(block=False).get() in (True, False)
    assert not ref.is_alive()


def test_the_inbox_says_how_many_messages_wait():
    class Curious(pykka.ThreadingActor):
        def on_receive(self, message):
            if message == "now":
                before = self.actor_inbox.qsize()
                self.actor_ref.tell("later")
                return before, self.actor_inbox.qsize(), self.actor_inbox.empty()
            return None

    ref = Curious.start()
    assert ref.ask("now") == (0, 1, False)
    assert ref.ask("later") is None
    assert ref.actor_inbox.qsize() == 0


def test_the_registry_knows_what_runs():
    first, second = Counter.start(), Counter.start()
    assert pykka.ActorRegistry.get_all() == [first, second]
    assert pykka.ActorRegistry.get_by_urn(second.actor_urn) is second
    assert pykka.ActorRegistry.get_by_class(Counter) == [first, second]
    assert pykka.ActorRegistry.get_by_class_name("Counter") == [first, second]
    first.stop()
    assert pykka.ActorRegistry.get_all() == [second]


def test_stop_all_stops_the_last_started_first():
    order = []

    class Leaver(pykka.ThreadingActor):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def on_stop(self):
            order.append(self.name)

    for name in ("ledger", "journal", "clock"):
        Leaver.start(name)
    assert pykka.ActorRegistry.stop_all() == [True, True, True]
    assert order == ["clock", "journal", "ledger"]
    assert pykka.ActorRegistry.get_all() == []


def test_broadcast_reaches_all_of_a_class():
    counters = [Counter.start(), Counter.start()]
    pykka.ActorRegistry.broadcast(Add(3), target_class=Counter)
    assert [ref.ask(Total()) for ref in counters] == [3, 3]


def test_a_ref_names_class_and_urn_and_urns_differ():
    first, second = Counter.start(), Counter.start()
    assert first.actor_urn != second.actor_urn
    assert str(first) == f"Counter ({first.actor_urn})"
    assert first.actor_class is Counter


def test_a_proxy_reads_sets_and_calls():
    proxy = Counter.start(5).proxy()
    assert proxy.total.get() == 5
    proxy.total = 6
    assert proxy.total.get() == 6
    assert proxy.plus(2, times=3).get() == 12
    proxy.on_receive.defer(Add(1))
    assert proxy.total.get() == 7
    assert type(raised_by(getattr, proxy, "missing")) is AttributeError
    assert type(raised_by(getattr, proxy, "_actor_urn")) is AttributeError


def test_a_proxy_leads_to_traversable_attributes():
    class Purse:
        def __init__(self, cents):
            self.cents = cents

        def double(self):
            return 2 * self.cents

    class Owner(pykka.ThreadingActor):
        def __init__(self):
            super().__init__()
            self.purse = pykka.traversable(Purse(21))

    proxy = Owner.start().proxy()
    assert proxy.purse.cents.get() == 21
    assert proxy.purse.double().get() == 42


def test_futures_are_joined_mapped_filtered_and_reduced():
    ref = Counter.start()
    one, two, three = [ref.ask(Add(1), block=False) for _ in range(3)]
    assert pykka.get_all([one, two, three]) == [1, 2, 3]
    joined = one.join(two, three)
    assert joined.get() == [1, 2, 3]
    assert joined.map(len).get() == 3
    assert joined.filter(lambda item: item > 1).get() == [2, 3]
    assert joined.reduce(lambda a, b: a + b).get() == 6
    assert joined.reduce(lambda a, b: a + b, 10).get() == 16


def test_a_future_is_set_once():
    future = pykka.ThreadingFuture()
    future.set("first")
    assert raised_by(future.set, "second") is not None
    assert future.get() == "first"


def test_a_future_that_nobody_sets_times_out():
    future = pykka.ThreadingFuture()
    assert type(raised_by(future.get, timeout=0)) is pykka.Timeout
    assert type(raised_by(future.get, timeout=0.01)) is pykka.Timeout


def test_a_future_raises_the_exception_it_was_given():
    future = pykka.ThreadingFuture()
    future.set_exception((KeyError, KeyError("code"), None))
    assert type(raised_by(future.get)) is KeyError
    assert type(raised_by(future.get)) is KeyError
