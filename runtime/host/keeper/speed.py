"""How fast the line is: the host's end of it. firmware/node/README.md has the protocol."""

from collections.abc import Callable

from runtime.host.keeper.relay import Relay

START = 115_200
SPEEDS = (START, 2_000_000, 1_000_000, 921_600, 500_000, 460_800, 230_400)
SEARCH_MS = 1000  # at each speed
GUARD_MS = 50  # after the last byte was written: adapters have buffers that nobody can see
PATIENCE_MS = 1000  # until an answer at a new speed
TRIES = 3  # at a new speed
ASK_EACH_MS = 1000  # at a raised speed, whether the node is still there
LOST_MS = 10_000  # without a word of a node that was asked


class Speed:
    """Finds the node's speed, has it raised, and sees that the node is still there.

    Nothing else is sent to the node (`relay.holding`) until that is settled.

    Args:
        relay: Relay.
        wanted: baud.
        say: function of a line for people.

    Attributes:
        due: when `step` must be called next (ms), or None.
    """

    def __init__(self, relay: Relay, wanted: int, say: Callable[[str], None]) -> None:
        self._relay = relay
        self._wanted = wanted
        self._say = say
        self._order = list(dict.fromkeys((START, wanted, *SPEEDS)))
        self._turn = 0
        self._tries = 0  # in a row, to be answered at the speed that is wanted
        self._heard = 0  # messages of the node, when that was looked at
        self._heard_ms = 0
        self._baud = START
        self._next: Callable[[int, bool], int | None] = self._search
        self.due: int | None = None
        relay.holding = True

    def node_anew(self) -> None:
        """The node has begun a new session at the present speed."""
        self._relay.holding = True
        self._next = self._ask

    def begin(self, now_ms: int) -> int:
        """The node was reset, or the line was away; returns the speed to search it at first."""
        self._relay.holding = True
        self._turn = 0
        return self._listen(now_ms)

    def step(self, now_ms: int, written: bool) -> int | None:
        """Do what is due.

        Args:
            now_ms: as for Link.
            written: whether the line has taken all there was.

        Returns:
            The speed that the line must have from now on, or None: as it is.
        """
        return self._next(now_ms, written)

    def _listen(self, now_ms: int) -> int:
        self._relay.lose_node()
        self._next = self._search
        self._baud = self._order[self._turn % len(self._order)]
        self.due = now_ms + SEARCH_MS
        return self._baud

    def _search(self, now_ms: int, written: bool) -> int | None:
        if self._relay.met_node:
            return self._ask(now_ms, written)
        if self.due is None:
            self.due = now_ms + SEARCH_MS
        elif now_ms >= self.due:
            self._turn += 1
            if self._turn == len(self._order):
                self._say("nothing answers yet: see that the board has power and runs a node")
            return self._listen(now_ms)
        return None

    def _ask(self, now_ms: int, written: bool) -> int | None:
        if self._baud == self._wanted == START:
            self._settle(now_ms)
            return None
        self._relay.ask_speed(self._wanted)
        self._next = self._agree
        self.due = now_ms + LOST_MS
        return None

    def _agree(self, now_ms: int, written: bool) -> int | None:
        answer = self._relay.speed
        if answer is None:
            return self._lost(now_ms) if now_ms >= (self.due or 0) else None
        if answer != self._wanted:
            self._say(f"the node stays at {self._baud} baud")
            self._wanted = self._baud
        if self._baud == self._wanted:
            self._settle(now_ms)
            return None
        self._next = self._change
        self.due = now_ms + GUARD_MS
        return None

    def _change(self, now_ms: int, written: bool) -> int | None:
        if not written:
            self.due = now_ms + GUARD_MS
        if now_ms < (self.due or 0):
            return None
        self._baud = self._wanted
        self._relay.ask_speed(self._baud)
        self._next = self._confirm
        self.due = now_ms + PATIENCE_MS
        return self._baud

    def _confirm(self, now_ms: int, written: bool) -> int | None:
        if self._relay.speed is not None:
            self._settle(now_ms)
            return None
        if now_ms < (self.due or 0):
            return None
        self._tries += 1
        if self._tries == TRIES:
            self._say(f"the line does not carry {self._baud} baud: it stays at {START}")
            self._wanted = START
        return self.begin(now_ms)

    def _settle(self, now_ms: int) -> None:
        self._relay.holding = False
        self._tries = 0
        self._next = self._watch
        self._heard_ms = now_ms
        self.due = None if self._baud == START else now_ms + ASK_EACH_MS

    def _watch(self, now_ms: int, written: bool) -> int | None:
        if self.due is None or now_ms < self.due:
            return None
        if self._relay.heard != self._heard:
            self._heard, self._heard_ms = self._relay.heard, now_ms
        if now_ms - self._heard_ms > LOST_MS:
            return self._lost(now_ms)
        self._relay.ask_speed(self._baud)
        self.due = now_ms + ASK_EACH_MS
        return None

    def _lost(self, now_ms: int) -> int:
        self._say(f"the node does not answer at {self._baud} baud: it is sought at others")
        return self.begin(now_ms)
