"""Both ends of the secure channel on the chip: what the node's end costs there, in cycles.

A line each: what was measured, the bytes of content, the cycles. The host's end is not measured,
nor is the collection of what was left. Between two records of the node the other end's work goes
through the caches.
"""

import gc
from hashlib import shake_256

import board

from firmware.node.crypto import Crypto
from runtime.wire.handshake import HostHandshake, NodeHandshake

HANDSHAKES = 8
RECORDS = 50
SIZES = (0, 300, 4096)
HOST, NODE = b"h" * 32, b"n" * 32
drawn = 0


def random(size):
    """Bytes that are the same in each run."""
    global drawn
    drawn += 1
    return shake_256(drawn.to_bytes(4, "big")).digest(size)


def say(text):
    data = text.encode() + b"\n"
    while data:
        data = data[board.write(data) :]


def measured(function, argument):
    """What a function gives, and the cycles it takes."""
    began = board.cycles()
    result = function(argument)
    return result, board.cycles() - began


crypto = Crypto(random)
host_key, node_key = crypto.public_key(HOST), crypto.public_key(NODE)


def shake():
    """Shake hands once; returns both channels."""
    host = HostHandshake(
        crypto, random, lambda purpose, message: crypto.sign(HOST, purpose, message), HOST,
        host_key, NODE, node_key,
    )  # fmt: skip
    node = NodeHandshake(
        crypto, random, lambda purpose, message: crypto.sign(NODE, purpose, message), NODE,
        lambda _, enclosed: host_key,
    )  # fmt: skip
    hello = host.hello()
    gc.collect()
    answer, answered = measured(node.answer, hello)
    (done, at_node), finished = measured(node.done, host.finish(answer))
    say(f"answer 0 {answered}")
    say(f"done 0 {finished}")
    return host.done(done), at_node


for _ in range(HANDSHAKES):
    at_host, at_node = shake()
for size in SIZES:
    content = bytes(size)
    gc.collect()
    for _ in range(RECORDS):
        record, sealed = measured(at_node.seal, content)
        assert at_host.open(record) == content
        opened, took = measured(at_node.open, at_host.seal(content))
        assert opened == content
        say(f"seal {size} {sealed}")
        say(f"open {size} {took}")
nothing, alone = measured(len, content)
say(f"measuring 0 {alone}")
say("end")
