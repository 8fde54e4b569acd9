"""The client: requests to a node over any transport, checked as far as a client can check."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from runtime.host.crypto import Crypto
from runtime.host.keyfolder import HeldKey
from runtime.host.transports import Transport, TransportError, open_transport
from runtime.wire import records
from runtime.wire.channel import ANSWER, DONE, RECORD, Channel, is_channel
from runtime.wire.commands import (
    ENROLMENT,
    HEAD,
    HELD,
    QUESTION,
    TAG,
    command_hash,
    node_id,
    pairwise_id,
    party_id,
    press_code,
    sign_command,
)
from runtime.wire.errors import Busy, Malformed, NodeError, Unauthorized, WrongHost, from_wire
from runtime.wire.handshake import HostHandshake
from runtime.wire.link import Link, LinkFull
from runtime.wire.proofs import is_consistent, is_included
from runtime.wire.requests import Notification, Response, encode_request, parse
from runtime.wire.schema import canonical, spec_of, unpack
from runtime.wire.sealing import ASK_SIZES, seal_request

RING = 65536  # bytes the client takes ahead
LIFE_NS = 10 * 60 * 10**9  # of a signed command
TRIES = 8  # of a request that the node is too busy for
LOOK_S = 0.25  # between two looks whether a question was answered
AT_ONCE = 32  # requests under way; a node queues 64
T = TypeVar("T")


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


class Receipt(NamedTuple):
    """Proof that a command is in the journal: checked before anybody sees it."""

    position: int
    leaf: bytes
    signed: records.SignedHead
    inclusion: records.Inclusion


class Done(NamedTuple):
    """What came of a journaled command."""

    reply: Any
    accepted: records.Accepted


class NodeLied(Exception):
    """The node, or somebody in between, contradicts what it signed or what it is known for."""


class ConnectionLost(Exception):
    """The line ended or the node does not answer."""


class Client:
    """A connection to a node.

    Make one with `Client.connect`. Several requests may be under way at once.

    Attributes:
        identity: the node's IdentityReply.
        head: the latest head whose signature and consistency were checked, or None.
        head_signature: the node's over it, of a head that came on this connection.
        on_log: function that gets the node's log lines.
        on_question: function that gets each Question that the node asks whoever is at it.
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
        self._nonces: dict[bytes, int] = {}
        # First come, first served: the commands of a party must arrive in the order of their
        # nonces, and heads be compared in the order in which they were signed.
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._sending = asyncio.Lock()
        self._asking_nonce = asyncio.Lock()
        self._checking_head = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None
        self._ended: ConnectionLost | None = None  # by the other end
        self._lost: Exception | None = None
        self.identity: records.IdentityReply
        self.head: records.Head | None = None
        self.head_signature: bytes | None = None
        self.on_log: Callable[[str], None] | None = None
        self.on_question: Callable[[records.Question], None] | None = None

    @classmethod
    async def connect(
        cls,
        line: str | Transport,
        *,
        host: Holder | None = None,
        node: bytes | None = None,
        meet: Callable[[records.IdentityReply], None] | None = None,
        head: records.Head | None = None,
        timeout_s: float = 10.0,
    ) -> Self:
        """Open a line, ask who is there, and open a secure channel to it.

        Args:
            line: path of a terminal, `tcp://host:port`, or an open Transport.
            host: the party that asks: its roles decide what it may ask. A guest by default.
            node: id that the node must have.
            meet: is shown who is there before anything else is said; may raise.
            head: last head known of it; the node must prove that it only appended since.
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
            client.head = head
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

    async def close(self) -> None:
        """Close channel and line; requests under way fail with ConnectionLost."""
        if self._pump:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        if self._channel and not self._ended:
            with contextlib.suppress(NodeError, LinkFull, OSError, TransportError):
                self._link.send(self._channel.close())
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

    # ----------------------------------------------------------------------- requests

    async def read(self, request: Any) -> Any:
        """An unsigned request; returns its reply record."""
        spec = spec_of(type(request))
        return _reply(spec, await self.call(spec.wire_name, list(request)))

    async def query(self, signer: Signer, request: Any) -> Any:
        """A signed request that changes nothing; returns its reply record."""
        spec = spec_of(type(request))
        if isinstance(signer, HeldKey):
            asked = self._held(signer, 0, request, ())[1]
            return _reply(spec, await self.call("use_held", asked))
        signed = self._sign(signer, 0, request, ())
        return _reply(spec, await self._call_for(signer, spec.wire_name, list(signed)))

    async def command(self, signer: Signer, request: Any, enclosures: Iterable[bytes] = ()) -> Done:
        """A signed command; returns its reply once it is durable in the journal.

        The command is signed once: however often the line or the node fails on the way, it is
        executed at most once.

        Args:
            signer: who signs.
            request: named tuple of the request.
            enclosures: bytes beside the signed body, as the reference states.
        """
        spec = spec_of(type(request))
        if isinstance(signer, HeldKey):
            return await self._held_command(signer, request, enclosures)
        signed = self._sign(signer, await self._nonce(signer), request, enclosures)
        params: list[Any] = list(signed)
        if spec.more["sealed"]:
            params = list(
                seal_request(self._crypto, self.identity.kem_key, ENROLMENT, canonical(signed))
            )
        try:
            answer = await self._call_for(signer, spec.wire_name, params)
            accepted = spec_of(records.Accepted).build(answer)
        except BaseException:
            self._nonces.pop(signer.id, None)
            raise
        return Done(_reply(spec, unpack(accepted.result)), accepted)

    async def _call_for(self, signer: Signer, method: str, params: list[Any]) -> Any:
        """A signed request; by a channel of its signer's, if the host may not ask it."""
        try:
            return await self.call(method, params)
        except WrongHost:
            key = getattr(signer, "public_key", None)
            if key is None or signer.id in (self._host.id, pairwise_id(key)):
                raise
            await self.authenticate(signer)  # type: ignore[arg-type]
            return await self.call(method, params)

    # ------------------------------------------------------------- keys that the node keeps

    async def enrol_held(self, enrolment: records.HeldEnrolment) -> Done:
        """Have the node make a key, keep it and enrol its user."""
        sealed = seal_request(self._crypto, self.identity.kem_key, HELD, canonical(list(enrolment)))
        answer = await self.call("enrol_held", [sealed])
        accepted = spec_of(records.Accepted).build(answer)
        return Done(_reply(spec_of(records.Enrol), unpack(accepted.result)), accepted)

    async def press(self, signer: HeldKey, request: Any, enclosures: Iterable[bytes] = ()) -> bytes:
        """Have whoever is at the node asked for a press; returns what came of it.

        `on_question` is told what to compare.

        Raises:
            NodeError: nobody pressed, or what was pressed for was refused.
            NodeLied: the node asks about something else.
        """
        nonce = await self._nonce(signer) if spec_of(type(request)).more["journaled"] else 0
        body, params = self._held(signer, nonce, request, enclosures)
        command = command_hash(body)
        try:
            found: records.AskHeldReply = _reply(
                spec_of(records.AskHeld), await self.call("ask_held", params)
            )
            self._check_question(found, command)
            if self.on_question:
                self.on_question(found.question)
            while True:
                answer = await self.read(records.HeldAnswer(command))
                if answer.state == "done":
                    return bytes(answer.result)
                await asyncio.sleep(LOOK_S)
        except BaseException:
            self._nonces.pop(signer.id, None)
            raise

    def _check_question(self, found: records.AskHeldReply, command: bytes) -> None:
        question, key = found.question, self.identity.public_key
        if (question.node, question.command) != (self.identity.node, command) or (
            question.code != press_code(question.boot, command)
        ):
            raise NodeLied("it asks about something else than was wanted: do not press")
        if not self._crypto.verify(key, QUESTION, canonical(question), found.signature):
            raise NodeLied("what it asks is not signed by it: do not press")

    async def _held_command(
        self, signer: HeldKey, request: Any, enclosures: Iterable[bytes]
    ) -> Done:
        spec = spec_of(type(request))
        if spec.more["kept"] == "on a press":
            answer: Any = unpack(await self.press(signer, request, enclosures))
        else:
            params = self._held(signer, await self._nonce(signer), request, enclosures)[1]
            try:
                answer = await self.call("use_held", params)
            except BaseException:
                self._nonces.pop(signer.id, None)
                raise
        accepted = spec_of(records.Accepted).build(answer)
        return Done(_reply(spec, unpack(accepted.result)), accepted)

    def _held(
        self, signer: HeldKey, nonce: int, request: Any, enclosures: Iterable[bytes]
    ) -> tuple[bytes, list[Any]]:
        """(body that the node is to sign, params of `use_held` or `ask_held`)."""
        if signer.node != self.identity.node:
            raise NodeLied(f"the key of {signer.name} is kept by node {signer.node.hex()[:16]}")
        method = spec_of(type(request)).wire_name
        not_after, params = time.time_ns() + LIFE_NS, canonical(list(request))
        body = canonical(
            records.Command(TAG, signer.node, method, signer.id, nonce, not_after, params)
        )
        ask = canonical(
            records.HeldAsk("optin/v1/use-held", signer.access, body, tuple(enclosures))
        )
        sealed = seal_request(self._crypto, self.identity.kem_key, HELD, ask, ASK_SIZES)
        return body, [sealed]

    async def ask(self, request: Any) -> Done:
        """A journaled request that nobody signs; returns its reply once it is durable.

        Sent again after a failure on the way, it may be refused because it was done.
        """
        spec = spec_of(type(request))
        answer = await self.call(spec.wire_name, list(request))
        accepted = spec_of(records.Accepted).build(answer)
        return Done(_reply(spec, unpack(accepted.result)), accepted)

    def _sign(
        self, signer: Signer, nonce: int, request: Any, enclosures: Iterable[bytes]
    ) -> records.Signed:
        not_after = time.time_ns() + LIFE_NS
        return sign_command(
            signer.sign, self.identity.node, signer.id, nonce, not_after, request, enclosures
        )

    async def _nonce(self, signer: Signer) -> int:
        async with self._asking_nonce:
            known = self._nonces.get(signer.id)
            if known is None:
                try:
                    known = (await self.query(signer, records.NextNonce())).nonce
                except Unauthorized:
                    known = 1  # not registered yet: it is about to sign for itself
            self._nonces[signer.id] = known + 1
            return known

    # ----------------------------------------------------------------------- receipts

    async def receipt(self, accepted: records.Accepted) -> Receipt:
        """Fetch and check the proof that a command is in the journal.

        Raises:
            NodeLied: the proof does not hold.
        """
        nonce = secrets.token_bytes(32)
        request = records.REQUESTS["journal_receipt"](accepted.position, nonce)
        reply = await self.read(request)
        await self.check_head(reply.signed, nonce)
        inclusion = reply.inclusion
        if inclusion.leaf != accepted.leaf or inclusion.position != accepted.position:
            raise NodeLied(f"entry {accepted.position} is not the one that the node answered with")
        if not is_included(inclusion, reply.signed.head):
            raise NodeLied(f"entry {accepted.position} is not in the tree that the node signed")
        return Receipt(accepted.position, accepted.leaf, reply.signed, inclusion)

    async def latest_head(self) -> records.SignedHead:
        """A fresh signed head, checked against the last one."""
        nonce = secrets.token_bytes(32)
        signed = (await self.read(records.REQUESTS["journal_head"](nonce))).signed
        await self.check_head(signed, nonce)
        return signed  # type: ignore[no-any-return]

    async def check_head(self, signed: records.SignedHead, nonce: bytes) -> None:
        """Check a head that came with an answer: signature, nonce, and nothing taken back.

        Raises:
            NodeLied: it does not hold.
        """
        async with self._checking_head:
            await self._check_head(signed, nonce)

    async def _check_head(self, signed: records.SignedHead, nonce: bytes) -> None:
        head = signed.head
        if head.node != self.identity.node or head.nonce != nonce:
            raise NodeLied("the head is another node's, or was signed for somebody else")
        key = self.identity.public_key
        if not self._crypto.verify(key, HEAD, canonical(head), signed.signature):
            raise NodeLied("the signature of the head is not valid")
        known = self.head
        if known is not None:
            if known.size > head.size:
                raise NodeLied(f"the journal shrank from {known.size} to {head.size} entries")
            path: tuple[bytes, ...] = ()
            if known.size != head.size:
                request = records.REQUESTS["journal_consistency"](known.size, head.size)
                path = (await self.read(request)).path
            if not is_consistent(known.size, known.root, head.size, head.root, path):
                raise NodeLied("the journal is not the one that was seen before")
        self.head, self.head_signature = head, signed.signature


class BlockingClient:
    """The same client for scripts: every method waits for its result.

    Args: as `Client.connect`.
    """

    def __init__(self, line: str | Transport, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self.client: Client = self._wait(Client.connect(line, **options))
        except BaseException:
            self._end()
            raise

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def identity(self) -> records.IdentityReply:
        """The node's identity."""
        return self.client.identity

    @property
    def head(self) -> records.Head | None:
        """The latest head that was checked."""
        return self.client.head

    def read(self, request: Any) -> Any:
        """See `Client.read`."""
        return self._wait(self.client.read(request))

    def query(self, signer: Signer, request: Any) -> Any:
        """See `Client.query`."""
        return self._wait(self.client.query(signer, request))

    def command(self, signer: Signer, request: Any, enclosures: Iterable[bytes] = ()) -> Done:
        """See `Client.command`."""
        return self._wait(self.client.command(signer, request, enclosures))

    def receipt(self, accepted: records.Accepted) -> Receipt:
        """See `Client.receipt`."""
        return self._wait(self.client.receipt(accepted))

    def latest_head(self) -> records.SignedHead:
        """See `Client.latest_head`."""
        return self._wait(self.client.latest_head())

    def close(self) -> None:
        """Close the line."""
        try:
            self._wait(self.client.close())
        finally:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _reply(spec: Any, result: Any) -> Any:
    try:
        return spec_of(spec.more["reply"]).build(result)
    except NodeError as error:
        raise NodeLied(f"the answer to {spec.wire_name} has a wrong shape: {error}") from error


def _now_ms() -> int:
    return time.monotonic_ns() // 10**6
