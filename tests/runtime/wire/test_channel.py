"""The secure channel: known answers, and a second reader who knows the document alone."""

import random

import pytest

from runtime.host.crypto import Crypto
from runtime.wire.channel import CLOSE, CONTENT, HandshakeFailed
from tests.portable.channel_vector import EXPECTED, SHARED, conversation, digests
from tests.runtime.wire.channel_reader import read, read_answer, read_hello
from tests.runtime.wire.channel_world import HOST, NODE, World


def test_the_known_conversation_is_said_byte_by_byte() -> None:
    said, (id, other) = conversation(Crypto())
    assert id == other
    assert digests(said, id) == EXPECTED


def test_the_second_reader_reads_the_known_conversation() -> None:
    said, (id, _) = conversation(Crypto())
    by_host = [message for name, message in said if name[:4] in ("hell", "fini", "host")]
    by_node = [message for name, message in said if name[:4] in ("answ", "done", "node")]
    found = read(by_host, by_node, SHARED, None)
    assert found.id == id
    assert [len(found.by_host), len(found.by_node)] == [1027, 1027]
    assert found.by_host[-1] == found.by_node[-1] == (CLOSE, b"")
    assert found.by_host[7][0] == CONTENT and len(found.by_host[7][1]) == 7


class Kept(Crypto):
    """A crypto port that tells the last secret that it decapsulated."""

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        self.shared = super().decapsulate(seed, ciphertext)
        return self.shared


def test_the_second_reader_reads_a_recorded_conversation_and_verifies_its_signatures() -> None:
    world = World(1)
    world.crypto = kept = Kept()
    host, node = world.host(), world.node()
    by_host, by_node = [host.hello()], []
    by_node.append(node.answer(by_host[0]))
    by_host.append(host.finish(by_node[0]))
    done, at_node = node.done(by_host[1])
    by_node.append(done)
    at_host = host.done(done)
    rng = random.Random(2)
    sent: tuple[list[bytes], list[bytes]] = [], []
    for _ in range(3000):
        by_which = rng.randrange(2)
        content = rng.randbytes(rng.choice([0, 1, 63, 64, 65, 300, 4096]))
        sent[by_which].append(content)
        record = (at_host, at_node)[by_which].seal(content)
        (by_host, by_node)[by_which].append(record)
        assert (at_node, at_host)[by_which].open(record) == content
    by_host.append(at_host.close())
    found = read(by_host, by_node, kept.shared, world.keys[NODE])
    assert (found.id, found.host, found.host_key) == (at_host.id, HOST, world.keys[HOST])
    assert found.by_host == [(CONTENT, content) for content in sent[0]] + [(CLOSE, b"")]
    assert found.by_node == [(CONTENT, content) for content in sent[1]]
    assert (read_hello(by_host[0]).versions, read_answer(by_node[0]).node) == (b"\x01", NODE)
    with pytest.raises(Exception):  # noqa: B017 - whichever check of the reader comes first
        read(by_host, by_node, bytes(32), world.keys[NODE])


def test_a_key_that_fails_the_checks_of_the_standard_is_refused() -> None:
    world = World(3)
    hello = world.host().hello()
    with pytest.raises(HandshakeFailed, match="ML-KEM"):
        world.node().answer(hello[:-1568] + b"\xff" * 1568)


def test_no_secret_is_shown_nor_kept_by_a_handshake_that_is_over() -> None:
    world = World(4)
    world.crypto = kept = Kept()
    host, node = world.host(), world.node()
    done, at_node = node.done(host.finish(node.answer(host.hello())))
    at_host = host.done(done)
    ends = (host, node, at_host, at_node)
    record = at_host.seal(b"content")
    keys = [at_host._outgoing._key, at_host._outgoing._secret, kept.shared]
    for shown in (*map(repr, ends), *map(str, ends)):
        assert not any(key.hex() in shown or repr(key)[2:-1] in shown for key in keys)
    for handshake in (host, node):
        held = [value for value in vars(handshake).values() if isinstance(value, bytes)]
        assert set(held) <= {HOST, NODE, b"", world.keys[HOST], world.keys[NODE]}
    at_node.open(record)
    at_host.close()
    assert vars(at_host._outgoing)["_key"] == vars(at_host._outgoing)["_secret"] == b""
    with pytest.raises(Exception, match="without its close"):
        at_node.end()
    for direction in (at_node._outgoing, at_node._incoming):
        assert not direction._key and not direction._secret
