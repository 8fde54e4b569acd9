"""Somebody who owns the line, and all that was ever said on it, tries to have a kept key sign.

A careful person is at the node, and presses when nothing is asked, too early, too late, or says no;
but yes only to the question that their own host asks, by the code on its screen.
"""

from runtime.node.presence import PAUSE_MS, WAIT_MS, Port
from runtime.node.terminal import Terminal
from runtime.wire import commands, records
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical, decode, make_id
from tests.portable.ram_store import RamStore
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import EUR, VALUES, HeldPerson, World

MS = 10**6
STEPS = 40
ON_A_PRESS = ("optin_activate_code", "optin_revoke_code", "withdraw_balance")
TIMES = (0, 1, 100, PAUSE_MS - 1, PAUSE_MS, 10_000, WAIT_MS - 1, WAIT_MS, WAIT_MS + 1, 4 * WAIT_MS)


class Contact(Port):
    """A button as it is: a press has a moment, and counts for what was asked before it."""

    kind = "button"
    every_ms = idle_ms = 1
    missing = ""

    def __init__(self, now_ms):
        self.shown = None
        self._now_ms = now_ms
        self._shown_at = 0
        self._presses = []
        self._held_down = False

    def press(self):
        self._presses.append(self._now_ms())

    def hold(self):
        self._held_down = True

    def ready(self):
        return ""

    def show(self, question):
        self.shown, self._shown_at = question, self._now_ms()

    def poll(self, now_ms):
        return True if [at for at in self._presses if at > self._shown_at] else None

    def hide(self):
        self.shown = None

    def summoned(self, now_ms):
        held, self._held_down = self._held_down, False
        return held


class Typed(Terminal):
    """A terminal, and what was typed at it."""

    def __init__(self):
        self.keys = b""
        super().__init__(self._take, lambda data: None)

    @property
    def shown(self):
        return self._question

    def _take(self):
        keys, self.keys = self.keys, b""
        return keys

    def type(self, text):
        self.keys += text.encode()


class Watched(ToyCrypto):
    """Notes what is signed with kept keys."""

    def __init__(self):
        super().__init__()
        self.signed = []  # (purpose, message)
        self.exports = 0
        self.kept = set()  # seeds

    def sign(self, seed, purpose, message):
        if bytes(seed) in self.kept:
            self.signed.append((purpose, bytes(message)))
        return super().sign(seed, purpose, message)

    def verify(self, public_key, purpose, message, signature):
        signed = list(self.signed)  # the toy verifies by signing
        try:
            return super().verify(public_key, purpose, message, signature)
        finally:
            self.signed = signed

    def aead_seal(self, key, nonce, content, context):
        self.exports += bytes(context) == commands.EXPORT
        return super().aead_seal(key, nonce, content, context)


class Strategy:
    """One try.

    Args:
        world: with a user whose key is kept, on Watched: `world.first` is a code that was
            activated, `world.code` one that was viewed.
        draw: random.Random.
    """

    def __init__(self, world, draw):
        self.world = world
        self.draw = draw
        self.heard = []  # (method, params) of all that was ever sent
        self.mine = {}  # command hash: body of what the user's own host asked
        self.yes = []  # command hashes that the person said yes to, in time
        self.everything = False  # the person wanted all consents revoked, and confirmed
        self.codes_seen = ["000000"]
        world.crypto.signed.clear()
        world.crypto.exports = 0
        self.by_button = draw.random() < 0.5
        self.boot()

    def boot(self):
        world = self.world
        now_ms = lambda: world.uptime.ns // MS  # noqa: E731
        world.node.directory.passivate_all()
        world.boot()
        self.port = Contact(now_ms) if self.by_button else Typed()
        world.node.presence.port = self.port

    def run(self):
        moves = (
            self.ask_honestly, self.ask_honestly, self.ask_evil, self.ask_evil, self.replay,
            self.replay, self.steal, self.forge, self.wait, self.wait, self.wait, self.press,
            self.press, self.press_for_mine, self.press_for_mine, self.use_freely, self.restart,
            self.hold,
        )  # fmt: skip
        for _ in range(STEPS):
            self.draw.choice(moves)()
            for _ in range(self.draw.randrange(3)):
                self.world.node.run()
        for _ in range(4):
            self.world.node.run()
        self.check()

    # ------------------------------------------------------------------------------ the line

    def send(self, method, params):
        self.heard.append((method, params))
        return self.world.send(method, params)

    def body(self):
        """Something that needs a press."""
        world, draw = self.world, self.draw
        method = draw.choice(ON_A_PRESS + ("export_key",))
        fields = {
            "optin_activate_code": (self.consent(),),
            "optin_revoke_code": (draw.choice((world.code, world.first)),),
            "withdraw_balance": (EUR, draw.randrange(3)),
            "export_key": (draw.randbytes(32),),
        }[method]
        world.user.nonce = world.state("party", world.user.id).nonce
        return method, world.body(world.user, method, *fields, not_after=self.not_after())

    def consent(self):
        fields = list(self.world.offered.required)
        if self.draw.random() < 0.5:
            fields = sorted(fields + list(self.world.offered.optional))
        return self.world.held_consent(self.world.user, self.world.code, fields=tuple(fields))

    def not_after(self):
        return self.world.now + self.draw.choice((0, 1000, WAIT_MS * MS, 10 * WAIT_MS * MS))

    def ask(self, method, body, access=None):
        world, thief = self.world, self.world.user.copy()
        thief.access = access or thief.access
        key = (world.user.passphrase_key,) if method == "export_key" else ()
        return self.send("ask_held", world.ask_of(thief, body, key))

    def ask_honestly(self):
        method, body = self.body()
        error, _ = self.ask(method, body)
        if not error:
            self.mine[commands.command_hash(body)] = body
            self.codes_seen.append(self.code_of(body))

    def ask_evil(self):
        """By whoever has the access too, or has not."""
        method, body = self.body()
        if commands.command_hash(body) not in self.mine:
            self.ask(method, body, self.draw.choice((None, bytes(32))))
            self.codes_seen.append(self.code_of(body))

    def replay(self):
        if self.heard:
            self.send(*self.draw.choice(self.heard))

    def steal(self):
        """What needs a press, by the way that needs none; or what only actors say."""
        method, body = self.body()
        ask = self.world.ask_of(self.world.user, body)
        hashed = commands.command_hash(body)
        self.send(*self.draw.choice((
            ("use_held", ask), (method, ask), ("held_answer", [hashed, True]),
            ("held_answer", [hashed]), ("presence_given", ["button"]), ("pressed", [hashed]),
        )))  # fmt: skip

    def forge(self):
        """The command itself: without a signature, with another's, with one out of the journal."""
        method, body = self.body()
        if method == "export_key":
            return
        world, journal = self.world, self.world.node.journal
        old = journal.attached(self.draw.randrange(journal.size), "command-signature")
        mine = self.world.operator.sign(commands.purpose(method), body)
        signature = self.draw.choice([bytes(4627), mine] + old)
        enclosures = ()
        if method == "optin_activate_code":
            key = world.operator.pairwise(world.partner.id)
            enclosures = (key.key, bytes(4627))
        self.send(method, [body, signature, list(enclosures)])

    def use_freely(self):
        world = self.world
        fields = records.SealedFields(self.draw.randbytes(32), VALUES)
        commitment = make_id("optin/v1/fields", fields.blind, fields.values)
        world.user.nonce = world.state("party", world.user.id).nonce
        body = world.body(world.user, "update_fields", commitment)
        self.send("use_held", world.ask_of(world.user, body, (canonical(fields),)))

    # ---------------------------------------------------------------------------- the person

    def code_of(self, body):
        return commands.press_code(self.world.node.boot_nonce, commands.command_hash(body))

    def is_in_time(self):
        return self.world.uptime.ns // MS < self.port.shown.deadline

    def asked(self):
        """Command hash of the question that is shown, if the user's own host asked it."""
        if self.port.shown is None:
            return None
        for hashed, body in self.mine.items():
            if self.code_of(body) == self.port.shown.code:
                return hashed
        return None

    def press(self):
        """At a wrong time, or a no."""
        if self.by_button:
            if self.port.shown is None:
                self.port.press()
            return
        shown = self.port.shown.code if self.port.shown else None
        wrong = [code for code in self.codes_seen if code != shown]
        self.port.type(self.draw.choice(wrong + ["yes", "no", "", "12"]))
        self.port.type(self.draw.choice(("\n", "\r\n", "")))

    def press_for_mine(self):
        """Perhaps a moment too late, and perhaps the question has changed in that moment."""
        hashed = self.asked()
        if hashed is None:
            return
        code = self.port.shown.code
        self.world.uptime.ns += self.draw.choice(TIMES) * MS
        if self.draw.random() < 0.3:
            self.world.node.run()
        if self.port.shown is None:
            self.press()
            return
        if self.by_button:
            self.world.uptime.ns += MS
            self.port.press()
        else:
            self.port.type("\n" + code + "\n" if self.draw.random() < 0.5 else code + "\n")
        if self.is_in_time():
            self.yes.append(hashed)
            self.world.node.run()

    def hold(self):
        """Hold the button down, and confirm or not."""
        if self.port.shown is not None:
            return
        if self.by_button:
            self.port.hold()
        else:
            self.port.type("revoke everything\n")
        self.world.node.run()
        if self.port.shown is None or self.draw.random() < 0.7:
            return
        if "every consent" in self.port.shown.lines[0]:
            self.everything = True
            self.world.uptime.ns += MS
            self.port.press() if self.by_button else self.port.type(self.port.shown.code + "\n")
            for _ in range(3):
                self.world.node.run()

    def wait(self):
        self.world.uptime.ns += self.draw.choice(TIMES) * MS

    def restart(self):
        self.boot()

    # ------------------------------------------------------------------------------ the oracle

    def check(self):
        """Everything that was signed with a kept key was said yes to, and signed for once."""
        crypto = self.world.crypto
        left = list(self.yes)
        meant = [decode(records.Command, self.mine[hashed]) for hashed in self.yes]
        consents = [
            canonical(decode(records.OptinActivateCode, command.params).consent)
            for command in meant
            if command.method == "optin_activate_code"
        ]
        for purpose, message in crypto.signed:
            method = purpose[len(b"optin/v1/") :].decode()
            if purpose == commands.CONSENT:
                assert message in consents, "a consent without a press"
                continue
            hashed = commands.command_hash(message)
            if method in ON_A_PRESS:
                if method == "optin_revoke_code" and self.everything and hashed not in left:
                    continue
                assert hashed in left, method + " without a press"
                left.remove(hashed)
            else:
                assert method in ("update_fields", "mark_viewed"), method
        exports = sum([command.method == "export_key" for command in meant])
        assert crypto.exports <= exports, "an export without a press"


def prepared():
    """A world to fork from: a kept key with a consent, and with a code that was viewed."""
    world = World(RamStore(), Watched()).ready()
    world.user = world.enrol_held(HeldPerson("Ada", make_id("test/passphrase", "Ada")), VALUES)
    world.code = world.generate(world.user)
    world.use_held(world.user, "mark_viewed", world.code)
    consent = world.held_consent(world.user, world.code)
    world.pressed(world.ask_held(world.user, "optin_activate_code", consent))
    world.first = world.code
    world.publish(serial=2)
    world.code = world.generate(world.user)
    world.use_held(world.user, "mark_viewed", world.code)
    commitment = world.state("profile", world.user.id).commitment
    seed = world.node.entropy("held/" + commitment.hex(), 0)
    world.crypto.kept = {seed, hkdf(seed, b"", commands.PAIRWISE + world.partner.id)}
    world.node.directory.passivate_all()
    return world
