"""The node's own speed: whole engagements, and the crypto in them alone."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from actors import KINDS
from runtime.cpython.store import SqliteStore
from runtime.cpython.threads import crypto_workers, entities_on_one_core, on_reused_threads
from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.handshake import HostHandshake, NodeHandshake
from runtime.wire.requests import encode_request, encode_response
from runtime.wire.schema import canonical, make_id, spec_of, unpack
from tests.bench.figure import Figure
from tests.portable.world import World

ENGAGEMENTS = 64
ROUNDS = 5
BATCH = 32  # requests that a client keeps under way


class CountingCrypto(Crypto):
    """Counts the operations that make the floor."""

    COUNTED = ("sign", "verify", "encapsulate", "decapsulate")

    def __init__(self) -> None:
        super().__init__()
        self.counts = dict.fromkeys(self.COUNTED, 0)

    def sign(self, *args: bytes) -> bytes:
        self.counts["sign"] += 1
        return super().sign(*args)

    def verify(self, *args: bytes) -> bool:
        self.counts["verify"] += 1
        return super().verify(*args)

    def encapsulate(self, *args: bytes) -> tuple[bytes, bytes]:
        self.counts["encapsulate"] += 1
        return super().encapsulate(*args)

    def decapsulate(self, *args: bytes) -> bytes:
        self.counts["decapsulate"] += 1
        return super().decapsulate(*args)


class Engagements:
    """Many engagements on one node, step by step, timing the node and nobody else."""

    def __init__(self, folder: Path) -> None:
        self.node_crypto = CountingCrypto()
        workers = crypto_workers()
        entities_on_one_core()
        kinds = on_reused_threads(KINDS)
        store = SqliteStore(folder / "node.db")
        world = World(store, Crypto(), workers, max_live=512, kinds=kinds)
        world.ready(10**12)
        world.offer = world.publish(serial=2, budget=10**12)
        self.people = [
            world.enrol(world.person(f"user {i}"), [b"Name", b"a@example.org", b"+49 40 1"])
            for i in range(ENGAGEMENTS)
        ]
        # From here on the node counts its operations; the parties sign with another object.
        node = world.node
        node.crypto = node.admission._crypto = self.node_crypto
        self.world, self.seconds = world, 0.0
        self.messages: list[tuple[bytes, bytes]] = []  # requests and answers, as a channel has them

    def timed(self, method: str, signed: list[list]) -> list:
        """Feed commands that were signed before; returns their replies."""
        node, results = self.world.node, []

        def reply(error: list | None, result: list) -> None:
            assert error is None, error
            results.append(result)

        start = time.perf_counter()
        sent = 0
        while len(results) < len(signed):
            while sent < len(signed) and sent - len(results) < BATCH:
                node.submit(method, signed[sent], reply)
                sent += 1
            node.run()
        self.seconds += time.perf_counter() - start
        self.messages += [
            (encode_request(1, method, params), encode_response(1, None, result))
            for params, result in zip(signed, results, strict=True)
        ]
        spec = spec_of(records.REQUESTS[method])
        build = spec_of(spec.more["reply"]).build
        if spec.more["journaled"]:
            return [build(unpack(result[0])) for result in results]
        return [build(result) for result in results]

    def run(self) -> None:
        """Generate, view the code, activate, partner view, evidence for two witnesses, settle."""
        world = self.world
        sign = world.signed
        operator, partner = world.operator, world.partner
        codes = [
            reply.code
            for reply in self.timed(
                "optin_generate_code",
                [sign(operator, "optin_generate_code", world.offer, p.id) for p in self.people],
            )
        ]
        pairs = list(zip(self.people, codes, strict=True))
        self.timed("mark_viewed", [sign(p, "mark_viewed", code) for p, code in pairs])
        consents = [(p, *world.consent(p, code)) for p, code in pairs]
        views = self.timed(
            "optin_activate_code",
            [sign(p, "optin_activate_code", c, enclosures=e) for p, c, e in consents],
        )
        key = world.crypto.kem_public_key(bytes(64))
        key_id = commands.reply_key_id(key)
        everything = b"\xff" * 32
        self.timed(
            "optin_enforce_view",
            [
                sign(
                    partner,
                    "optin_enforce_view",
                    view.record,
                    everything,
                    key_id,
                    enclosures=(key, b""),
                )  # fmt: skip
                for view in views
            ],
        )
        witnesses = world.witnesses[:2]
        signatures: list[list[bytes]] = [[] for _ in codes]
        for witness in witnesses:
            evidence = self.timed(
                "settlement_evidence",
                [sign(witness, "settlement_evidence", code, bytes(32)) for code in codes],
            )
            for i, reply in enumerate(evidence):
                content = canonical(reply.statement)
                signatures[i].append(witness.sign(commands.WITNESS, content))
        settlements = [make_id("optin/v1/settlement", reply.statement) for reply in evidence]
        ids = tuple(witness.id for witness in witnesses)
        self.timed(
            "optin_settle_engagement",
            [
                sign(operator, "optin_settle_engagement", code, settlement, ids, enclosures=signed)
                for code, settlement, signed in zip(codes, settlements, signatures, strict=True)
            ],
        )

    def channel_seconds(self) -> float:
        """What the node's end of a secure channel takes for all messages, and a handshake."""
        world, person = self.world, self.world.operator
        host = HostHandshake(
            *(world.crypto, os.urandom, person.sign, person.id, person.key),
            *(world.node.id, world.node.public_key),
        )
        hello = host.hello()
        start = time.perf_counter()
        node = NodeHandshake(
            world.node.crypto, os.urandom, world.node.sign, world.node.id, lambda id, key: key
        )
        answer = node.answer(hello)
        seconds = time.perf_counter() - start
        finish = host.finish(answer)
        start = time.perf_counter()
        done, channel = node.done(finish)
        seconds += time.perf_counter() - start
        client = host.done(done)
        sealed = [client.seal(request) for request, _ in self.messages]
        start = time.perf_counter()
        for record, (_, answer) in zip(sealed, self.messages, strict=True):
            channel.open(record)
            channel.seal(answer)
        return seconds + time.perf_counter() - start

    def floor_seconds(self) -> float:
        """The same crypto operations alone, one after the other on this thread."""
        crypto, seed = Crypto(), bytes(32)
        message, purpose = bytes(300), b"optin/v1/code"
        key, signature = crypto.public_key(seed), crypto.sign(seed, purpose, message)
        kem_key = crypto.kem_public_key(bytes(64))
        ciphertext = crypto.encapsulate(kem_key)[1]
        work = {
            "sign": lambda: crypto.sign(seed, purpose, message),
            "verify": lambda: crypto.verify(key, purpose, message, signature),
            "encapsulate": lambda: crypto.encapsulate(kem_key),
            "decapsulate": lambda: crypto.decapsulate(bytes(64), ciphertext),
        }
        start = time.perf_counter()
        for name, count in self.node_crypto.counts.items():
            for _ in range(count):
                work[name]()
        return time.perf_counter() - start


def figures() -> Iterator[Figure]:
    """Engagements a second, and the fraction of that time which is crypto; medians of ROUNDS."""
    rounds, cores = [], os.sched_getaffinity(0)
    for _ in range(ROUNDS):
        os.sched_setaffinity(0, cores)  # each keeps its entities on one core
        with tempfile.TemporaryDirectory() as folder:
            run = Engagements(Path(folder))
            run.run()
            rounds.append((run.seconds, run.floor_seconds(), run.channel_seconds()))
    seconds = median(seconds for seconds, _, _ in rounds)
    floor = median(floor for _, floor, _ in rounds)
    fraction = median(floor / seconds for seconds, floor, _ in rounds)
    channel = median(channel / (seconds + channel) for seconds, _, channel in rounds)
    counts = run.node_crypto.counts
    peer = f"{ENGAGEMENTS / floor:.0f}: " + ", ".join(
        f"{count / ENGAGEMENTS:.0f} {name}" for name, count in counts.items() if count
    )
    rate = ENGAGEMENTS / seconds
    yield Figure("node.engagements_per_second", rate, "1/s", peer, fraction)
    yield Figure("node.crypto_floor_fraction", fraction, "", "aim 0.75", fraction / 0.75)
    yield Figure("channel.throughput_cost", channel, "", "aim 0.10", channel / 0.1)
