"""The table of US metro areas, packed: a quarter of a megabyte that nobody has to collect."""

from runtime.node.places import Places

CODE = 5  # digits of a ZIP code and of an area


def read_places(folder: str) -> Places:
    """The table that ships, from its two files; see runtime/cpython/places/README.md.

    Raises:
        OSError: they cannot be read.
    """
    with open(folder + "/metro_zips.csv") as file:
        runs = Runs(file)
    with open(folder + "/metro_names.csv") as file:
        return Places(runs, Names(file.read()))


class Runs:
    """A sequence of (first, last, area), 15 bytes each.

    Args:
        lines: of text, `first,last,area`, where the area may be empty.
    """

    def __init__(self, lines) -> None:
        self._rows = bytearray()
        for line in lines:
            first, last, area = line.strip().split(",")
            self._rows.extend((first + last + (area or " " * CODE)).encode())

    def __len__(self) -> int:
        return len(self._rows) // (3 * CODE)

    def __getitem__(self, index: int):
        row = bytes(self._rows[3 * CODE * index : 3 * CODE * (index + 1)]).decode()
        return row[:CODE], row[CODE : 2 * CODE], row[2 * CODE :].strip()


class Names:
    """A mapping of areas to names.

    Args:
        text: lines of `area,name`.
    """

    def __init__(self, text: str) -> None:
        self._text = "\n" + text

    def __getitem__(self, area: str) -> str:
        at = self._text.index("\n" + area + ",") + len(area) + 2
        return self._text[at : self._text.index("\n", at)].strip()
