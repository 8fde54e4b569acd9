"""Looks through masks of equal size at one view record, and tells the cycles of each look.

From the request, once its signature was verified, to the sealed reply. Entropy is fixed, so that
nothing but the mask differs.
"""

import gc

import board
from accelerator import Accelerator

from actors.view import View
from firmware.node.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.sealing import seal

FIELDS, SIZE, PAD = 8, 24, 4096
# Half of the FIELDS each; one of them twice, for what differs without a reason.
MASKS = 0x0F, 0x0F, 0xF0, 0x55, 0xAA, 0x33, 0x96, 0x69, 0xC3, 0x99, 0x0F
ONE = b"\x01" * 32


class Node:
    """What a view asks of its node."""

    id = ONE
    crypto = Crypto(bytes)
    accelerator = Accelerator()

    def seal(self, key, purpose, content, size):
        return seal(self.crypto, key, purpose, content, size)

    def address_hash(self, address):
        return ONE


class Look:
    """What a view asks of the transaction of one look, which is not the first."""

    signer = ONE
    time = 1
    node = Node()

    def __init__(self, key):
        self.enclosures = key, b""

    def ask(self, kind, entity_id, message):
        return False


def say(text):
    data = text.encode() + b"\n"
    while data:
        data = data[board.write(data) :]


uses = tuple([records.FieldUse(i, "ExactValue") for i in range(FIELDS)])
shown = tuple([bytes([i]) * SIZE for i in range(FIELDS)])
state = records.ViewState(
    "open", ONE, ONE, ONE, ONE, uses, PAD, 0, 0, ONE, ONE, 0, ONE, shown
)  # fmt: skip
key = Node.crypto.kem_public_key(bytes(64))
key_id = commands.reply_key_id(key)
view = View(ONE, state)


def look(mask):
    """(cycles, size of the sealed reply) of one look; what it leaves in the heap is collected."""
    request = records.OptinEnforceView(ONE, bytes([mask]) + bytes(31), key_id)
    transaction = Look(key)
    gc.collect()
    gc.disable()
    began = board.cycles()
    done = view.optin_enforce_view(transaction, request)
    cycles = board.cycles() - began
    gc.enable()
    return cycles, len(done.result.sealed.box)


look(15)  # finds caches cold, and the tree of the record missing
for mask in MASKS:
    cycles, size = look(mask)
    gc.collect()
    say(f"look {mask} {cycles} {size}")
say("end")
board.wait(None, False)
