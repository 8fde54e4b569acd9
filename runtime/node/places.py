"""Metro areas by postal code."""


class Places:
    """A table of postal codes in runs.

    Args:
        runs: ascending (first, last, area) as text; area "" for codes in no area.
        names: {area: name}.
    """

    def __init__(self, runs=(), names=None) -> None:
        self._runs = runs
        self._names = names or {}

    def metro_area(self, postal_code: bytes) -> str:
        """Name of the metro area of a US ZIP or ZIP+4 code, as `San Francisco CA metro`.

        Empty for a code that is none, is not known, or lies in no metro area. A code says nothing
        of its country: five digits are taken for a ZIP code.
        """
        digits, dash, more = postal_code[:5], postal_code[5:6], postal_code[6:]
        if len(digits) != 5 or not digits.isdigit():
            return ""
        if postal_code[5:] and not (dash == b"-" and len(more) == 4 and more.isdigit()):
            return ""
        code = digits.decode()
        low, high = 0, len(self._runs)
        while low < high:
            middle = (low + high) // 2
            if self._runs[middle][1] < code:
                low = middle + 1
            else:
                high = middle
        if low == len(self._runs) or self._runs[low][0] > code or not self._runs[low][2]:
            return ""
        return self._names[self._runs[low][2]] + " metro"
