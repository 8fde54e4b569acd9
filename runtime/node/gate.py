"""The gate: what a line may ask, by the channel it comes through and who is at its other end.

Without a channel there is the node's identity, and the handshake. With one, a request is passed on
if a role of the host may ask it; what a signed command may do is its signer's roles, as ever.
"""

from runtime.node.presence import ASKING, PRESSED, Question
from runtime.wire.channel import FINISH, HELLO, RECORD, Channel
from runtime.wire.commands import FINGERPRINT, PAIRING_MS, fingerprint, pairing_code, party_id
from runtime.wire.errors import Asking, Malformed, NodeError, Refused, Unauthorized, WrongHost
from runtime.wire.handshake import NodeHandshake
from runtime.wire.records import REQUESTS, Command, Signed
from runtime.wire.requests import Request, encode_notification, encode_response, parse
from runtime.wire.schema import decode, spec_of

PLAIN = ("identity",)  # what is answered without a channel
LOOK_MS = 1000  # between two looks at what came of a question
BY_SIGNATURE = ("self", "any")  # signers that are no role: the signature alone decides


class Gate:
    """The node's end of the channels of one line.

    One channel is open at a time, and one handshake under way beside it: whoever opens the next
    must have proved first who they are.

    Args:
        node: Node.
        random: function of a number to so many random bytes.
        operator: id, or at least its first 10 bytes, of the party that may become operator; empty
            if nobody was named when the node was started: then whoever is at the node is asked.

    Attributes:
        host: id of the party at the other end; None while there is no channel.
        outgoing: messages for the line, in order.
        opened: goes up with each channel, and when there is none any more: what was asked before
            is answered to nobody.
        noise: messages that were no requests.
    """

    def __init__(self, node, random, operator: bytes = b"") -> None:
        self._node = node
        self._random = random
        self._awaited = operator
        self._question = None  # at the node, about the operator
        self._asked_about = b""  # id of the channel
        self.opened = self.noise = 0
        self.close()

    def close(self) -> None:
        """Be without channel, handshake and anything to send."""
        self._handshake = None
        self._channel: Channel | None = None
        self.host: bytes | None = None
        self._roles: tuple = ()
        self.outgoing: list[bytes] = []
        self.opened += 1

    def take(self, message: bytes) -> tuple[Request, bool] | None:
        """(request, whether it came through the channel) of a message.

        None if there is nothing to do: an answer, if there is to be one, is in `outgoing`.
        """
        kind = message[0] if message else 0
        if kind in (HELLO, FINISH):
            self._shake(kind, message)
            return None
        secured = kind == RECORD
        try:
            request = parse(self._content(message) if secured else message)
        except Malformed:
            request = None
        if not isinstance(request, Request):
            self.noise += 1
            return None
        try:
            self._check(request, secured)
        except NodeError as error:
            self.send(encode_response(request.id, error.to_wire(), None), secured)
            return None
        return request, secured

    def send(self, message: bytes, secured: bool = True) -> None:
        """Add to `outgoing`, through the channel if there still is one, or as it is."""
        if not secured:
            self.outgoing.append(message)
        elif self._channel:
            self.outgoing.append(self._channel.seal(message))

    # ----------------------------------------------------------------------- the channel

    def _shake(self, kind, message):
        try:
            if kind == HELLO:
                self._handshake = NodeHandshake(
                    self._node.crypto, self._random, self._node.sign, self._node.id, self._key_of
                )
                self.outgoing.append(self._handshake.answer(message))
            else:
                self._finish(message)
        except NodeError as error:
            # Whoever reads it in good faith learns why there is no channel; it proves nothing.
            self._handshake = None
            self.outgoing.append(encode_notification("refused", error.to_wire()))

    def _finish(self, message):
        handshake, self._handshake = self._handshake, None
        if handshake is None:
            raise Unauthorized("the end of a handshake without its beginning", "a hello first")
        done, channel = handshake.done(message)
        self.close()
        self._channel = channel
        self.host = handshake.host
        self.outgoing.append(done)

    def _key_of(self, host, enclosed):
        """A party's key as of now; of one that is not known here, the key whose hash is its id."""
        return self._node.key_of(host) or (enclosed if party_id(enclosed) == host else None)

    def _content(self, record):
        """What a record holds; empty for the channel's end, and if there is none for it."""
        try:
            if self._channel is None:
                raise Unauthorized("there is no channel", "a handshake first", "connect again")
            content = self._channel.open(record)
        except NodeError as error:
            self.close()
            self.outgoing.append(encode_notification("refused", error.to_wire()))
            return b""
        if content is None:
            self.close()
            return b""
        return content

    # -------------------------------------------------------------------------- the host

    @property
    def is_operator(self) -> bool:
        """Whether the host is the operator's."""
        return self.host is not None and "operator" in self._known_roles()

    def _check(self, request, secured):
        """Refuse what the host may not ask."""
        method = request.method
        if not secured:
            if method not in PLAIN:
                raise Unauthorized(
                    f"{method!r:.60} came without a secure channel",
                    "the handshake that runtime/wire/CHANNEL.md describes",
                )
            return
        known = REQUESTS.get(method)
        if known is None:
            return  # the node says so
        if self._node.operator is None:
            if method == "provision":
                self._check_binding(request.params)
            return  # there is nothing to hide yet
        if self.is_operator:
            return
        spec = spec_of(known)
        signer, hosts = spec.more["signer"], spec.more["hosts"]
        if signer in BY_SIGNATURE or not signer and not hosts:
            return
        wanted = (signer,) if signer else ("operator",) + hosts
        roles = self._known_roles()
        if not any([role in roles for role in wanted]):
            raise WrongHost(
                f"the host of this channel may not ask {method}: it is "
                + (" and ".join(roles) or "not registered here"),
                "a host that is " + " or ".join(wanted),
                "connect as such a party: optin --as NAME",
            )

    def _check_binding(self, params):
        """Refuse an operator that nobody at the node has agreed to: not who calls first is it."""
        command = decode(Command, spec_of(Signed).build(params, "provision").body)
        if command.party != self.host:
            raise Unauthorized(
                "another party than the host of this channel would become operator",
                "the operator's own channel",
            )
        if not self._awaited:
            self._ask_at_the_node()
        elif len(self._awaited) < FINGERPRINT or not self.host.startswith(self._awaited):
            raise Unauthorized(
                f"{self.host.hex()[:20]} is not awaited as operator of this node",
                "the one that was named when the node was started",
                "start the node anew and name it: optin node run --operator",
            )

    def _ask_at_the_node(self):
        """Have whoever is at the node agree to an operator that was not named before."""
        presence, channel, question = self._node.presence, self._channel.id, self._question
        if question is None or self._asked_about != channel:
            missing = presence.port.ready()
            if missing:
                raise Refused(
                    missing,
                    "somebody at the node who agrees to this operator, or one that was named",
                    "name the operator when the node is started: optin node run --operator",
                )
            lines = ["Let this party operate the node, for good:", fingerprint(self.host)]
            question = Question(lines, pairing_code(channel), lambda question: None)
            presence.ask(question, PAIRING_MS)
            self._question, self._asked_about = question, channel
        if question.state == ASKING:
            raise Asking("the node asks whoever is at it", retry_ms=LOOK_MS)
        self._question = None
        if question.state != PRESSED:
            raise Refused(
                "nobody at the node agreed", "a press in time", "provision again, and press then"
            )

    def _known_roles(self):
        if not self._roles:  # it may have been registered meanwhile
            state = self._node.state_of("party", self.host)
            self._roles = state.roles if state else ()
        return self._roles
