"""Plays a recording to a node of this interpreter's kind, and says where it answers otherwise.

    python tests/conformance/play.py RECORDING KIND [BUNDLES]

Runs on CPython and MicroPython. A recording is a file of items, each after its length (u32,
big-endian), msgpack arrays: ["begin", name, seed], ["boot", uptime, knows time], ["send", uptime,
method, params, error, result], ["press", uptime, yes], ["summon", uptime], ["run", uptime], ["end",
entries, root, digest of all bodies]. The journal of each session is written into the folder
BUNDLES, for the offline auditor.
"""

import os
import sys
from hashlib import sha3_256

from actors import KINDS
from runtime.node.clock import Clock
from runtime.node.node import Node
from runtime.node.presence import Presence
from runtime.wire.errors import StorageFailed
from runtime.wire.schema import canonical, unpack_own
from tests.portable.kept import Device
from tests.portable.pressed import Pressed
from tests.portable.world import PLACES, START, Stepped

SIGNATURE = 4627  # bytes
SIGNED = ("measurements", "journal_head")


def ports(kind):
    """(function to the store as it is after a power cut, crypto, entity classes) of a kind of node.

    "unix" has its store kept by a host, "unix unhedged" in RAM alone.
    """
    if kind == "software":
        from runtime.cpython.store import SqliteStore
        from runtime.cpython.threads import on_reused_threads
        from runtime.host.crypto import Crypto

        store = SqliteStore(":memory:")
        return lambda: store, Crypto(), on_reused_threads(KINDS)
    from ramstore import RamStore

    from firmware.node.crypto import Crypto

    ram = RamStore(StorageFailed)
    if kind == "unix unhedged":
        return lambda: ram, Crypto(bytes), KINDS  # all entropy is zeros
    crypto = Crypto(os.urandom)
    device = Device(crypto, ram=lambda: RamStore(StorageFailed))
    return device.store, crypto, KINDS


def masked(method, result):
    """A result without what differs from run to run: signatures and ciphertexts."""
    if method == "optin_enforce_view" and result:
        sealed = unpack_own(result[0])[0]
        return [len(sealed[1])] + _masked(result[1:])
    if method == "get_share" and result:
        return _masked(result[:3]) + [len(result[3][1])] + _masked(result[4:])
    return _masked(result)


def _masked(value):
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    if isinstance(value, bytes) and len(value) == SIGNATURE:
        return b"signature"
    if isinstance(value, bytes) and len(value) > SIGNATURE:  # a canonical reply that holds some
        return _masked(unpack_own(value))
    return value


def compared(error):
    """What of an error must be the same: of a malformed message the decoder chooses its words."""
    return error if error is None or error[0] != "malformed" else error[:1]


def journal_digest(node):
    """Digest over headers, salts and bodies of all entries."""
    digest = sha3_256()
    for position in range(node.journal.size):
        header, salt, body, _ = node.journal.entry(position)
        digest.update(canonical([header, salt, body]))
    return digest.digest()


class Player:
    """One session on a node of this process.

    Args:
        seed: of the node.
        power_up: function to the store as it is after a power cut.
        crypto, kinds: as of Node.
    """

    def __init__(self, seed, power_up, crypto, kinds):
        self.seed = seed
        self.power_up = power_up
        self.crypto = crypto
        self.kinds = kinds
        self.uptime = Stepped()
        self.node = None

    def boot(self, uptime, knows_time):
        """Start the node on its store."""
        self.uptime.ns = uptime
        if self.node:
            self.node.directory.passivate_all()
        self.store = self.power_up()
        start = START + uptime if knows_time else None
        self.button = Pressed()
        self.node = Node(
            self.seed, self.kinds, self.store, self.crypto,
            lambda floor: Clock(self.uptime, start, floor), places=PLACES,
            presence=Presence(self.button, lambda: self.uptime.ns // 10**6),
        )  # fmt: skip

    def at_node(self, what, uptime, *arguments):
        """What somebody does at the node, or a round of it."""
        self.uptime.ns = uptime
        if what == "run":
            self.node.run()
        else:
            getattr(self.button, what)(*arguments)

    def send(self, uptime, method, params):
        """(error, result) of a request."""
        self.uptime.ns = uptime
        answers = []
        self.node.submit(method, params, lambda error, result: answers.append((error, result)))
        while not answers:
            self.node.run()
        return answers[0]

    def came_to(self):
        """What the end of a recording says of the journal."""
        journal = self.node.journal
        return [journal.size, journal.tree.root(), journal_digest(self.node)]

    def signed(self):
        """(measurements, head of the journal), signed now."""
        asked = [self.send(self.uptime.ns, method, [bytes(32)]) for method in SIGNED]
        return asked[0][1], asked[1][1][0]

    def bundle(self, measured, head):
        """The journal as a file for the auditor: see runtime/host/audit/bundle.py.

        Args:
            measured, head: as `signed` gives them, of the same node.
        """
        node = self.node
        out = _part(1, ["optin/v1/bundle", node.id, node.public_key]) + _part(4, measured)
        for position in range(node.journal.size):
            out += _part(2, node.queries._entry(position, True))
        return out + _part(3, head)

    def close(self):
        """Leave no entity behind."""
        self.node.directory.passivate_all()


def _part(kind, value):
    data = canonical(value)
    return bytes([kind]) + len(data).to_bytes(4, "big") + data


def items(path):
    """The items of a recording."""
    with open(path, "rb") as file:
        while True:
            start = file.read(4)
            if len(start) < 4:
                return
            yield unpack_own(file.read(int.from_bytes(start, "big")))


def differs(item, found_error, found):
    """What of an answer is not as recorded; None if all is.

    Args:
        item: "send" of a recording.
        found_error, found: the answer.
    """
    _, _, method, _, error, result = item
    expected = canonical([compared(error), result])
    if expected == canonical([compared(found_error), found and masked(method, found)]):
        return None
    return f"{method} answers {found_error or 'something else'}, not {error}"


def strays(came_to, item):
    """What of the journal is not as recorded; None if all is.

    Args:
        came_to: entries, root, digest over all of them.
        item: "end" of a recording.
    """
    if came_to == item[1:]:
        return None
    return f"the journal has {came_to[0]} entries, or others than {item[1]}"


def play(path, kind, bundles=None):
    """Play a recording; returns (sessions, requests, list of what differs)."""
    player, name, sessions, requests, wrong = None, "", 0, 0, []
    for item in items(path):
        problem = None
        if item[0] == "begin":
            name, player, sessions = item[1], Player(item[2], *ports(kind)), sessions + 1
        elif item[0] == "boot":
            player.boot(item[1], item[2])
        elif item[0] == "send":
            requests += 1
            problem = differs(item, *player.send(item[1], item[2], unpack_own(item[3])))
        elif item[0] != "end":
            player.at_node(*item)
        else:
            problem = strays(player.came_to(), item)
            if bundles:
                with open(f"{bundles}/{sessions}.optin", "wb") as file:
                    file.write(player.bundle(*player.signed()))
            player.close()
        if problem:
            wrong.append(f"{name}: {problem}")
    return sessions, requests, wrong


if __name__ == "__main__":
    done = play(*sys.argv[1:])
    for line in done[2]:
        print(line)
    print(done[0], "sessions,", done[1], "requests,", len(done[2]), "differ")
    sys.exit(1 if done[2] or not done[1] else 0)
