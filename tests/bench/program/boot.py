"""Both ends of the secure channel on the chip: what the node's end costs there, in cycles.

A line each: what was measured, the bytes of content, the cycles. The host's end is not measured,
nor is the collection of what was left, nor saying it, as the line interrupts. Between two records
of the node the other end's work goes through the caches.
"""

import gc
from hashlib import shake_256

import board

from firmware.node.crypto import Crypto
from runtime.wire.handshake import HostHandshake, NodeHandshake

HANDSHAKES = 5
RECORDS = 10
SIZES = (0, 300, 4096)
HOST, NODE = b"h" * 32, b"n" * 32
drawn = 0
took = []


def random(size):
    """Bytes that are the same in each run."""
    global drawn
    drawn += 1
    return shake_256(drawn.to_bytes(4, "big")).digest(size)


def say(text):
    data = text.encode() + b"\n"
    while data:
        data = data[board.write(data) :]


def measured(name, function, argument):
    """What a function gives; the cycles it takes are to be said."""
    began = board.cycles()
    result = function(argument)
    took.append((name, board.cycles() - began))
    return result


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
    answer = measured("answer 0", node.answer, hello)
    done, at_node = measured("done 0", node.done, host.finish(answer))
    return host.done(done), at_node


for _ in range(HANDSHAKES):
    at_host, at_node = shake()
for size in SIZES:
    content = bytes(size)
    gc.collect()
    for _ in range(RECORDS):
        record = measured(f"seal {size}", at_node.seal, content)
        assert at_host.open(record) == content
        assert measured(f"open {size}", at_node.open, at_host.seal(content)) == content
measured("measuring 0", len, content)
for name, cycles in took:
    say(f"{name} {cycles}")
say("end")
