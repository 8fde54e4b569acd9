"""The gate of a line: what is answered to whom, and who may become operator."""

from runtime.node.gate import Gate
from runtime.wire import records
from runtime.wire.channel import CONTENT_LIMIT, ChannelBroken
from runtime.wire.commands import operator_question, press_code
from runtime.wire.errors import from_wire
from runtime.wire.handshake import HandshakeFailed, HostHandshake
from runtime.wire.requests import encode_request, parse
from tests.portable.ram_store import RamStore
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import Person, World


class Counted:
    """Random bytes, other ones each time."""

    def __init__(self, start):
        self.count = start

    def __call__(self, size):
        self.count += 1
        return bytes([self.count & 255, self.count >> 8]) * (size // 2)


class Door:
    """A gate, and hosts in front of it."""

    def __init__(self, world, operator=b""):
        self.world = world
        self.random = Counted(1)
        self.gate = Gate(world.node, self.random, operator)

    def enter(self, person, node=None):
        """Open a channel."""
        node = node or self.world.node
        handshake = HostHandshake(
            self.world.crypto, self.random, person.sign, person.id, person.key,
            node.id, node.public_key,
        )  # fmt: skip
        assert self.gate.take(handshake.hello()) is None
        assert self.gate.take(handshake.finish(self.said())) is None
        return handshake.done(self.said())

    def said(self):
        """What the gate says, once."""
        message = self.gate.outgoing.pop(0)
        assert not self.gate.outgoing
        return message

    def asks(self, channel, method, params=()):
        """The error that the gate has for a request; None if it is passed on."""
        taken = self.gate.take(channel.seal(encode_request(7, method, list(params))))
        if taken:
            assert (taken[0].method, taken[1]) == (method, True)
            return None
        return from_wire(parse(channel.open(self.said())).error)


def provisioned():
    world = World(RamStore(), ToyCrypto())
    world.provision()
    return world


def test_without_a_channel_there_is_the_identity_and_nothing_else():
    door = Door(provisioned())
    request, secured = door.gate.take(encode_request(1, "identity", []))
    assert (request.method, secured) == ("identity", False)
    for method in records.REQUESTS:
        if method != "identity":
            assert door.gate.take(encode_request(2, method, [])) is None
            error = from_wire(parse(door.said()).error)
            assert "without a secure channel" in error.wrong


def test_a_request_in_a_channel_is_passed_on_and_answered_in_it():
    world = provisioned()
    door = Door(world)
    channel = door.enter(world.operator)
    assert door.gate.host == world.operator.id
    assert door.asks(channel, "status") is None
    door.gate.send(b"the answer")
    record = door.said()
    assert b"the answer" not in record
    assert channel.open(record) == b"the answer"


def test_each_host_may_ask_what_its_roles_may():
    world = provisioned()
    door = Door(world)
    stranger = Person(world.crypto, "stranger")
    for person, method, may in (
        (world.operator, "status", True),
        (world.operator, "publish_offer", True),  # brought for somebody else
        (world.partner, "status", False),
        (world.partner, "publish_offer", True),
        (world.partner, "settlement_evidence", False),
        (world.partner, "optin_deposit_escrow", False),
        (world.witnesses[0], "settlement_evidence", True),
        (world.witnesses[0], "publish_offer", False),
        (stranger, "list_offers", True),
        (stranger, "enrol", True),
        (stranger, "journal_entries", True),  # it is for the auditor's signature to open
        (stranger, "status", False),
        (stranger, "list_balances", False),
        (stranger, "nonsense", True),  # it is for the node to say so
    ):
        error = door.asks(door.enter(person), method)
        assert (error is None) == may, (method, error)
        assert may or error.code == "host"


def test_a_host_that_is_registered_meanwhile_has_its_roles():
    world = provisioned()
    door = Door(world)
    auditor = Person(world.crypto, "auditor")
    channel = door.enter(auditor)
    assert door.asks(channel, "status").code == "host"
    world.register(auditor, ("auditor",))
    assert door.asks(channel, "status") is None


def test_another_node_and_another_key_open_no_channel():
    world, other = provisioned(), World(RamStore(), ToyCrypto(), seed=bytes(32))
    door = Door(world)
    try:
        door.enter(world.operator, other.node)
    except HandshakeFailed as error:
        assert "another node" in error.wrong
    else:
        raise AssertionError("a channel to another node than was meant")
    door.gate.outgoing.clear()
    thief = Person(world.crypto, "thief")
    thief.id = world.operator.id
    handshake = HostHandshake(
        world.crypto, door.random, thief.sign, thief.id, thief.key,
        world.node.id, world.node.public_key,
    )  # fmt: skip
    door.gate.take(handshake.hello())
    door.gate.take(handshake.finish(door.said()))
    refused = parse(door.said())
    assert refused.method == "refused"
    assert "does not verify" in from_wire(refused.params).wrong
    assert door.gate.host is None


def test_a_record_that_comes_again_ends_the_channel():
    world = provisioned()
    door = Door(world)
    channel = door.enter(world.operator)
    record = channel.seal(encode_request(1, "status", []))
    assert door.gate.take(record)
    assert door.gate.take(record) is None
    assert parse(door.said()).method == "refused"
    assert door.gate.host is None
    assert door.gate.take(channel.seal(encode_request(2, "status", []))) is None
    assert "no channel" in from_wire(parse(door.said()).params).wrong


def test_a_channel_that_is_closed_takes_nothing_more():
    world = provisioned()
    door = Door(world)
    channel = door.enter(world.operator)
    opened = door.gate.opened
    assert door.gate.take(channel.close()) is None
    assert door.gate.host is None
    assert door.gate.opened > opened
    assert not door.gate.outgoing


def test_who_comes_next_gets_no_answer_of_who_was_there_before():
    world = provisioned()
    door = Door(world)
    first = door.enter(world.operator)
    door.gate.send(b"for the operator")
    handshake = HostHandshake(
        world.crypto, door.random, world.partner.sign, world.partner.id, world.partner.key,
        world.node.id, world.node.public_key,
    )  # fmt: skip
    door.gate.take(handshake.hello())
    waiting = door.gate.outgoing
    assert first.open(waiting[0]) == b"for the operator"
    door.gate.take(handshake.finish(waiting[1]))
    second = handshake.done(door.said())
    door.gate.send(bytes(CONTENT_LIMIT))
    record = door.said()
    try:
        first.open(record)
    except ChannelBroken:
        assert second.open(record) == bytes(CONTENT_LIMIT)
    else:
        raise AssertionError("an answer for another host")


# --------------------------------------------------------------------------- the operator


def provision(world, person):
    return world.signed(person, "provision", enclosures=(person.key,))


def test_only_the_operator_that_was_named_is_bound():
    world = World(RamStore(), ToyCrypto())
    door = Door(world, world.operator.id[:10])
    thief = Person(world.crypto, "thief")
    error = door.asks(door.enter(thief), "provision", provision(world, thief))
    assert "not awaited" in error.wrong
    channel = door.enter(thief)
    error = door.asks(channel, "provision", provision(world, world.operator))
    assert "another party" in error.wrong
    channel = door.enter(world.operator)
    assert door.asks(channel, "provision", provision(world, world.operator)) is None


def test_half_a_fingerprint_names_nobody():
    world = World(RamStore(), ToyCrypto())
    door = Door(world, world.operator.id[:9])
    channel = door.enter(world.operator)
    error = door.asks(channel, "provision", provision(world, world.operator))
    assert "not awaited" in error.wrong


def test_a_node_that_can_ask_nobody_binds_nobody_who_was_not_named():
    world = World(RamStore(), ToyCrypto())
    world.button.missing = "there is nobody at this node"
    door = Door(world)
    channel = door.enter(world.operator)
    error = door.asks(channel, "provision", provision(world, world.operator))
    assert (error.code, error.wrong) == ("refused", "there is nobody at this node")


def test_a_press_binds_whom_the_node_showed_and_nobody_else():
    world = World(RamStore(), ToyCrypto())
    door = Door(world)
    channel = door.enter(world.operator)
    ask = provision(world, world.operator)
    assert door.asks(channel, "provision", ask).code == "asking"
    shown = world.button.shown
    assert world.operator.id.hex()[:4] in shown.lines[1]
    assert shown.code == press_code(world.node.boot_nonce, operator_question(world.operator.id))
    assert door.asks(channel, "provision", ask).code == "asking"
    assert world.button.shown is shown
    thief = Person(world.crypto, "thief")
    other = door.enter(thief)
    assert door.asks(other, "provision", provision(world, thief)).code == "state"
    world.button.press()
    world.node.run()
    assert door.asks(other, "provision", provision(world, thief)).code == "busy"
    channel = door.enter(world.operator)
    assert door.asks(channel, "provision", ask) is None


def test_no_press_in_time_binds_nobody():
    world = World(RamStore(), ToyCrypto())
    door = Door(world)
    channel = door.enter(world.operator)
    ask = provision(world, world.operator)
    assert door.asks(channel, "provision", ask).code == "asking"
    world.uptime.ns += 61 * 10**9
    world.button.press()
    world.node.run()
    assert "nobody at the node agreed" in door.asks(channel, "provision", ask).wrong
    assert door.asks(channel, "provision", ask).code == "busy"  # a press now was for the last one
    world.uptime.ns += 2 * 10**9
    assert door.asks(channel, "provision", ask).code == "asking"
    world.button.press(False)
    world.node.run()
    assert "nobody at the node agreed" in door.asks(channel, "provision", ask).wrong
