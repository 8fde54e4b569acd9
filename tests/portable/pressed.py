"""A presence port whose button is pressed by the test."""

from runtime.node.presence import Port


class Pressed(Port):
    """Shows questions to the test, which presses for whoever is at the node.

    Attributes:
        shown: the Question that is shown, None if none is.
        seen: all that were.
        told: lines that were told.
    """

    kind = "injected"
    every_ms = idle_ms = 1
    missing = ""

    def __init__(self):
        self.shown = None
        self.seen = []
        self.told = []
        self._answer = None
        self._summons = False

    def ready(self):
        return self.missing

    def press(self, answer=True):
        """Press, or say no; outside of a question it goes nowhere."""
        if self.shown:
            self._answer = answer

    def summon(self):
        """Hold the button down while nothing is asked."""
        if not self.shown:
            self._summons = True

    def show(self, question):
        self.shown, self._answer = question, None
        self.seen.append(question)

    def poll(self, now_ms):
        return self._answer

    def hide(self):
        self.shown = None

    def summoned(self, now_ms):
        summons, self._summons = self._summons, False
        return summons

    def tell(self, line):
        self.told.append(line)
