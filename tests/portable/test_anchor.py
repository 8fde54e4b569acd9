"""The anchor survives a cut at any byte of any write and of any erasure."""

from firmware.node.anchor import SLOT, Anchor, AnchorLog
from firmware.node.flash import BLANK, SECTOR
from runtime.wire.errors import StorageFailed
from tests.portable.kept import Flash


def anchor(number):
    return Anchor(number, 2 * number, bytes([number % 256]) * 32, 3 * number, bytes(32))


class Cut(Exception):
    """The power is gone."""


class TornFlash(Flash):
    """Flash whose power goes after so many bytes."""

    left = None

    def program(self, at, data):
        Flash.program(self, at, self._before_cut(data))
        self._end()

    def erase(self, sector):
        done = self._before_cut(bytes(SECTOR))
        self.content[sector * SECTOR : sector * SECTOR + len(done)] = BLANK * len(done)
        self._end()

    def _before_cut(self, data):
        if self.left is None:
            return data
        done = data[: self.left]
        self.left -= len(done)
        return done

    def _end(self):
        if self.left == 0:
            raise Cut


def written(count, sectors=2):
    """A flash that the numbers 1 to `count` were written to."""
    flash = TornFlash(sectors)
    log = AnchorLog(flash)
    for number in range(1, count + 1):
        log.write(anchor(number))
    return flash


def test_the_newest_is_read_however_often_the_ring_went_round():
    for sectors in (2, 3):
        flash = TornFlash(sectors)
        log = AnchorLog(flash)
        assert log.read() is None
        for number in range(1, 200):
            log.write(anchor(number))
            assert log.read() == anchor(number)
            if number % 7 == 0 or number % 32 < 3:
                assert AnchorLog(flash).read() == anchor(number)
        assert log.writes == 199


def test_a_write_that_is_torn_leaves_the_one_before_and_the_next_goes_on():
    for count in (1, 2, 30, 31, 32, 33, 63, 64, 65):
        before = bytes(written(count).content)
        for left in (1, 7, 8, 9, 60, 96, 127):
            flash = TornFlash()
            flash.content[:] = before
            flash.left = left
            log = AnchorLog(flash)
            try:
                log.write(anchor(count + 1))
                raise AssertionError("nothing was cut")
            except Cut:
                flash.left = None
            log = AnchorLog(flash)
            assert log.read() == anchor(count)
            for number in range(count + 1, count + 70):
                log.write(anchor(number))
            assert AnchorLog(flash).read() == anchor(count + 69)


def test_an_erasure_that_is_torn_leaves_the_newest():
    before = bytes(written(64).content)  # the next write erases the first sector
    for left in (1, 100, SLOT, 2048, SECTOR - 1, SECTOR, SECTOR + 5, SECTOR + SLOT - 1):
        flash = TornFlash()
        flash.content[:] = before
        flash.left = left
        try:
            AnchorLog(flash).write(anchor(65))
            raise AssertionError("nothing was cut")
        except Cut:
            flash.left = None
        log = AnchorLog(flash)
        assert log.read() == anchor(64), left
        log.write(anchor(65))
        assert AnchorLog(flash).read() == anchor(65)


def test_a_sector_is_erased_once_in_32_writes():
    flash = TornFlash(4)
    erased = []
    erase = flash.erase
    flash.erase = lambda sector: (erased.append(sector), erase(sector))
    log = AnchorLog(flash)
    for number in range(1, 32 * 12 + 1):
        log.write(anchor(number))
    assert len(erased) <= 12 and all([erased.count(sector) <= 3 for sector in range(4)])


def test_many_torn_writes_in_a_row_do_no_harm():
    flash = written(20)
    for left in range(1, 100):
        flash.left = left
        try:
            AnchorLog(flash).write(anchor(21))
        except Cut:
            pass
        flash.left = None
        assert AnchorLog(flash).read() == anchor(20)
    AnchorLog(flash).write(anchor(21))
    assert AnchorLog(flash).read() == anchor(21)


def test_a_flash_that_does_not_hold_what_is_written_is_an_error():
    flash = written(3)
    flash.program = lambda at, data: None
    try:
        AnchorLog(flash).write(anchor(4))
    except StorageFailed as error:
        assert "does not hold" in str(error)
        return
    raise AssertionError("nobody looked")
