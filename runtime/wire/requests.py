"""msgpack-rpc: requests `[0, id, method, params]`, answers `[1, id, error, result]` and
notifications `[2, method, params]`."""

from collections import namedtuple

from runtime.wire.errors import Malformed
from runtime.wire.schema import canonical, unpack

Request = namedtuple("Request", ("id", "method", "params"))
Response = namedtuple("Response", ("id", "error", "result"))
Notification = namedtuple("Notification", ("method", "params"))

MAX_ID = (1 << 32) - 1


def encode_request(request_id: int, method: str, params: list) -> bytes:
    """Bytes of a request; params is an array."""
    return canonical([0, request_id, method, params])


def encode_response(request_id: int, error: list | None, result) -> bytes:
    """Bytes of an answer; error is None or the array of `NodeError.to_wire`."""
    return canonical([1, request_id, error, result])


def encode_notification(method: str, params: list) -> bytes:
    """Bytes of a notification."""
    return canonical([2, method, params])


def parse(message: bytes) -> Request | Response | Notification:
    """Request, Response or Notification of received bytes.

    Raises:
        Malformed: it is none of the three.
    """
    value = unpack(message)
    if isinstance(value, list) and value:
        kind = value[0]
        if kind == 0 and len(value) == 4 and _is_id(value[1]) and isinstance(value[2], str):
            return Request(value[1], value[2], value[3])
        if kind == 1 and len(value) == 4 and _is_id(value[1]):
            return Response(value[1], value[2], value[3])
        if kind == 2 and len(value) == 3 and isinstance(value[1], str):
            return Notification(value[1], value[2])
    raise Malformed("the message is not msgpack-rpc", "[0, id, method, params] or an answer")


def _is_id(value):
    return type(value) is int and 0 <= value <= MAX_ID
