"""Flash in a file: erased a sector at a time, then programmed piece by piece."""

from runtime.wire.errors import StorageFailed

SECTOR = 4096  # bytes erased at a time
BLANK = b"\xff"


class FlashFile:
    """What a serial flash does, in a file. Each call is durable when it returns.

    Args:
        path: text; the file must be there.
        sync: function of the open file that makes what was written durable.

    Attributes:
        sectors: how many there are.

    Raises:
        StorageFailed: the file cannot be opened, or is no whole number of sectors.
    """

    def __init__(self, path: str, sync) -> None:
        self._sync = sync
        try:
            self._file = open(path, "r+b")  # noqa: SIM115
            size = self._file.seek(0, 2)
        except OSError as error:
            raise StorageFailed(f"cannot open {path}: {error}", "the flash of this node")
        self.sectors = size // SECTOR
        if size % SECTOR or not size:
            raise StorageFailed(
                f"{path} has {size} bytes",
                f"a whole number of sectors of {SECTOR}",
                "restore the flash as it was; never make a new one for an old device key",
            )

    def read(self, at: int, size: int) -> bytes:
        """Bytes from an address on."""
        self._file.seek(at)
        return self._file.read(size)

    def program(self, at: int, data: bytes) -> None:
        """Write bytes where all is blank. A cut may leave any of them written."""
        self._file.seek(at)
        self._file.write(data)
        self._sync(self._file)

    def erase(self, sector: int) -> None:
        """Make a sector blank. A cut may leave it anyhow."""
        self.program(sector * SECTOR, BLANK * SECTOR)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
