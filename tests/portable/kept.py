"""A KeptStore on a host and a flash in memory, which forget nothing when the node does."""

from firmware.node.anchor import Anchor, AnchorLog
from firmware.node.flash import BLANK, SECTOR
from firmware.node.keeper import Keeper
from firmware.node.ram import RamStore
from firmware.node.seal import Sealer
from firmware.node.store import START, KeptStore
from runtime.node.merkle import Tree
from runtime.wire.errors import StorageFailed
from runtime.wire.requests import encode_request, parse
from runtime.wire.schema import canonical, unpack
from tests.portable.toy_crypto import ToyCrypto

DEVICE_KEY = bytes(range(100, 132))


class Flash:
    """Flash in memory."""

    def __init__(self, sectors=2):
        self.sectors = sectors
        self.content = bytearray(BLANK * (sectors * SECTOR))

    def read(self, at, size):
        return bytes(self.content[at : at + size])

    def program(self, at, data):
        assert self.read(at, len(data)) == BLANK * len(data), "programmed over what was there"
        self.content[at : at + len(data)] = data

    def erase(self, sector):
        self.content[sector * SECTOR : (sector + 1) * SECTOR] = BLANK * SECTOR


class Host:
    """The host in memory.

    Attributes:
        boxes: {(place, number, part): box}.
        asked: methods of all calls, in order.
        full: whether it refuses to store.
    """

    def __init__(self):
        self.boxes = {}
        self.asked = []
        self.full = False
        self._draft = []  # messages of what is being kept

    def ask(self, method, params):
        """A call as it comes off the wire, to its result."""
        request = parse(encode_request(1, method, params))
        self.asked.append(method)
        return unpack(canonical(getattr(self, method)(*request.params)))

    def newest(self, place):
        numbers = [key[1] for key in self.boxes if key[0] == place]
        return max(numbers) if numbers else None

    def fetch(self, place, number, part):
        return self.boxes.get((place, number, part))

    def keep(self, number, last, drops, boxes):
        if self.full:
            raise StorageFailed("the disk is full", todo="make room")
        if number == 0:
            self._draft = []
        self._draft.append((drops, boxes))
        if last:
            for message in self._draft:
                self._finish(message[0], message[1])
            self._draft = []

    def _finish(self, drops, boxes):
        for place, first, end in drops:
            for key in [key for key in self.boxes if key[0] == place and first <= key[1] < end]:
                del self.boxes[key]
        for place, at, part, box in boxes:
            self.boxes[place, at, part] = box


def root_of(store):
    """Root of the journal in a store."""
    return Tree(store, store.count()).root()


def new_anchor(flash, root):
    """The anchor of a node that was never started."""
    log = AnchorLog(flash)
    log.write(Anchor(0, 0, START, 0, root))
    return log


class Device:
    """What is left of a node when the power is off: flash and host.

    Args:
        crypto: port.
        root: as KeptStore's.
        least: as KeptStore's.
        ram: function without arguments to an empty store of RAM.
    """

    def __init__(
        self, crypto=None, root=root_of, least=1 << 18, host=None, key=DEVICE_KEY, ram=RamStore
    ):
        self.ram = ram
        self.crypto = crypto or ToyCrypto()
        self.root = root
        self.least = least
        self.host = host or Host()
        self.key = key
        self.flash = Flash()
        new_anchor(self.flash, root(KeptBlank()))

    def store(self):
        """Power it up."""
        sealer = Sealer(self.crypto, self.key)
        anchor = AnchorLog(self.flash)
        keeper = Keeper(self.host.ask)
        return KeptStore(self.ram(), keeper, anchor, sealer, self.root, self.least)


class KeptBlank:
    """A store with nothing in it, as far as a root needs one."""

    def count(self):
        return 0
