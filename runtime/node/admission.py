"""From bytes to a checked command: everything that can be done before a request's turn.

It changes nothing and reads nothing but keys. The verification of a signature is given to the
workers: where there are threads it runs ahead of and beside the sequencer.
"""

from runtime.wire import records
from runtime.wire.commands import ENROLMENT, command_hash, party_id, purpose
from runtime.wire.errors import Malformed, Stale, Unauthorized, UnknownMethod
from runtime.wire.records import INTERNAL, REQUESTS
from runtime.wire.schema import decode, spec_of, unpack_canonical
from runtime.wire.sealing import unseal


class Admitted:
    """A request whose form is right, and whose signature is being verified.

    Attributes:
        spec: declaration of the method.
        message: the request, a named tuple.
        command: its Command, None for an unsigned request.
        body: the signed bytes.
        hash: command hash.
        signature: over body.
        enclosures: what came beside it.
        key: the public key it is verified under; None while the signer is not known.
        enclosed: the key that came along, of a command that brings its own.
        valid: handle of that verification.
        presence: how the node knows of the signer's yes; only custody says other than "own".
        afterwards: functions to call once it is executed.
    """

    body = signature = b""
    hash: bytes | None = None
    enclosures: tuple = ()
    key: bytes | None = None
    enclosed: bytes | None = None
    presence = "own"
    afterwards: tuple = ()

    def __init__(self, spec, message):
        self.spec = spec
        self.message = message
        self.command = None
        self.valid = None


class Admission:
    """Checks requests.

    Args:
        crypto, workers: ports.
        node_id: bytes(32).
        kem_seed: the node's ML-KEM-1024 seed, 64 bytes.
        key_of: function from a party's id to its public key, or None.
    """

    def __init__(self, crypto, workers, node_id: bytes, kem_seed: bytes, key_of) -> None:
        self._crypto = crypto
        self._workers = workers
        self._node_id = node_id
        self._kem_seed = kem_seed
        self._key_of = key_of
        self.noise = 0  # requests with a signature that is not valid

    def admit(self, method: str, params) -> Admitted:
        """Check a request as it came off the wire.

        Args:
            method: text.
            params: decoded msgpack array.

        Returns:
            Admitted.

        Raises:
            NodeError: naming what is wrong with it.
        """
        request = REQUESTS.get(method)
        if request is None:
            if method in INTERNAL:
                raise UnknownMethod(
                    f"{method} is a message between actors", "a request of the reference"
                )
            raise UnknownMethod(f"no method {method!r:.60}", "a request of the reference")
        spec = spec_of(request)
        if not spec.more["signer"]:
            return Admitted(spec, spec.build(params, method))
        if spec.more["sealed"]:
            sealed = spec_of(records.Sealed).build(params, method)
            content = unseal(self._crypto, self._kem_seed, ENROLMENT, sealed)
            params = unpack_canonical(content)
        return self.signed(spec, spec_of(records.Signed).build(params, method))

    def signed(self, spec, signed: records.Signed) -> Admitted:
        """Check a signed command.

        Args:
            spec: of the method that it came for.
        """
        command = decode(records.Command, signed.body)
        method = spec.wire_name
        if command.method != method:
            raise Unauthorized(f"the command was signed for {command.method!r:.60}", method)
        if command.node != self._node_id:
            raise Stale(
                "the command was signed for another node", "this node's id", "sign it for this node"
            )
        expected = spec.more["enclosures"]
        if len(signed.enclosures) != len(expected):
            raise Malformed(
                f"{len(signed.enclosures)} enclosures with {method}",
                f"{len(expected)}: " + ", ".join(expected) if expected else "none",
            )
        admitted = Admitted(spec, spec.decode(command.params, method))
        admitted.command = command
        admitted.body = signed.body
        admitted.hash = command_hash(signed.body)
        admitted.signature = signed.signature
        admitted.enclosures = signed.enclosures
        key = self._key_of(command.party)
        if spec.more["signer"] == "self":
            enclosed = records.PUBLIC_KEY.build(signed.enclosures[0], method + ".public_key")
            if key is None and party_id(enclosed) != command.party:
                raise Unauthorized(
                    "the enclosed key is not the signer's", "the key whose hash is the party's id"
                )
            # A party that is known already signs with its key as of now, not with its first.
            key = key or enclosed
            admitted.enclosed = enclosed
        admitted.key = key
        if key is not None:  # a request before this one may be about to register the signer
            admitted.valid = self._workers.submit(
                self._crypto.verify, key, purpose(method), signed.body, signed.signature
            )
        return admitted

    def check(self, admitted: Admitted) -> None:
        """Refuse a command whose signature is not valid under its party's key as of now.

        Raises:
            Unauthorized: it is not valid, or the party is not known.
        """
        method = admitted.spec.wire_name
        key = self._key_of(admitted.command.party) or admitted.enclosed
        if key is None:
            raise Unauthorized(
                f"party {admitted.command.party.hex()[:16]} is not known here",
                "a registered party",
                "register it, or check that this is the right node",
            )
        if key == admitted.key:
            valid = admitted.valid.result()
        else:
            valid = self._crypto.verify(key, purpose(method), admitted.body, admitted.signature)
        if not valid:
            self.noise += 1
            raise Unauthorized(
                f"the signature of {method} is not valid",
                "the party's ML-DSA-87 signature over the command",
            )
