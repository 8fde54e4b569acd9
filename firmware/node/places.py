"""The table of US metro areas, read where it lies: a quarter of a megabyte beside the heap."""

from runtime.node.places import Places

LONGEST = 18  # bytes of a line of runs and its end: `00501,00501,35620`


def read_places(folder: str) -> Places:
    """The table that ships, in its two files; see runtime/cpython/places/README.md.

    Raises:
        OSError: they cannot be read.
    """
    runs = open(folder + "/metro_zips.csv", "rb")  # noqa: SIM115  both stay open
    names = open(folder + "/metro_names.csv", "rb")  # noqa: SIM115
    return places_of(runs, names)


def places_of(runs, names) -> Places:
    """The table in two open binary files: of postal codes, and of names."""
    return Places(Runs(runs), Names(names))


class Runs:
    """A sequence of (first, last, area) in which each run stands once for each of its bytes.

    So it can be searched by halving, although lines with and without an area differ in length.

    Args:
        file: lines of `first,last,area`, where the area may be empty.
    """

    def __init__(self, file) -> None:
        self._file = file
        self._size = file.seek(0, 2)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int):
        start = max(index - LONGEST, 0)
        self._file.seek(start)
        text = self._file.read(2 * LONGEST)
        first = text.rfind(b"\n", 0, index - start) + 1
        line = text[first:].split(b"\n", 1)[0]
        return tuple(line.decode().strip().split(","))


class Names:
    """A mapping of areas to names.

    Args:
        file: lines of `area,name`.
    """

    def __init__(self, file) -> None:
        self._file = file

    def __getitem__(self, area: str) -> str:
        self._file.seek(0)
        text = b"\n" + self._file.read()
        at = text.index(b"\n" + area.encode() + b",") + len(area) + 2
        return text[at : text.index(b"\n", at)].decode().strip()


class InMemory:
    """An open file whose bytes are in memory: as much of one as the table of places needs."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def seek(self, at: int, whence: int = 0) -> int:
        self._at = at + (len(self._content) if whence == 2 else 0)
        return self._at

    def read(self, size: int | None = None) -> bytes:
        start = self._at
        self._at = len(self._content) if size is None else start + size
        return self._content[start : self._at]
