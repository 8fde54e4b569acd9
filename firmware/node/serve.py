"""A node of the firmware's parts: powers up, and serves its line until the host says `stop`."""

import gc

from actors import KINDS
from firmware.node.keeper import Keeper, Line
from firmware.node.seal import Sealer
from firmware.node.store import KeptStore
from runtime.node.clock import Clock
from runtime.node.merkle import Tree
from runtime.node.node import Node
from runtime.node.presence import Presence
from runtime.node.session import Session
from runtime.wire.errors import NodeError, StorageFailed
from runtime.wire.hkdf import hkdf

RING = 16384  # bytes that the node takes ahead of processing
SEED = b"optin/v1/node-seed"
LIVE = 32  # entities in memory: each takes some 10 KB of the heap
COLLECT_EACH = 1 << 20  # bytes taken of the heap
READY, STOPPED, FAILED = "ready", "stopped", "failed"
NONCE = 8  # bytes that tell the sessions of a line apart


def root_of(store) -> bytes:
    """Root of the journal in a store."""
    return Tree(store, store.count()).root()


def serve(
    device,
    crypto,
    pipe,
    time,
    places,
    random,
    measurements: tuple,
    operator: bytes = b"",
    port=None,
    updater=lambda: None,
) -> None:
    """Power up, and serve the line until the host says `stop`.

    Args:
        device: function without arguments to an object with the device key `key` (32 bytes) and
            the AnchorLog `anchor`.
        crypto: port.
        pipe: the line, as `keeper.Line` has it.
        time: with `uptime_ns()` and `uptime_ms()`, since the start.
        places: Places.
        random: Entropy.
        measurements: of what runs here, Measurement each.
        operator: who may become operator of a new node; see Gate.
        port: of presence; by default one that can ask nobody.
        updater: function without arguments to what takes updates, or None.

    Raises:
        NodeError: the node cannot start; the host was told why.
        whatever `pipe` raises.
    """

    line = Line(Link(random.different(NONCE), RING), pipe, time.uptime_ms)
    try:
        own = device()
        store = KeptStore(_ram(), Keeper(line.ask), own.anchor, Sealer(crypto, own.key), root_of)
        node = Node(
            hkdf(own.key, b"", SEED),
            KINDS,
            store,
            crypto,
            lambda floor: Clock(time.uptime_ns, None, floor),
            accelerator=Accelerator(),
            places=places,
            max_live=LIVE,
            measurements=measurements,
            presence=Presence(port, time.uptime_ms),
            randomness=random,
            updater=updater(),
        )
    except NodeError as error:
        _say_last(line, FAILED, error.to_wire())
        raise
    line.session = Session(node, line.link, random, operator)
    node.directory.on_failure = lambda kind, error: line.session.log(
        f"a {kind} failed with {type(error).__name__}", time.uptime_ms()
    )
    random.tell(
        lambda why: line.session.log(f"nothing is signed any more: {why}", time.uptime_ms())
    )
    line.announce(READY, [node.id])
    while not line.stopping:
        line.pump(not node.sequencer.queued)
        node.run()
    node.stop()
    _say_last(line, STOPPED, [])


def _say_last(line, method, params):
    line.announce(method, params)
    while not line.link.idle:
        line.pump(True)


# What the two Pythons have different.

if hasattr(gc, "threshold"):
    # A heap that is collected only when it is full has what lives lie all over it: then no message
    # and no part of a checkpoint finds its 60 KB in one piece.
    gc.threshold(COLLECT_EACH)

try:
    from accelerator import Accelerator
    from link import Link
    from ramstore import RamStore

    def _ram():
        return RamStore(StorageFailed)

except ImportError:
    from firmware.node.ram import RamStore as _ram
    from runtime.node.accelerator import Accelerator
    from runtime.wire.link import Link
