"""The secure channel: both ends agree, and whatever is wrong is refused for good."""

from runtime.wire.channel import (
    ANSWER,
    CONTENT,
    CONTENT_LIMIT,
    HEAD,
    OVERHEAD,
    RECORDS_OF_A_KEY,
    Channel,
    ChannelBroken,
    Direction,
    HandshakeFailed,
    is_channel,
    make_channel,
)
from runtime.wire.errors import Malformed
from runtime.wire.handshake import HostHandshake, NodeHandshake
from runtime.wire.requests import encode_notification, encode_request, encode_response
from runtime.wire.schema import MAX_MESSAGE
from tests.portable.channel_states import INCOMING, OUTCOMES, OUTGOING, End, explore
from tests.portable.toy_crypto import ToyCrypto

HOST, NODE = b"h" * 32, b"n" * 32
HOST_SEED, NODE_SEED, OTHER_SEED = b"H" * 32, b"N" * 32, b"O" * 32


class World:
    """A host and a node, and what they draw and sign."""

    def __init__(self):
        self.crypto = ToyCrypto()
        self.host_key = self.crypto.public_key(HOST_SEED)
        self.node_key = self.crypto.public_key(NODE_SEED)
        self.other_key = self.crypto.public_key(OTHER_SEED)
        self.drawn = 0

    def random(self, size):
        self.drawn += 1
        return bytes([self.drawn]) * size

    def signer(self, seed):
        return lambda purpose, message: self.crypto.sign(seed, purpose, message)

    def host(self, seed=HOST_SEED, key=None, node=NODE, node_key=None):
        return HostHandshake(
            self.crypto, self.random, self.signer(seed), HOST, key or self.host_key, node,
            node_key or self.node_key,
        )  # fmt: skip

    def node(self, seed=NODE_SEED, key_of=None):
        return NodeHandshake(
            self.crypto, self.random, self.signer(seed), NODE,
            key_of or (lambda host, enclosed: self.host_key if host == HOST else None),
        )  # fmt: skip


def shaken(host, node):
    """Both ends' channels."""
    finish = host.finish(node.answer(host.hello()))
    done, at_node = node.done(finish)
    return host.done(done), at_node


def channels():
    world = World()
    return shaken(world.host(), world.node())


def refused(function, *arguments, kind=HandshakeFailed):
    try:
        function(*arguments)
    except kind as error:
        assert error.wrong and error.expected and error.todo, str(error)
        return str(error)
    raise AssertionError("not refused")


def broken(function, *arguments):
    return refused(function, *arguments, kind=ChannelBroken)


def flipped(message, at):
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def test_both_ends_come_to_one_channel_and_the_node_knows_the_host():
    world = World()
    node = world.node()
    assert node.host is None
    at_host, at_node = shaken(world.host(), node)
    assert node.host == HOST
    assert at_host.id == at_node.id and len(at_host.id) == 32
    for content in (b"", b"x", bytes(300), bytes(CONTENT_LIMIT)):
        for sender, receiver in ((at_host, at_node), (at_node, at_host)):
            record = sender.seal(content)
            assert len(record) == len(content) + OVERHEAD <= MAX_MESSAGE
            assert receiver.open(record) == content


def test_no_two_channels_are_alike():
    world = World()
    first, second = (shaken(world.host(), world.node()) for _ in range(2))
    assert first[0].id != second[0].id
    broken(second[1].open, first[0].seal(b"content"))


def test_messages_of_the_channel_are_told_from_those_of_rpc():
    world = World()
    host, node = world.host(), world.node()
    hello = host.hello()
    answer = node.answer(hello)
    finish = host.finish(answer)
    done, channel = node.done(finish)
    for message in (hello, answer, finish, done, channel.seal(b""), channel.close()):
        assert is_channel(message)
    for message in (
        b"", b"\0", b"\6", encode_request(0, "m", []), encode_response(0, None, 0),
        encode_notification("log", []),
    ):  # fmt: skip
        assert not is_channel(message)


def test_a_content_that_is_too_long_is_refused_and_the_channel_goes_on():
    host, node = channels()
    assert "65515" in refused(host.seal, bytes(CONTENT_LIMIT + 1), kind=Malformed)
    assert node.open(host.seal(b"shorter")) == b"shorter"


def test_a_changed_byte_anywhere_in_the_handshake_is_refused_by_who_gets_it():
    for at in (0, 1, 2, 3, 34, 35, 1602):
        world = World()
        host, node = world.host(), world.node()
        hello = flipped(host.hello(), at)
        if at < 35:  # the toy knows of no key but its own
            try:
                answer = node.answer(hello)
            except HandshakeFailed:
                continue
            refused(host.finish, answer)
        else:
            refused(node.answer, hello)
    for at in (0, 1, 2, 33, 34, 65, 66, 1633, 1634, 6260, 6261, 6292):
        world = World()
        host, node = world.host(), world.node()
        refused(host.finish, flipped(node.answer(host.hello()), at))
    for at in (0, 1, 32, 33, 2624, 2625, 7251, 7252, 7283, 7284, 7299):
        world = World()
        host, node = world.host(), world.node()
        refused(node.done, flipped(host.finish(node.answer(host.hello())), at))
        assert node.host is None
    for at in (0, 1, 32, 33, 48):
        world = World()
        host, node = world.host(), world.node()
        done, _ = node.done(host.finish(node.answer(host.hello())))
        refused(host.done, flipped(done, at))


def test_a_message_of_another_size_is_refused():
    for cut in (0, 1, 2, 40, -1):
        world = World()
        hello = world.host().hello()
        refused(world.node().answer, hello[:cut])
        host, node = world.host(), world.node()
        answer = node.answer(host.hello())
        refused(host.finish, answer[:cut])
        refused(node.done, bytes([3]) + bytes(7298))
        refused(host.done, b"")
    refused(World().node().answer, World().host().hello() + b"\0")


def test_a_step_is_taken_once_and_in_order():
    world = World()
    host, node = world.host(), world.node()
    refused(host.finish, bytes(6293))
    host = world.host()
    hello = host.hello()
    refused(host.hello)
    refused(host.done, bytes(49))
    refused(host.finish, node.answer(hello))  # it had failed
    refused(node.answer, hello)
    refused(node.done, bytes(7300))
    node = world.node()
    refused(node.answer, b"")
    refused(node.answer, world.host().hello())


def test_a_node_with_another_id_or_key_is_refused_loudly():
    world = World()
    text = refused(shaken, world.host(node=b"m" * 32), world.node())
    assert NODE.hex() in text and "fingerprint" in text
    text = refused(shaken, world.host(), world.node(seed=OTHER_SEED))
    assert "pinned" in text and "fingerprint" in text


def test_a_host_that_is_not_admitted_or_does_not_sign_with_its_key_is_refused():
    world = World()
    asked = []
    node = world.node(key_of=lambda host, enclosed: asked.append((host, enclosed)))
    assert HOST.hex() in refused(shaken, world.host(), node)
    assert asked == [(HOST, world.host_key)]
    node = world.node()
    assert "signature" in refused(shaken, world.host(seed=OTHER_SEED), node)
    assert node.host is None
    # It encloses a key of its own: the one that the node knows counts.
    node = world.node()
    refused(shaken, world.host(seed=OTHER_SEED, key=world.other_key), node)
    node = world.node(key_of=lambda host, enclosed: enclosed)
    at_host, at_node = shaken(world.host(seed=OTHER_SEED, key=world.other_key), node)
    assert at_node.open(at_host.seal(b"welcome")) == b"welcome"


def test_a_node_answers_a_host_of_several_versions_in_its_own_and_refuses_others():
    world = World()
    hello = world.host().hello()
    newer = bytes([1, 3, 9, 1, 2]) + hello[3:]
    assert world.node().answer(newer)[:2] == bytes([ANSWER, 1])
    for wrong in (bytes([1, 1, 2]) + hello[3:], bytes([1, 0]) + hello[3:]):
        assert "version" in refused(world.node().answer, wrong)
    host, node = world.host(), world.node()
    answer = node.answer(host.hello())
    assert "version" in refused(host.finish, bytes([ANSWER, 2]) + answer[2:])


def test_what_is_replayed_reordered_left_out_reflected_or_altered_breaks_the_channel_for_good():
    def replayed(host, node):
        record = host.seal(b"one")
        assert node.open(record) == b"one"
        return record

    def reordered(host, node):
        host.seal(b"one")
        return host.seal(b"two")

    def reflected(host, node):
        return node.seal(b"one")

    def altered(host, node):
        return flipped(host.seal(b"one"), 1)

    def cut(host, node):
        return host.seal(b"one")[:-1]

    def typed(host, node):
        return b"\4" + host.seal(b"one")[1:]

    def empty(host, node):
        return b""

    for attack in (replayed, reordered, reflected, altered, cut, typed, empty):
        host, node = channels()
        broken(node.open, attack(host, node))
        assert node.broken and not node.closed_by_peer
        broken(node.open, host.seal(b"more"))
        broken(node.seal, b"more")
        broken(node.close)
        broken(node.end)


def test_nothing_follows_a_close():
    host, node = channels()
    assert node.open(host.seal(b"last")) == b"last"
    assert node.open(host.close()) is None
    assert node.closed_by_peer and not node.broken and not host.closed_by_peer
    broken(node.seal, b"content")
    broken(host.seal, b"content")
    broken(host.close)
    assert host.open(node.close()) is None and host.closed_by_peer
    host.end()
    node.end()
    broken(node.open, b"")
    host, node = channels()
    node.open(host.close())
    broken(node.open, HEAD + bytes(40))
    assert node.broken


def test_what_was_under_way_when_an_end_closed_still_arrives():
    host, node = channels()
    late = node.seal(b"late")
    assert node.open(host.close()) is None
    assert host.open(late) == b"late"


def test_a_channel_that_ends_without_a_close_says_so():
    host, node = channels()
    host.seal(b"cut off")
    assert "without its close" in broken(node.end)
    assert node.broken
    broken(node.seal, b"")


def test_keys_turn_after_as_many_records_on_both_ends():
    host, node = channels()
    kept = []
    for number in range(2 * RECORDS_OF_A_KEY + 2):
        record = host.seal(b"%d" % number)
        assert node.open(record) == b"%d" % number
        if number in (0, RECORDS_OF_A_KEY):
            kept.append(record)
    assert host.open(node.seal(b"the other direction")) == b"the other direction"
    assert len(set(kept)) == 2


def test_a_direction_opens_what_another_sealed_and_shows_nothing():
    crypto = ToyCrypto()
    sender, receiver = Direction(crypto, b"s" * 32), Direction(crypto, b"s" * 32)
    for number in range(3):
        assert receiver.open(sender.seal(CONTENT, b"%d" % number)) == (CONTENT, b"%d" % number)
    assert "s" * 8 not in repr(sender)
    assert "o" * 8 not in repr(make_channel(crypto, b"id", b"o" * 32, b"p" * 32))


def test_every_sequence_of_events_does_what_the_document_says():
    crypto = ToyCrypto()
    found = explore(lambda: End(Channel(crypto, b"id", OUTGOING, INCOMING), crypto), 3)
    assert set(found) == OUTCOMES and min(found.values()) > 3
