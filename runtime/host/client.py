"""The client: requests to a node over any transport, checked as far as a client can check."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from runtime.host.connection import Connection, NodeLied, Signer, reply_of
from runtime.host.keyfolder import HeldKey
from runtime.host.transports import Transport
from runtime.wire import records
from runtime.wire.commands import (
    ENROLMENT,
    HEAD,
    HELD,
    QUESTION,
    TAG,
    command_hash,
    pairwise_id,
    press_code,
    sign_command,
)
from runtime.wire.errors import Unauthorized, WrongHost
from runtime.wire.proofs import is_consistent, is_included
from runtime.wire.schema import canonical, spec_of, unpack
from runtime.wire.sealing import ASK_SIZES, seal_request

LIFE_NS = 10 * 60 * 10**9  # of a signed command
LOOK_S = 0.25  # between two looks whether a question was answered
T = TypeVar("T")


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


class Client(Connection):
    """A client of a node. Make one with `Client.connect`.

    Attributes:
        head: the latest head whose signature and consistency were checked, or None. May be set to
            the last one that is known: the node must prove that it only appended since.
        head_signature: the node's over it, of a head that came on this connection.
        on_question: function that gets each Question that the node asks whoever is at it.
    """

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        super().__init__(transport, timeout_s)
        self._nonces: dict[bytes, int] = {}
        # First come, first served: the commands of a party must arrive in the order of their
        # nonces, and heads be compared in the order in which they were signed.
        self._asking_nonce = asyncio.Lock()
        self._checking_head = asyncio.Lock()
        self.head: records.Head | None = None
        self.head_signature: bytes | None = None
        self.on_question: Callable[[records.Question], None] | None = None

    async def query(self, signer: Signer, request: Any) -> Any:
        """A signed request that changes nothing; returns its reply record."""
        spec = spec_of(type(request))
        if isinstance(signer, HeldKey):
            asked = self._held(signer, 0, request, ())[1]
            return reply_of(spec, await self.call("use_held", asked))
        signed = self._sign(signer, 0, request, ())
        return reply_of(spec, await self._call_for(signer, spec.wire_name, list(signed)))

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
        return Done(reply_of(spec, unpack(accepted.result)), accepted)

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
        return Done(reply_of(spec_of(records.Enrol), unpack(accepted.result)), accepted)

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
            found: records.AskHeldReply = reply_of(
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
        return Done(reply_of(spec, unpack(accepted.result)), accepted)

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
        return Done(reply_of(spec, unpack(accepted.result)), accepted)

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
