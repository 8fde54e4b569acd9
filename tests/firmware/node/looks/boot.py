"""One look at a view record, by the actor's own code: its mask comes on the line.

Says how many cycles it took until its reply was sealed.
"""

import gc

import board
from accelerator import Accelerator

from actors.view import View
from firmware.node.board import prepare
from firmware.node.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.sealing import seal

FIELDS, PLACE = 8, 21  # that the user consented to, and how far they lie apart
SIZE = 40  # bytes of each value
PAD = 4096


class Ground:
    """The transaction, and its node, as the actor sees them."""

    signer = bytes(32)
    time = 0
    accelerator = Accelerator()

    def __init__(self, key, crypto):
        self.node = self
        self.enclosures = key, b""
        self._crypto = crypto

    def seal(self, key, purpose, content, size):
        sealed = seal(self._crypto, key, purpose, content, size)
        self.sealed_at = board.cycles()
        return sealed

    def address_hash(self, address):
        return bytes(32)

    def ask(self, kind, entity, message):
        return False


def say(text):
    data = text.encode() + b"\n"
    while data:
        data = data[board.write(data) :]


def heard(size):
    """So many bytes of the line."""
    data = b""
    while len(data) < size:
        board.wait(None, False)
        data += board.read()
    return data


prepare()
board.prepared()
crypto = Crypto(lambda size: bytes(size))  # a look must not differ by its own randomness
uses = tuple([records.FieldUse(PLACE * number, "ExactValue") for number in range(FIELDS)])
values = [b""] * 256
for use in uses:
    values[use.index] = bytes([use.index]) * SIZE
state = records.ViewState(
    "open", bytes(32), bytes(32), bytes(32), bytes(32), uses, PAD, 0, 0, bytes(32), bytes(32), 0,
    bytes(32), tuple(values),
)  # fmt: skip
view = View(bytes(32), state)
ground = Ground(crypto.kem_public_key(bytes(64)), crypto)
reply_key = commands.reply_key_id(ground.enclosures[0])
say("mask")
message = records.OptinEnforceView(view.id, heard(32), reply_key)
gc.collect()
began = board.cycles()
view.optin_enforce_view(ground, message)
say(f"look {ground.sealed_at - began}")
board.reset()
