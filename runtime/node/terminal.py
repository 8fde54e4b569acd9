"""Presence at a terminal of the node's own: a person reads what is asked and types its code.

Nobody knows the code before the question is shown, so what was typed before is no answer to it.
"""

from runtime.node.presence import Port, Question

REVOKE = "revoke everything"
MAX_LINE = 200  # characters of what is typed
WIDEST = 160  # characters of a line that is shown


class Terminal(Port):
    """Asks on a terminal, line by line.

    Args:
        read: function without arguments to the bytes that were typed, perhaps none.
        write: function of bytes.
        away: function without arguments; why nobody can be asked now, empty if somebody can.
    """

    kind = "terminal"
    every_ms = 100
    idle_ms = 500

    def __init__(self, read, write, away=lambda: "") -> None:
        self._read = read
        self._write = write
        self._away = away
        self._typed = b""
        self._question: Question | None = None
        self._wants_all = False  # said in answer to something else

    def ready(self) -> str:
        return self._away()

    def show(self, question) -> None:
        self._lines()
        self._typed = b""
        self._question = question
        lines = [""]
        lines.extend(question.lines)
        lines.append("")
        lines.append("If the asker's screen shows the code " + spaced(question.code) + " too, and")
        lines.append("this is what you want, type the code; anything else is a no: ")
        self._say(lines)

    def poll(self, now_ms: int):
        code = self._question and self._question.code
        for line in self._lines():
            if line.replace(" ", "") == code:
                return True
            self._wants_all = line == REVOKE
            if line:
                return False
        return None

    def hide(self) -> None:
        state = self._question.state if self._question else ""
        self._question = None
        self._say(["", {"pressed": "yes", "declined": "no"}.get(state, "too late") + ".", ""])

    def summoned(self, now_ms: int) -> bool:
        wants, self._wants_all = self._wants_all, False
        return not self._away() and (REVOKE in self._lines() or wants)

    def tell(self, line: str) -> None:
        self._say([line, ""])

    def _lines(self):
        """Lines that were typed in full, without their ends."""
        self._typed += self._read()
        parts = self._typed.split(b"\n")
        self._typed = parts.pop()[-MAX_LINE:]
        return [_text(part) for part in parts]

    def _say(self, lines):
        self._write("\n".join([printable(line)[:WIDEST] for line in lines]).encode())


def spaced(code: str) -> str:
    """A code as people read it out."""
    return " ".join([code[at : at + 3] for at in range(0, len(code), 3)])


def printable(text: str) -> str:
    """A text without what would steer the terminal, or turn the direction of what it shows.

    A partner wrote some of it.
    """
    shown = ""
    for character in text:
        at = ord(character)
        steers = at < 0x20 or 0x7F <= at < 0xA1 or at == 0xAD
        turns = 0x200B <= at <= 0x200F or 0x2028 <= at <= 0x202E or 0x2060 <= at <= 0x206F
        hidden = at in (0x061C, 0x180E, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB) or at >= 0xE0000
        shown += "?" if steers or turns or hidden else character
    return shown


def _text(line):
    try:
        return line[:MAX_LINE].decode().strip()
    except ValueError:  # not UTF-8
        return "?"
