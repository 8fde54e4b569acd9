"""Updates of a board's firmware: what is refused, and power that fails at any moment of one."""

from binascii import crc32
from hashlib import sha3_256

from firmware.node.anchor import AnchorLog
from firmware.node.flash import BLANK, SECTOR
from firmware.node.slots import HEADER, Header, Slot, header_bytes, header_of, order
from firmware.node.update import MOST, Updater
from runtime.node.ports import UPDATE_PART
from runtime.wire import records
from runtime.wire.commands import FIRMWARE
from runtime.wire.errors import NodeError, NotAllowedNow, Refused, StorageFailed, Unauthorized
from runtime.wire.schema import canonical
from tests.portable.kept import Flash
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import stage

SECTORS = 16  # of a slot here
BOARD = "ulx3s_45f"
SEED = b"u" * 32


def image(number, size=3 * UPDATE_PART + 40):
    return (sha3_256(bytes([number])).digest() * (size // 32 + 1))[:size]


class Cut(Exception):
    """The power is gone."""


class TornFlash(Flash):
    """Flash whose power goes at some step: a page or a sector is then done in part.

    Attributes:
        supply: [steps left], of all flash of a board.
    """

    def __init__(self, sectors, supply):
        Flash.__init__(self, sectors)
        self.supply = supply

    def program(self, at, data):
        for end in (0, 1, len(data) // 2, len(data) - 1, len(data)):
            self.content[at : at + end] = data[:end]
            self.step()

    def erase(self, sector):
        start = sector * SECTOR
        for end in (0, 10, SECTOR // 2, SECTOR):
            self.content[start : start + end] = BLANK * end
            self.step()

    def step(self):
        if self.supply[0] == 0:
            raise Cut
        self.supply[0] -= 1


class Board:
    """The flash of a board that was flashed with an image, and who updates it."""

    def __init__(self, counter=0):
        self.supply = [1 << 30]
        self.flash = [TornFlash(SECTORS, self.supply) for _ in range(2)]
        self.counter = TornFlash(2, self.supply)
        self.crypto = ToyCrypto()
        self.key = self.crypto.public_key(SEED)
        first = image(0)
        header = header_bytes(Header(len(first), crc32(first), counter))
        self.flash[0].content[:HEADER] = header
        self.flash[0].content[SECTOR : SECTOR + len(first)] = first
        self.start()

    def start(self, key=True):
        self.slots = [Slot(flash) for flash in self.flash]
        log = AnchorLog(self.counter)
        self.updater = Updater(self.slots, log, self.crypto, BOARD, self.key if key else None)

    def firmware(self, number, counter=None, **changes):
        content = image(number)
        usual = dict(board=BOARD, counter=number if counter is None else counter,
                     size=len(content), digest=sha3_256(content).digest())  # fmt: skip
        usual.update(changes)
        return records.Firmware(usual["board"], usual["counter"], usual["size"], usual["digest"])

    def begin(self, firmware, seed=SEED, purpose=FIRMWARE):
        signature = self.crypto.sign(seed, purpose, canonical(firmware))
        self.updater.begin(firmware, signature)

    def put(self, content):
        for at in range(0, len(content), UPDATE_PART):
            self.updater.put(at, content[at : at + UPDATE_PART])

    def update(self, number):
        self.begin(self.firmware(number))
        self.put(image(number))
        self.updater.finish()

    def started(self):
        """The image that the loader starts, as the loader finds it; None if there is none."""
        for slot in order(self.slots):
            if slot.is_whole():
                return b"".join(slot.image(slot.header().length))
        return None


def refused(kind, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")


def test_updates_go_to_the_slots_in_turn_and_the_newest_is_started():
    board = Board()
    assert board.started() == image(0) and board.updater.counter == 0
    for number in (1, 2, 7):
        board.update(number)
        assert board.started() == image(number) and board.updater.counter == number
        board.start()
        assert board.started() == image(number) and board.updater.counter == number
    headers = [slot.header().counter for slot in board.slots]
    assert sorted(headers) == [2, 7]


def test_what_is_not_newer_is_refused_even_after_a_start():
    board = Board()
    board.update(5)
    for _ in range(2):
        for counter in (0, 4, 5):
            said = refused(Refused, board.begin, board.firmware(9, counter=counter))
            assert "older firmware is never taken back" in said
        board.start()
    board.update(6)


def test_a_board_that_was_flashed_with_a_newer_image_takes_no_older_one():
    board = Board(counter=12)
    assert board.updater.counter == 12
    refused(Refused, board.begin, board.firmware(12))
    board.update(13)


def test_what_is_signed_by_another_key_or_for_another_purpose_is_refused():
    board = Board()
    firmware = board.firmware(1)
    refused(Unauthorized, board.begin, firmware, seed=b"x" * 32)
    refused(Unauthorized, board.begin, firmware, purpose=b"optin/v1/head")
    signature = board.crypto.sign(SEED, FIRMWARE, canonical(firmware))
    refused(Unauthorized, board.updater.begin, board.firmware(1, counter=2), signature)
    assert board.started() == image(0)


def test_what_is_for_another_board_or_does_not_fit_is_refused():
    board = Board()
    for changes in (dict(board="arty_a7_35t"), dict(size=0), dict(size=MOST + 4), dict(size=6)):
        refused(Refused, board.begin, board.firmware(1, **changes))


def test_firmware_without_an_update_key_takes_no_update():
    board = Board()
    board.start(key=False)
    assert "no update key" in refused(Refused, board.begin, board.firmware(1))


def test_an_image_that_is_not_the_signed_one_is_not_started():
    board = Board()
    board.begin(board.firmware(1))
    wrong = bytearray(image(1))
    wrong[-1] ^= 1
    board.put(bytes(wrong))
    assert "not the one that was signed" in refused(Refused, board.updater.finish)
    assert board.started() == image(0) and board.updater.counter == 0
    board.update(1)
    assert board.started() == image(1)


def test_a_flash_that_does_not_hold_the_image_does_not_start_it():
    board = Board()
    board.begin(board.firmware(1))
    board.put(image(1))
    board.flash[1].content[SECTOR + 77] ^= 1
    refused(StorageFailed, board.updater.finish)
    assert board.started() == image(0) and board.updater.counter == 0


def test_parts_come_in_order_and_the_last_one_may_come_again():
    board = Board()
    refused(NotAllowedNow, board.updater.put, 0, bytes(UPDATE_PART))
    refused(NotAllowedNow, board.updater.finish)
    board.begin(board.firmware(1))
    parts = [image(1)[at : at + UPDATE_PART] for at in range(0, len(image(1)), UPDATE_PART)]
    first, second, *_, last = parts
    for offset, data in (
        (4, first), (0, first[:-4]), (0, first + bytes(4)), (UPDATE_PART, second), (0, last),
    ):  # fmt: skip
        refused(NotAllowedNow, board.updater.put, offset, data)
    for index, part in enumerate(parts):
        refused(NotAllowedNow, board.updater.finish)
        refused(NotAllowedNow, board.updater.put, index * UPDATE_PART, part + bytes(4))
        for _ in range(2):
            taken = board.updater.put(index * UPDATE_PART, part)
            assert taken == index * UPDATE_PART + len(part)
    board.updater.finish()
    assert board.started() == image(1)


def test_an_update_that_is_begun_anew_forgets_the_one_before():
    board = Board()
    board.begin(board.firmware(1))
    board.updater.put(0, image(1)[:UPDATE_PART])
    board.update(2)
    assert board.started() == image(2)


def test_a_slot_that_is_damaged_is_the_one_that_is_written():
    board = Board()
    board.update(1)
    board.flash[1].content[SECTOR + 5] ^= 1  # the newer one: the loader starts the other
    assert board.started() == image(0)
    board.start()
    board.begin(board.firmware(2))
    assert board.started() == image(0)
    board.put(image(2))
    board.updater.finish()
    assert board.started() == image(2)


def test_a_header_that_is_changed_anywhere_is_none():
    content = header_bytes(Header(1000, 7, 3))
    assert header_of(content) == Header(1000, 7, 3)
    for at in range(HEADER):
        changed = bytearray(content)
        changed[at] ^= 0x10
        assert header_of(bytes(changed)) is None
    assert header_of(BLANK * HEADER) is None and header_of(bytes(HEADER)) is None


def cut_everywhere(prepared):
    """Cut an update to number 2 at every step; returns how many there were."""
    cuts = 0
    while True:
        board = prepared()
        before, counter = board.started(), board.updater.counter
        board.supply[0] = cuts
        try:
            board.update(2)
            return cuts
        except Cut:
            pass
        board.supply[0] = 1 << 30
        started = board.started()
        assert started in (before, image(2)), cuts
        board.start()
        assert board.started() == started, cuts
        newest = order(board.slots)[0].header().counter
        assert board.updater.counter == max(counter, newest), cuts
        if started == image(2):
            refused(Refused, board.begin, board.firmware(2))
            board.update(3)
            assert board.started() == image(3)
        else:
            board.update(2)
            assert board.started() == image(2)
        cuts += 1


def test_power_that_fails_at_any_step_leaves_the_old_firmware_or_the_new_one():
    assert cut_everywhere(Board) > 250


def test_nor_does_it_harm_when_both_slots_were_written_before():
    def prepared():
        board = Board()
        board.update(1)
        return board

    assert cut_everywhere(prepared) > 250


def test_power_that_fails_while_the_counter_is_raised_at_a_start_does_no_harm():
    cuts, done = 0, False
    while not done:
        board = Board()
        board.supply[0] = 1 << 30
        board.begin(board.firmware(2))
        board.put(image(2))
        board.counter.content[:] = BLANK * len(board.counter.content)
        board.slots[1].finish(Header(len(image(2)), crc32(image(2)), 2))
        board.supply[0] = cuts
        try:
            board.start()
            done = True
        except Cut:
            board.supply[0] = 1 << 30
            board.start()
        assert board.updater.counter == 2 and board.started() == image(2)
        cuts += 1
    assert cuts > 5


# ------------------------------------------------------------------------------- over the line


def test_an_operator_updates_a_board_by_requests_and_nobody_else_does():
    world, board = stage("ready"), Board()
    world.node.updater = board.updater
    firmware = board.firmware(1)
    signature = board.crypto.sign(SEED, FIRMWARE, canonical(firmware))
    refused(Unauthorized, world.do, world.partner, "begin_update", firmware, signature)
    assert world.do(world.operator, "begin_update", firmware, signature).part == UPDATE_PART
    for at in range(0, len(image(1)), UPDATE_PART):
        part = image(1)[at : at + UPDATE_PART]
        refused(Unauthorized, world.do, world.partner, "put_update", at, part)
        done = world.do(world.operator, "put_update", at, part)
        assert done.received == at + len(part)
    size = world.node.journal.size
    assert world.do(world.operator, "finish_update").counter == 1
    assert board.started() == image(1) and world.node.journal.size == size


def test_a_node_that_is_a_package_says_how_it_is_updated():
    world, board = stage("ready"), Board()
    said = refused(
        NodeError, world.do, world.operator, "begin_update", board.firmware(1), bytes(4627)
    )
    assert "install the new version of the package" in said
