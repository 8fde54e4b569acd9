"""Entities: drafts, tables, rings, passivation, and what happens to those that fail."""

from pykka import ActorRegistry

from actors import KINDS
from actors.access import Access
from actors.offer import Offer
from runtime.actor import DeadLetters, Denied, Directory, Done, Escalated, Supervisor
from runtime.actor.entity import Entity
from runtime.actor.transaction import Journaled, Transaction
from runtime.wire.errors import Busy, Fault, Missing, NodeError, NotAllowedNow, Refused
from runtime.wire.schema import declare, record_or_type
from tests.portable.world import refused, stage

SECOND = 10**9


def record(name, *fields):
    """Declare a record for this file only."""
    described = tuple([(field, words, "") for field, words in fields])
    declare({name: ("test", name, "", described)}, {}, {})
    return record_or_type(name)


BoxState = record("BoxState", ("status", "text 16"), ("total", "unsigned 64"))
Add = record("add", ("amount", "unsigned 64"))
Twice = record("twice", ("amount", "unsigned 64"))
Close = record("close")
Peek = record("peek")
Stray = record("stray")
Break = record("break_down", ("secret", "text 16"))
Deny = record("deny", ("amount", "unsigned 64"))
Via = record("via", ("entities", "list of 8 exactly 1"), ("last", "text 16"))
Added = record("added", ("amount", "unsigned 64"))
Moved = record("moved", ("status", "text 16"))


class Box(Entity):
    """Adds up, fails and asks others, as told."""

    kind = "box"
    blank = BoxState("open", 0)
    table = {
        "open": {"add": ("open",), "twice": ("open",), "close": ("closed",), "stray": ("open",),
                 "break_down": ("open",), "deny": ("open",), "via": ("open",)},
        "closed": {},
    }  # fmt: skip
    reads = ("peek",)

    def add(self, tx, message):
        done = Done(self.state.total + message.amount, Added(message.amount))
        assert self.state.total == done.result - message.amount  # nothing applied yet
        return done

    def twice(self, tx, message):
        return Done(None, Added(message.amount), Added(message.amount))

    def close(self, tx, message):
        return Done(None, Moved("closed"))

    def peek(self, tx, message):
        return self.state.total

    def stray(self, tx, message):
        return Done(None, Added(1), Moved("lost"))

    def break_down(self, tx, message):
        raise ValueError(message.secret)

    def deny(self, tx, message):
        return Denied(Refused("no"), Added(message.amount))

    def via(self, tx, message):
        """Ask the first of the others to ask the rest; the last adds one or fails."""
        rest = message.entities
        if rest:
            result = tx.ask("box", rest[0], Via(rest[1:], message.last))
        else:
            result = None
            if message.last == "fail":
                raise ValueError("at the end")
            if message.last == "deny":
                return Denied(Refused("no"), Added(5))
            if message.last == "refuse":
                raise Refused("no")
        return Done(result, Added(1))

    @staticmethod
    def apply_added(state, event, tx):
        return BoxState(state.status, state.total + event.amount)

    @staticmethod
    def apply_moved(state, event, tx):
        return BoxState(event.status, state.total)


class Boxes:
    """A directory of boxes over a plain dictionary, as the sequencer would drive it."""

    def __init__(self, **options):
        self.stored = {}
        self.loads = 0
        self.directory = Directory({"box": Box}, self.load, **options)
        self.now = 0

    def load(self, entity_class, entity_id):
        self.loads += 1
        return self.stored.get(entity_id, entity_class.blank)

    def begin(self):
        return Transaction(self.directory, None, 0, self.now)

    def commit(self, tx):
        for key in tx.order:
            self.stored[key[1]] = tx.drafts[key][2]
        tx.close(True)

    def do(self, entity_id, message):
        """One transaction."""
        tx = self.begin()
        try:
            result = tx.ask("box", entity_id, message)
        except BaseException:
            tx.close(False)
            raise
        self.commit(tx)
        return result


def raises(error, action, *arguments):
    try:
        result = action(*arguments)
    except error as found:
        return found
    raise AssertionError(f"answered {result!r}")


A, B, C = b"a", b"b", b"c"


# ------------------------------------------------------------------------------------ drafts


def test_committed_changes_stay():
    boxes = Boxes()
    assert boxes.do(A, Add(3)) == 3
    assert boxes.do(A, Add(4)) == 7
    assert boxes.do(A, Peek()) == 7
    assert boxes.loads == 1


def test_a_transaction_sees_its_own_drafts():
    boxes = Boxes()
    tx = boxes.begin()
    tx.ask("box", A, Add(3))
    assert tx.ask("box", A, Peek()) == 3
    assert tx.ask("box", A, Add(1)) == 4
    boxes.commit(tx)
    assert boxes.stored[A] == BoxState("open", 4)


def test_an_aborted_draft_is_seen_by_nobody():
    boxes = Boxes()
    boxes.do(A, Add(1))
    tx = boxes.begin()
    tx.ask("box", A, Add(9))
    tx.ask("box", B, Add(9))
    tx.close(False)
    assert boxes.do(A, Peek()) == 1
    assert boxes.do(B, Peek()) == 0
    assert boxes.do(A, Add(1)) == 2


def test_events_are_noted_in_order_with_the_state_before_the_first():
    boxes = Boxes()
    boxes.do(A, Add(1))
    tx = boxes.begin()
    tx.ask("box", A, Via((B, C), ""))
    tx.ask("box", A, Twice(2))
    assert [(event[1], event[2].amount) for event in tx.events] == [
        (C, 1), (B, 1), (A, 1), (A, 2), (A, 2),
    ]  # fmt: skip
    assert tx.order == [("box", C), ("box", B), ("box", A)]
    _, before, after = tx.drafts[("box", A)]
    assert (before.total, after.total) == (1, 6)


def test_a_refusal_further_down_aborts_what_was_done_on_the_way():
    boxes = Boxes()
    tx = boxes.begin()
    tx.ask("box", C, Add(1))
    raises(Refused, tx.ask, "box", A, Via((B,), "refuse"))
    tx.close(False)
    assert [boxes.do(entity, Peek()) for entity in (A, B, C)] == [0, 0, 0]


# ------------------------------------------------------------------------------------ tables


def test_what_the_state_does_not_allow_is_refused_with_what_it_allows():
    boxes = Boxes()
    boxes.do(A, Close())
    error = raises(NotAllowedNow, boxes.do, A, Add(1))
    assert "add" in error.wrong and "closed" in error.wrong and "final" in error.expected
    assert boxes.do(A, Peek()) == 0


def test_a_state_outside_the_table_is_a_fault_and_leaves_nothing():
    boxes = Boxes()
    error = raises(Fault, boxes.do, A, Stray())
    assert "open" in error.wrong and "lost" in error.wrong
    assert boxes.do(A, Peek()) == 0
    assert boxes.do(A, Add(1)) == 1


# ----------------------------------------------------------------------------------- refusals


def test_a_denied_request_keeps_its_events():
    boxes = Boxes()
    tx = boxes.begin()
    denied = raises(Journaled, tx.ask, "box", A, Deny(5))
    assert isinstance(denied.error, Refused)
    boxes.commit(tx)
    assert boxes.do(A, Peek()) == 5


def test_a_part_that_is_denied_is_just_refused():
    boxes = Boxes()
    tx = boxes.begin()
    error = raises(NodeError, tx.ask, "box", A, Via((B,), "deny"))
    assert type(error) is Refused
    tx.close(False)
    assert boxes.do(B, Peek()) == 0


# -------------------------------------------------------------------------------------- rings


def test_a_ring_of_entities_that_wait_for_each_other_is_named():
    boxes = Boxes()
    error = raises(Fault, boxes.do, A, Via((B, C, A), ""))
    assert "box -> box -> box -> box" in error.wrong
    assert [boxes.do(entity, Peek()) for entity in (A, B, C)] == [0, 0, 0]


def test_an_entity_that_asks_itself_is_a_ring():
    boxes = Boxes()
    raises(Fault, boxes.do, A, Via((A,), ""))
    assert boxes.do(A, Add(1)) == 1


# ------------------------------------------------------------------------------- passivation


def test_the_entity_idle_for_longest_makes_room_and_comes_back_as_it_was():
    boxes = Boxes(max_live=2)
    for entity in (A, B, A, C):
        boxes.do(entity, Add(1))
    assert sorted(boxes.directory.live) == [("box", A), ("box", C)]
    assert boxes.do(B, Add(1)) == 2
    assert boxes.loads == 4
    assert [boxes.do(entity, Peek()) for entity in (A, B, C)] == [2, 2, 1]


def test_many_entities_live_in_little_memory():
    boxes = Boxes(max_live=3)
    for turn in range(3):
        for i in range(20):
            assert boxes.do(bytes([i]), Add(1)) == turn + 1
    assert len(boxes.directory.live) == 3


def test_an_entity_of_the_running_transaction_is_not_passivated():
    boxes = Boxes(max_live=2)
    tx = boxes.begin()
    tx.ask("box", A, Add(1))
    tx.ask("box", B, Add(1))
    error = raises(Busy, tx.ask, "box", C, Add(1))
    assert error.retry_ms > 0
    boxes.commit(tx)
    assert boxes.do(C, Add(1)) == 1
    raises(Busy, boxes.do, A, Via((B, C), ""))
    assert [boxes.do(entity, Peek()) for entity in (A, B, C)] == [1, 1, 1]


def test_an_idle_entity_with_an_old_draft_may_go():
    boxes = Boxes(max_live=1)
    boxes.do(A, Add(1))
    tx = boxes.begin()
    tx.ask("box", A, Add(5))
    tx.close(False)
    boxes.do(B, Add(1))
    assert boxes.do(A, Peek()) == 1


def test_a_path_with_hardly_any_memory_is_the_same_path():
    small = stage("completed")
    small.node.directory.max_live = 16
    whole = small.fork()
    signers = [small.operator] + small.witnesses
    nonces = [person.nonce for person in signers]
    whole.settle(whole.code)
    for i in range(len(signers)):
        signers[i].nonce = nonces[i]
    small.settle(small.code)
    assert len(small.node.directory.live) <= 16
    assert whole.store.content() == small.store.content()


# -------------------------------------------------------------------------------- supervision


def test_an_entity_that_fails_starts_again_from_the_store():
    boxes = Boxes()
    boxes.do(A, Add(1))
    error = raises(Fault, boxes.do, A, Break("hunter2"))
    assert "ValueError" in error.wrong and "hunter2" not in str(error)
    assert boxes.do(A, Add(1)) == 2
    assert boxes.loads == 2 and boxes.directory.supervisor.total == 1


def test_a_failure_further_down_is_a_refusal_for_those_above():
    boxes = Boxes()
    raises(Fault, boxes.do, A, Via((B,), "fail"))
    assert boxes.directory.supervisor.total == 1
    assert [boxes.do(entity, Peek()) for entity in (A, B)] == [0, 0]


def test_an_entity_that_fails_too_often_is_set_aside_for_a_while():
    boxes = Boxes()
    for _ in range(4):
        raises(Fault, boxes.do, A, Break(""))
        boxes.now += SECOND
    error = raises(Busy, boxes.do, A, Peek())
    assert 0 < error.retry_ms <= 60_000
    assert boxes.do(B, Add(1)) == 1
    boxes.now += error.retry_ms * 10**6
    assert boxes.do(A, Add(1)) == 1


def test_failures_far_apart_are_forgiven():
    boxes = Boxes()
    for _ in range(12):
        raises(Fault, boxes.do, A, Break(""))
        boxes.now += 21 * SECOND
    assert boxes.do(A, Add(1)) == 1


def test_when_many_entities_fail_the_failure_goes_up():
    boxes = Boxes()
    for i in range(8):
        for _ in range(4):
            raises(Fault, boxes.do, bytes([i]), Break(""))
    for _ in range(3):
        raises(Fault, boxes.do, b"x", Break(""))
    raises(Escalated, boxes.do, b"x", Break(""))


def test_a_supervisor_counts_in_a_sliding_window():
    supervisor = Supervisor(limit=2, within_ns=10)
    supervisor.failed("x", 0)
    supervisor.failed("x", 5)
    assert supervisor.set_aside("x", 5) == 0
    supervisor.failed("x", 10)  # the first is over by now
    raises(Escalated, supervisor.failed, "x", 11)
    assert supervisor.set_aside("x", 11) == 4
    assert supervisor.set_aside("x", 15) == 0
    assert supervisor.set_aside("y", 11) == 0
    assert supervisor.total == 4


class BrokenAccess(Access):
    """An access log that divides by zero."""

    def optin_log_access(self, tx, message):
        return 1 // 0


class BrokenOffer(Offer):
    """An offer that cannot be read."""

    def get_offer(self, tx, message):
        return {}["nothing"]


def test_a_request_whose_entity_fails_leaves_no_trace():
    world = stage("activated")
    world.node.directory.classes = dict(KINDS.items())
    world.node.directory.classes["access"] = BrokenAccess
    before = world.store.content()
    for _ in range(4):
        raises(Fault, world.view, world.record)
    raises(Busy, world.view, world.record)
    assert world.store.content() == before
    assert [kind for kind, _ in world.failures] == ["access"] * 4
    assert world.read("status").restarts == 4
    world.node.directory.classes["access"] = Access
    world.uptime.ns += 61 * SECOND
    assert world.view(world.record).fields


def test_a_node_whose_entities_keep_failing_stops_serving():
    world = stage("ready")
    world.node.directory.classes = dict(KINDS.items())
    world.node.directory.classes["offer"] = BrokenOffer
    world.node.directory.passivate_all()
    for i in range(8):
        for _ in range(4):
            raises(Fault, world.read, "get_offer", bytes([i]) * 32)
    for _ in range(3):
        raises(Fault, world.read, "get_offer", world.offer)
    assert world.read("identity")
    error = raises(Fault, world.read, "get_offer", world.offer)
    assert "restart the node" in error.todo
    raises(Fault, world.read, "identity")
    world.boot()
    assert world.read("get_offer", world.offer).open


def test_state_that_cannot_be_read_is_a_fault_of_the_node_not_of_the_asker():
    world = stage("ready")
    world.store.state[("offer", world.offer)] = b"\xc1 no state"
    world.node.directory.passivate_all()
    error = raises(NodeError, world.read, "get_offer", world.offer)
    assert error.code in ("fault", "storage"), error
    assert world.read("identity")


# ------------------------------------------------------------------------------- dead letters


def test_a_message_to_a_kind_that_does_not_exist_is_a_dead_letter():
    boxes = Boxes()
    tx = boxes.begin()
    raises(Fault, tx.ask, "ghost", A, Peek())
    assert boxes.directory.dead_letters.count == 1
    assert "ghost" in boxes.directory.dead_letters.last[0]


def test_a_message_to_a_full_inbox_is_a_dead_letter():
    boxes = Boxes(max_inbox=0)
    assert raises(Busy, boxes.do, A, Add(7)).retry_ms > 0
    assert boxes.directory.dead_letters.last == ["add to box: inbox is full"]


def test_an_entity_that_was_stopped_starts_again():
    boxes = Boxes()
    boxes.do(A, Add(1))
    ActorRegistry.get_by_class(Box)[-1].stop()
    assert boxes.do(A, Add(1)) == 2


def test_only_the_last_dead_letters_are_kept():
    letters = DeadLetters(keep=3)
    for i in range(10):
        letters.add("box", Add(i), str(i))
    assert letters.count == 10
    assert letters.last == [f"add to box: {i}" for i in (7, 8, 9)]


def test_reading_what_is_not_there_changes_nothing():
    world = stage("ready")
    refused(world, Missing, world.read, "get_offer", bytes(32))
