"""Custody: what is done with the keys that the node keeps, and what for that it asks for a press.

Without a press a kept key signs nothing that shares data, moves money or removes a right. In the
journal a user whose key is kept here looks like any other: the commands are the same ones.
"""

from runtime.node import words
from runtime.node.admission import Admitted
from runtime.node.held import HeldKeys
from runtime.node.presence import ASKING, PRESSED, TIMED_OUT, WAIT_MS, Question
from runtime.wire import commands, records
from runtime.wire.errors import (
    Fault,
    Malformed,
    Missing,
    NodeError,
    Refused,
    Stale,
    UnknownMethod,
    from_wire,
)
from runtime.wire.records import REQUESTS
from runtime.wire.schema import canonical, decode, make_id, spec_of, unpack_own
from runtime.wire.sealing import unseal

REMEMBERED = 8  # questions whose outcome can be asked for
LIFE_NS = 60 * 10**9  # of a command that nobody on the line asked for
PAGE = 16
EVERYTHING = "optin/v1/revoke-everything"

FREELY, ON_A_PRESS = "freely", "on a press"  # of a request: how a kept key signs it
IN_WORDS = {
    "export_key": words.export,
    "optin_activate_code": words.activation,
    "optin_revoke_code": words.revocation,
    "withdraw_balance": words.withdrawal,
}


class Asked:
    """A question and what came of it.

    Attributes:
        command: hash of what a press signs.
        question: Question; None of a command that was in the journal already.
        result: bytes once it is done.
        error: NodeError why it will not be.
    """

    result: bytes | None = None
    error: NodeError | None = None

    def __init__(self, command: bytes, question) -> None:
        self.command = command
        self.question = question


class Custody:
    """Uses the keys that the node keeps.

    Args:
        node: Node.
        secret: the node's seed.
    """

    def __init__(self, node, secret: bytes) -> None:
        self._node = node
        self._keys = HeldKeys(node, secret)
        self._asked: list = []  # the last of them, Asked
        self._to_revoke: list = []  # (user, code)
        self._revoked = 0
        node.presence.on_summons = self._summoned

    # ------------------------------------------------------------- requests that need no press

    def enrol_held(self, message: records.EnrolHeld) -> Admitted:
        """The enrolment of a user with a key that is made and kept here."""
        enrolment = decode(records.HeldEnrolment, self._unsealed(message))
        signed, keep = self._keys.enrol(enrolment)
        admitted = self._node.admission.signed(spec_of(records.Enrol), signed)
        admitted.afterwards = (keep,)
        return admitted

    def use_held(self, message: records.UseHeld) -> Admitted:
        """A command as its user would have signed it."""
        ask, command, spec = self._read(message)
        if spec.more["kept"] != FREELY:
            raise Refused(
                command.method + " with a kept key, without a press",
                "a request that the reference allows",
                "use ask_held" if spec.more["kept"] else "",
            )
        if spec.more["journaled"]:
            return self._signed(spec, ask.body, command.party, ask.enclosures)
        admitted = Admitted(spec, spec.decode(command.params))
        admitted.command, admitted.valid = command, _Valid()
        admitted.key = self._node.key_of(command.party)
        return admitted

    def public_key(self, user: bytes, partner) -> bytes:
        """Public key (2,592 bytes) of a user, or by which a partner knows them."""
        if partner is None:
            return self._node.key_of(user)
        return self._keys.pairwise_key(user, partner)

    # -------------------------------------------------------------------- requests that need one

    def ask(self, tx, message: records.AskHeld) -> records.Question:
        """Begin to ask for a press; the same command again is the same question."""
        ask, command, spec = self._read(message)
        if spec.more["kept"] != ON_A_PRESS:
            raise Refused(command.method + " on a press", "one of " + ", ".join(sorted(IN_WORDS)))
        hashed = commands.command_hash(ask.body)
        if self._find(hashed) is None and not self._was_done(hashed):
            if tx.time > command.not_after:
                raise Stale("the command came after its not_after", "one for longer")
            self._begin_to_ask(hashed, ask, command, spec)
        node = self._node
        code = commands.press_code(node.boot_nonce, hashed)
        return records.Question(node.id, node.boot_nonce, hashed, code, WAIT_MS)

    def _begin_to_ask(self, hashed, ask, command, spec):
        user, method = command.party, command.method
        request = spec.decode(command.params)
        lines = IN_WORDS[method](self._node, user, request)
        if method == "optin_activate_code":
            key = self._keys.pairwise_key(user, request.consent.partner)
            if commands.pairwise_id(key) != request.consent.pairwise:
                raise Refused("the pairwise id is not the user's", "the hash of held_key's")
        if method == "export_key":
            if not self._keys.may_leave(user):
                raise Refused("this key was enrolled to stay here", "one with a passphrase")
            if len(ask.enclosures) != 1:
                raise Malformed("no passphrase key with export_key", "32 bytes of it, enclosed")
        self._begin(hashed, lines, lambda asked: self._act(asked, spec, request, ask, user))

    def answer(self, hashed: bytes) -> tuple:
        """(state, result) of a question.

        Raises:
            NodeError: why there will be no result.
        """
        asked = self._find(hashed)
        if asked is None:
            raise Missing(
                "there is no such question",
                "the hash of a command that was asked about since the node started",
                "ask again: what was not answered was not signed",
            )
        if asked.error:
            raise asked.error
        if asked.result is not None:
            return "done", asked.result
        return ("asking" if asked.question.state == ASKING else "pressed"), b""

    def step(self) -> None:
        """See to the question that is asked, and to what is to be revoked."""
        self._node.presence.step()
        if self._to_revoke and not self._node.sequencer.queued:
            self._revoke(*self._to_revoke.pop())

    def _begin(self, hashed, lines, act, by_hand=False):
        code = commands.press_code(self._node.boot_nonce, hashed)
        question = Question(lines, code, lambda question: self._ended(asked, act))
        asked = Asked(hashed, question)
        self._node.presence.ask(question, by_hand=by_hand)
        self._remember(asked)

    def _ended(self, asked, act):
        state = asked.question.state
        if state != PRESSED:
            late = state == TIMED_OUT
            asked.error = Refused(
                "nobody pressed in time" if late else "whoever is at the node said no",
                f"a press within {WAIT_MS // 1000} s" if late else "a press",
                "ask again",
            )
            return
        try:
            act(asked)
        except NodeError as error:
            asked.error = error
        except Exception as error:
            self._node.directory.report("custody", error)
            asked.error = Fault("the node failed with " + type(error).__name__, todo="ask again")

    def _act(self, asked, spec, request, ask, user):
        """Do what was pressed for."""
        enclosures = ask.enclosures
        if spec.wire_name == "export_key":
            asked.result = self._keys.export(user, enclosures[0], request.salt)
            return
        if spec.wire_name == "optin_activate_code":
            enclosures = self._keys.consent(user, request.consent)
        self._push(spec, ask.body, user, enclosures, asked)

    def _push(self, spec, body, user, enclosures, asked):
        """Queue a command that a press was given for."""
        admitted = self._signed(spec, body, user, enclosures)
        admitted.presence = self._node.presence.port.kind
        self._node.sequencer.push(admitted, lambda *answer: self._finished(asked, *answer))

    def _finished(self, asked, error, result):
        if error:
            asked.error = from_wire(error)
        else:
            asked.result = canonical(result)
        if asked.question is None:  # one of many
            self._revoked += error is None
            if not self._to_revoke:
                self._node.presence.port.tell(f"consents taken back: {self._revoked}")

    # ------------------------------------------------------------------------ without any request

    def _summoned(self):
        port, found = self._node.presence.port, self._active()
        if not found:
            port.tell("there is no consent that was given with a key kept here")
            return
        hashed = make_id(EVERYTHING, self._node.clock.now(), found)
        try:
            lines = words.everything(len(found))
            self._begin(hashed, lines, lambda asked: self._revoke_all(found), by_hand=True)
        except NodeError as error:
            port.tell(str(error))

    def _active(self):
        """(user, code) of every consent that was given with a kept key, and stands."""
        node, found = self._node, []
        for user in self._keys.users():
            rows = node.store.scan("edge.has_code", user, None, PAGE)
            while rows:
                for _, code in rows:
                    if node.state_of("code", code).status in words.REVOCABLE:
                        found.append((user, code))
                rows = node.store.scan("edge.has_code", user, tuple(rows[-1]), PAGE)
        return found

    def _revoke_all(self, found):
        self._to_revoke, self._revoked = found, 0

    def _revoke(self, user, code):
        """One transaction of many."""
        node, spec = self._node, spec_of(records.OptinRevokeCode)
        nonce, until = node.state_of("party", user).nonce + 1, node.clock.now() + LIFE_NS
        command = records.Command(
            commands.TAG, node.id, spec.wire_name, user, nonce, until, canonical([code])
        )
        body = canonical(command)
        self._push(spec, body, user, (), Asked(commands.command_hash(body), None))

    # ------------------------------------------------------------------------- what is asked

    def _signed(self, spec, body, user, enclosures):
        """A command signed with a kept key, to be checked as any other."""
        signed = self._keys.sign(user, spec.wire_name, body, enclosures)
        return self._node.admission.signed(spec, signed)

    def _unsealed(self, message):
        node = self._node
        return unseal(node.crypto, node.kem_seed, commands.HELD, message.sealed)

    def _read(self, message):
        """(HeldAsk, Command, Spec of its method) of what was asked by somebody who may."""
        ask = decode(records.HeldAsk, self._unsealed(message))
        command = decode(records.Command, ask.body)
        if command.node != self._node.id:
            raise Stale("the command is for another node", "this node's id", "ask this node anew")
        self._keys.check(command.party, ask.access)
        request = REQUESTS.get(command.method)
        if request is None:
            raise UnknownMethod(f"no method {command.method!r:.60}", "a request of the reference")
        return ask, command, spec_of(request)

    def _was_done(self, hashed):
        """Whether the journal has the command; then its outcome is remembered again."""
        known = self._node.store.get("reply", hashed)
        if known is None:
            return False
        position, leaf, result, error = unpack_own(known)
        asked = Asked(hashed, None)
        if error:
            asked.error = from_wire(error)
        else:
            signatures = self._node.journal.attached(position, "node-signature")
            asked.result = canonical([result, position, leaf, signatures])
        self._remember(asked)
        return True

    def _remember(self, asked):
        self._asked.append(asked)
        if len(self._asked) > REMEMBERED:
            self._asked.pop(0)

    def _find(self, hashed):
        for asked in self._asked:
            if asked.command == hashed:
                return asked
        return None


class _Valid:
    """Of a request that needs no signature, since its key is here."""

    def result(self):
        return True
