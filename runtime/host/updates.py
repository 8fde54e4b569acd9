"""Updates of a board's firmware: the file, and how it comes to the board.

A file is canonical msgpack: [`optin/v1/update`, Firmware, signature, image].
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha3_256
from typing import NamedTuple

from runtime.host.client import Client, Signer
from runtime.wire import commands, records
from runtime.wire.errors import Malformed
from runtime.wire.schema import canonical, spec_of, unpack_canonical

TAG = "optin/v1/update"
MOST = 2 << 20  # bytes of a file


class Update(NamedTuple):
    """A signed image.

    Attributes:
        firmware: Firmware: what was signed of it.
        signature: of the update key, 4,627 bytes.
        image: of main RAM.
    """

    firmware: records.Firmware
    signature: bytes
    image: bytes


def signed(key: Signer, board: str, counter: int, image: bytes) -> Update:
    """Sign an image.

    Args:
        key: the update key.
        board: which it is for.
        counter: larger than that of all before it.
        image: of main RAM, as `optin board firmware` gives it.
    """
    firmware = records.Firmware(board, counter, len(image), sha3_256(image).digest())
    spec_of(records.Firmware).build(list(firmware), "firmware")
    return Update(firmware, key.sign(commands.FIRMWARE, canonical(firmware)), image)


def packed(update: Update) -> bytes:
    """The file of an update."""
    content: bytes = canonical([TAG, *update])
    return content


def unpacked(content: bytes) -> Update:
    """The update in a file; its signature is for the board to verify.

    Raises:
        Malformed: it is none.
    """
    value = unpack_canonical(content, MOST)
    if not isinstance(value, list) or len(value) != 4 or value[0] != TAG:
        raise Malformed("the file is no update", "one that optin board sign-update wrote")
    firmware = spec_of(records.Firmware).build(value[1], "firmware")
    signature = records.SIGNATURE.build(value[2], "signature")
    image = value[3]
    if not isinstance(image, bytes) or sha3_256(image).digest() != firmware.digest:
        raise Malformed("the image is not the one that was signed", "the file as it was written")
    return Update(firmware, signature, image)


async def update(
    client: Client, operator: Signer, content: Update, progress: Callable[[int], None]
) -> int:
    """Bring an update to a board; it runs from the board's next start on.

    Args:
        progress: function of how many bytes are there, called after each part.

    Returns:
        The board's rollback counter.
    """
    begun = await client.query(operator, records.BeginUpdate(content.firmware, content.signature))
    for at in range(0, len(content.image), begun.part):
        part = content.image[at : at + begun.part]
        progress((await client.query(operator, records.PutUpdate(at, part))).received)
    counter: int = (await client.query(operator, records.FinishUpdate())).counter
    return counter
