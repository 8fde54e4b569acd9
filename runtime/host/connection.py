"""The connection to a node: link, secure channel, and requests as they are.

What a request means is the client's, `client.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from runtime.host.crypto import Crypto
from runtime.host.transports import Transport, TransportError, open_transport
from runtime.wire import records
from runtime.wire.channel import ANSWER, DONE, RECORD, Channel, is_channel
from runtime.wire.commands import node_id, pairing_code, party_id
from runtime.wire.errors import Busy, Malformed, NodeError, from_wire
from runtime.wire.handshake import HostHandshake
from runtime.wire.link import Link, LinkFull
from runtime.wire.requests import Notification, Response, encode_request, parse
from runtime.wire.schema import spec_of

RING = 65536  # bytes the client takes ahead
TRIES = 8  # of a request that the node is too busy for
AT_ONCE = 32  # requests under way; a node queues 64


class Signer(Protocol):
    """Whoever can sign: a key of the key folder, or anything that behaves like one."""

    @property
    def id(self) -> bytes:
        """Party id."""

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """ML-DSA-87 signature under context `purpose`."""


class Holder(Signer, Protocol):
    """Somebody with a key pair of their own."""

    @property
    def public_key(self) -> bytes:
        """ML-DSA-87 public key as of now, 2,592 bytes."""


class Guest:
    """A host that no node knows: it may ask what anybody may, and enrol or provision."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto
        self._seed = secrets.token_bytes(32)
        self.public_key = crypto.public_key(self._seed)
        self.id: bytes = party_id(self.public_key)

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Sign."""
        return self._crypto.sign(self._seed, purpose, message)


class NodeLied(Exception):
    """The node, or somebody in between, contradicts what it signed or what it is known for."""


class ConnectionLost(Exception):
    """The line ended or the node does not answer."""


class Connection:
    """A connection to a node. Several requests may be under way at once.

    Attributes:
        identity: the node's IdentityReply.
        on_log: function that gets the node's log lines.
    """

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._link = Link(secrets.token_bytes(8), ring=RING)
        self._generation = self._link.generation
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._sent: dict[int, bytes] = {}
        self._outbox: list[bytes] = []  # what the link has no room for yet
        self._next_id = 1
        self._wake = asyncio.Event()
        self._crypto = Crypto()
        self._host: Holder = Guest(self._crypto)
        self._handshake: HostHandshake | None = None
        self._channel: Channel | None = None
        self._opened: asyncio.Future[None] | None = None  # the channel, if one is being opened
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._sending = asyncio.Lock()  # first come, first served
        self._pump: asyncio.Task[None] | None = None
        self._ended: ConnectionLost | None = None  # by the other end
        self._lost: Exception | None = None
        self.identity: records.IdentityReply
        self.on_log: Callable[[str], None] | None = None

    @classmethod
    async def connect(
        cls,
        line: str | Transport,
        *,
        host: Holder | None = None,
        node: bytes | None = None,
        meet: Callable[[records.IdentityReply], None] | None = None,
        timeout_s: float = 10.0,
    ) -> Self:
        """Open a line, ask who is there, and open a secure channel to it.

        Args:
            line: path of a terminal, `tcp://host:port`, or an open Transport.
            host: the party that asks: its roles decide what it may ask. A guest by default.
            node: id that the node must have.
            meet: is shown who is there before anything else is said; may raise.
            timeout_s: how long one answer may take, seconds.

        Raises:
            TransportError: the line cannot be opened.
            ConnectionLost: nobody answers.
            NodeLied: it is not that node.
            HandshakeFailed: there is no secure channel to it.
        """
        transport = await open_transport(line) if isinstance(line, str) else line
        client = cls(transport, timeout_s)
        client._pump = asyncio.create_task(client._run())
        try:
            client.identity = await client.read(records.REQUESTS["identity"]())
            client._check_identity(node)
            if meet:
                meet(client.identity)
            await client.authenticate(host or client._host)
        except BaseException:
            await client.close()
            raise
        return client

    def _check_identity(self, expected: bytes | None) -> None:
        found = self.identity.node
        if node_id(self.identity.public_key) != found:
            raise NodeLied("the node's id is not the hash of its key")
        if expected is not None and found != expected:
            raise NodeLied(
                f"this is node {found.hex()[:16]}, expected {expected.hex()[:16]}: "
                "another node is on this line, or its seed was lost"
            )

    async def authenticate(self, host: Holder) -> None:
        """Open the secure channel anew, as another host.

        Raises:
            HandshakeFailed: the node refuses it, or is not the one of `identity`.
            ConnectionLost: no answer in time.
        """
        self._host = host
        self._shake_hands()
        self._wake.set()
        await self._until_open()

    @property
    def pairing_code(self) -> str:
        """Twelve digits that a node shows too, when it asks whoever is at it about an operator."""
        return pairing_code(self._open_channel.id)

    async def close(self) -> None:
        """Close channel and line; requests under way fail with ConnectionLost."""
        if self._pump:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        if self._channel and not self._ended:
            with contextlib.suppress(NodeError, OSError, TransportError):
                self._outbox.append(self._channel.close())
                self._drain()
                await self._transport.write(self._link.transmit(_now_ms()))
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # ------------------------------------------------------------------------- the line

    async def _run(self) -> None:
        reader = asyncio.create_task(self._read())
        try:
            await self._write()
        except ConnectionLost as error:
            self._lost = error
        except (OSError, TransportError) as error:
            self._lost = ConnectionLost(str(error))
        finally:
            reader.cancel()
            self._lost = lost = self._lost or ConnectionLost("the client was closed")
            for future in (*self._waiting.values(), self._opened):
                if future and not future.done():
                    future.set_exception(ConnectionLost(str(lost)))

    async def _read(self) -> None:
        try:
            while data := await self._transport.read():
                self._received(data)
                self._wake.set()
            self._ended = ConnectionLost(f"{self._transport.name} was closed")
        except (OSError, TransportError) as error:
            self._ended = ConnectionLost(str(error))
        self._wake.set()

    async def _write(self) -> None:
        while not self._ended:
            self._wake.clear()
            self._drain()
            out = self._link.transmit(_now_ms())
            if out:
                await self._transport.write(out)
            now = _now_ms()
            due = self._link.deadline(now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0, due - now) / 1000):
                    await self._wake.wait()
        raise self._ended

    def _drain(self) -> None:
        with contextlib.suppress(LinkFull):
            while self._outbox:
                self._link.send(self._outbox[0])
                del self._outbox[0]

    def _received(self, data: bytes) -> None:
        messages = self._link.receive(data, _now_ms())
        if self._link.generation != self._generation:
            # The node started anew: it may not have seen what was under way. Sending it again
            # is safe: signed commands are known by their hash, and the rest changes nothing.
            self._generation = self._link.generation
            self._outbox = []
            self._channel = None
            if self._opened is None:
                self._send_all()
            else:
                self._shake_hands()
        for message in messages:
            with contextlib.suppress(Malformed):
                self._message(message)

    def _send(self, request_id: int, message: bytes) -> bool:
        """Hand a request to the link; False while there is no room."""
        if self._lost:
            raise self._lost
        if self._outbox or self._handshake:
            return False
        self._sent[request_id] = message
        self._put(message)
        return True

    def _put(self, message: bytes) -> None:
        """Send a request: through the channel, or as it is before the node is known."""
        self._outbox.append(message if self._opened is None else self._open_channel.seal(message))
        self._drain()

    @property
    def _open_channel(self) -> Channel:
        if self._channel is None:
            raise ConnectionLost("there is no secure channel")
        return self._channel

    def _send_all(self) -> None:
        for message in self._sent.values():
            self._put(message)

    def _message(self, message: bytes) -> None:
        if is_channel(message):
            try:
                message = self._secured(message)
            except NodeError as error:
                self._refused(error)
                return
        elif self._opened is not None:
            parsed = parse(message)
            if isinstance(parsed, Notification) and parsed.method == "refused":
                self._refused(from_wire(parsed.params))
            return  # what else comes beside the channel is nobody's word
        if message:
            self._content(message)

    def _content(self, message: bytes) -> None:
        parsed = parse(message)
        if isinstance(parsed, Response):
            future = self._waiting.get(parsed.id)
            if future and not future.done():
                future.set_result((parsed.error, parsed.result))
        elif isinstance(parsed, Notification) and parsed.method == "log" and self.on_log:
            self.on_log(" ".join(str(part) for part in parsed.params))

    # ----------------------------------------------------------------------- the channel

    def _shake_hands(self) -> None:
        """Begin a handshake. The channel that there is stays for what comes until then."""
        host, node = self._host, self.identity
        self._handshake = HostHandshake(
            self._crypto,
            secrets.token_bytes,
            host.sign,
            host.id,
            host.public_key,
            node.node,
            node.public_key,
        )
        if self._opened is None or self._opened.done():
            self._opened = asyncio.get_running_loop().create_future()
            self._opened.add_done_callback(lambda opened: opened.exception())  # if nobody waits
        self._outbox.append(self._handshake.hello())
        self._drain()

    def _secured(self, message: bytes) -> bytes:
        """What a message of the channel holds; empty if that is nothing for a request."""
        kind = message[0]
        if kind == RECORD:
            # One that comes before there is a channel was meant for a host before this one.
            return self._channel.open(message) or b"" if self._channel else b""
        if self._handshake and kind == ANSWER:
            self._outbox.append(self._handshake.finish(message))
            self._drain()
        elif self._handshake and kind == DONE:
            self._channel, self._handshake = self._handshake.done(message), None
            self._send_all()
            assert self._opened
            self._opened.set_result(None)
        return b""

    def _refused(self, error: NodeError) -> None:
        """There is no channel, or no longer: nothing more can be asked."""
        self._handshake = None
        if self._opened and not self._opened.done():
            self._opened.set_exception(error)
        self._ended = ConnectionLost(f"there is no secure channel: {error}")
        self._wake.set()

    async def _until_open(self) -> None:
        assert self._opened
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.shield(self._opened)
        except TimeoutError:
            raise ConnectionLost(
                f"no handshake within {self._timeout_s:g} s on {self._transport.name}; "
                "is the node running?"
            ) from None

    async def call(self, method: str, params: list[Any]) -> Any:
        """One request as it is.

        Raises:
            NodeError: what the node answered instead of a result.
            ConnectionLost: no answer in time, or the line ended.
        """
        for attempt in range(TRIES):
            async with self._turns:
                error, result = await self._once(method, params)
            if error is None:
                return result
            problem = from_wire(error)
            if not isinstance(problem, Busy) or attempt == TRIES - 1:
                raise problem
            await asyncio.sleep(problem.retry_ms * (attempt + 1) / 1000)
        raise AssertionError("unreachable")

    async def _once(self, method: str, params: list[Any]) -> Any:
        if self._lost:
            raise self._lost
        request_id = self._next_id
        self._next_id = self._next_id % 0xFFFFFFFF + 1
        message = encode_request(request_id, method, params)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._sending:
                    while not self._send(request_id, message):
                        await asyncio.sleep(0.005)
                self._wake.set()
                return await future
        except TimeoutError:
            raise ConnectionLost(
                f"no answer to {method} within {self._timeout_s:g} s on {self._transport.name}; "
                "is the node running?"
            ) from None
        finally:
            del self._waiting[request_id]
            self._sent.pop(request_id, None)

    async def read(self, request: Any) -> Any:
        """An unsigned request; returns its reply record."""
        spec = spec_of(type(request))
        return reply_of(spec, await self.call(spec.wire_name, list(request)))


def reply_of(spec: Any, result: Any) -> Any:
    """The reply record of a result."""
    try:
        return spec_of(spec.more["reply"]).build(result)
    except NodeError as error:
        raise NodeLied(f"the answer to {spec.wire_name} has a wrong shape: {error}") from error


def _now_ms() -> int:
    return time.monotonic_ns() // 10**6
