"""What can be answered instead of a result: typed, and each names what to do about it."""


class NodeError(Exception):
    """An answer that is not a result.

    Args:
        wrong: what was wrong.
        expected: what would have been right.
        todo: what the asker can do now.
        retry_ms: earliest useful retry in milliseconds; 0 where a retry changes nothing.
    """

    code = "error"

    def __init__(self, wrong: str, expected: str = "", todo: str = "", retry_ms: int = 0) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.expected = expected
        self.todo = todo
        self.retry_ms = retry_ms

    def __str__(self) -> str:
        text = self.wrong
        if self.expected:
            text += "; expected " + self.expected
        if self.todo:
            text += "; " + self.todo
        return text

    def to_wire(self) -> list:
        """The error as msgpack-rpc carries it: [code, wrong, expected, todo, retry_ms]."""
        return [self.code, self.wrong, self.expected, self.todo, self.retry_ms]


class Malformed(NodeError):
    """The bytes or values do not have the declared shape."""

    code = "malformed"


class UnknownMethod(NodeError):
    """No such method, or one that only actors may ask of each other."""

    code = "unknown_method"


class Unauthorized(NodeError):
    """The signature is not valid, or its owner may not do this."""

    code = "unauthorized"


class WrongHost(Unauthorized):
    """The host of the channel has no role that may ask this."""

    code = "host"


class Stale(NodeError):
    """The command is too late, was overtaken by a newer one, or is meant for another node."""

    code = "stale"


class Missing(NodeError):
    """What the request names does not exist here."""

    code = "missing"


class NotAllowedNow(NodeError):
    """The entity's state does not allow this message."""

    code = "state"


class Refused(NodeError):
    """A rule of the business says no."""

    code = "refused"


class NoFunds(NodeError):
    """The escrow account cannot pay."""

    code = "funds"


class Busy(NodeError):
    """A bounded resource is full; try again after `retry_ms`."""

    code = "busy"


class Asking(NodeError):
    """The node asks whoever is at it; come again after `retry_ms` for what came of it."""

    code = "asking"


class StorageFailed(NodeError):
    """The store could not make the change durable; nothing of it remains."""

    code = "storage"


class NoEntropy(NodeError):
    """The node has no source of randomness that it trusts: it makes no key and signs nothing."""

    code = "entropy"


class Fault(NodeError):
    """The node failed; nothing of the request remains."""

    code = "fault"


ERRORS = {
    error.code: error
    for error in (
        NodeError, Malformed, UnknownMethod, Unauthorized, WrongHost, Stale, Missing, NotAllowedNow,
        Refused, NoFunds, Busy, Asking, StorageFailed, NoEntropy, Fault,
    )
}  # fmt: skip


def from_wire(parts) -> NodeError:
    """The error that `to_wire` made `parts` from; never raises for hostile `parts`."""
    try:
        code, wrong, expected, todo, retry_ms = parts
        return ERRORS.get(code, NodeError)(str(wrong), str(expected), str(todo), int(retry_ms))
    except (TypeError, ValueError):
        return NodeError("the node answered with an error of unknown shape")
