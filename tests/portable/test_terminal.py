"""Questions at a terminal: what is typed, and what a hostile text can show."""

from runtime.node.presence import PAUSE_MS, WAIT_MS, Presence, Question
from runtime.node.terminal import Terminal, printable


class Screen:
    """A terminal, and whoever sits at it."""

    def __init__(self):
        self.keys = b""
        self.shown = b""
        self.away = ""
        self.ms = 0
        self.ended = []
        port = Terminal(self._take, self._put, lambda: self.away)
        self.presence = Presence(port, lambda: self.ms)

    def _take(self):
        keys, self.keys = self.keys, b""
        return keys

    def _put(self, data):
        self.shown += data

    def ask(self, code="012345", lines=("Let partner 00 see: name",)):
        self.presence.ask(
            Question(list(lines), code, lambda question: self.ended.append(question.state))
        )

    def types(self, text):
        self.keys += text if isinstance(text, bytes) else text.encode()
        self.presence.step()
        return self.ended[-1] if self.ended else self.presence.state


def test_the_code_is_a_yes():
    for typed in ("012345\n", "012 345\n", "\n012345\r\n", "  012345 \n"):
        screen = Screen()
        screen.ask()
        assert screen.types(typed) == "pressed", typed
        assert b"012 345" in screen.shown and b"name" in screen.shown and b"yes." in screen.shown


def test_a_longer_code_is_shown_in_threes():
    screen = Screen()
    screen.ask("012345678901")
    assert b"012 345 678 901" in screen.shown
    assert screen.types("012345 678901\n") == "pressed"


def test_anything_else_is_a_no():
    for typed in ("yes\n", "12345\n", "112345\n", "0123456\n", "n\n", b"\xff\xfe\n", "012345x\n"):
        screen = Screen()
        screen.ask()
        assert screen.types(typed) == "declined", typed


def test_a_line_counts_once_it_is_whole():
    screen = Screen()
    screen.ask()
    for part in ("0", "1234", "5"):
        assert screen.types(part) == "asking"
    assert screen.types("\n") == "pressed"


def test_what_was_typed_before_the_question_is_no_answer():
    for typed in ("012345\n", "012345", "01234"):
        screen = Screen()
        screen.types(typed)
        screen.keys += typed.encode()
        screen.ask()
        assert screen.types("") == "asking"
        assert screen.types("5\n" if typed == "01234" else "\n") in ("asking", "declined")


def test_an_empty_line_is_neither():
    screen = Screen()
    screen.ask()
    assert screen.types("\n\n \n") == "asking"


def test_time_runs_out():
    screen = Screen()
    screen.ask()
    screen.ms = WAIT_MS
    assert screen.types("012345\n") == "timed out"
    assert b"too late" in screen.shown


def test_nobody_is_asked_in_the_background():
    screen = Screen()
    screen.away = "behind"
    try:
        screen.ask()
    except Exception as error:
        assert "behind" in str(error)
    assert screen.presence.state == "idle" and screen.shown == b""


def test_the_words_for_everything_are_heard_while_nothing_is_asked():
    screen = Screen()
    summons = []
    screen.presence.on_summons = lambda: summons.append(screen.ms)
    screen.types("revoke everything\n")
    screen.ms = PAUSE_MS
    screen.types("revoke  everything\n")
    assert summons == [0]
    screen.ask()
    assert screen.types("revoke everything\n") == "declined" and summons == [0]
    screen.presence.step()
    assert summons == [0, PAUSE_MS], "said in answer to something else, it is heard all the same"


def test_a_text_does_not_steer_the_terminal():
    hostile = "\x1b[2Ja\rb\nc\x07\x9bd\u202ee\u2066f\u200bg\ufeffh"
    shown = printable(hostile)
    assert shown == "?[2Ja?b?c??d?e?f?g?h"
    assert printable("Zoë, Ελένη, 名") == "Zoë, Ελένη, 名"
    screen = Screen()
    screen.ask(lines=["for: " + hostile])
    for steering in (b"\x1b", b"\r", b"\x9b", "\u202e".encode()):
        assert steering not in screen.shown
    assert screen.shown.count(b"\n") == 4


def test_a_long_line_is_not_kept():
    screen = Screen()
    screen.types("x" * 100_000)
    assert len(screen.presence.port._typed) <= 200
