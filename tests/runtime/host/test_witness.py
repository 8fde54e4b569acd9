"""A witness signs what the journal proves, and refuses evidence that was tampered with.

Two kinds of liar: somebody in between, who changes what the node sent, and the node itself, which
can sign a head over any tree it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.host.witness import EvidenceRefused, check_evidence, split
from runtime.node.accelerator import Accelerator
from runtime.wire import records
from runtime.wire.commands import HEAD
from runtime.wire.proofs import node_hash, shown_leaf
from runtime.wire.schema import canonical, evolve, make_id, spec_of, unpack
from tests.portable.world import World

NONCE = b"n" * 32
VALUES = (b"Ada Lovelace", b"ada@example.org", b"+44 20 7946")
Edit = Callable[[Any], Any]


class Scene:
    """A completed engagement with everybody in it, and its evidence."""

    def __init__(self) -> None:
        self.world: Any = World(SqliteStore(":memory:"), Crypto()).provision()
        world = self.world
        world.deposit(50_000_000)
        blog = world.register(world.person("blog"), ("publisher",))
        world.publish(publisher=blog.id)
        ann = world.enrol(world.person("ann"), VALUES)
        bob = world.enrol(world.person("bob"), VALUES, referrer=ann)
        self.code = world.generate(bob)
        world.viewed(bob, self.code)
        world.view(world.activate(bob, self.code).record)
        self.witness = world.witnesses[0]
        self.reply = world.do(self.witness, "settlement_evidence", self.code, NONCE)

    def check(self, reply: Any, **changes: Any) -> records.Statement:
        """What the witness makes of a reply."""
        facts = {
            "code": self.code,
            "witness": self.witness.id,
            "nonce": NONCE,
            "node": self.world.node.id,
            "public_key": self.world.node.public_key,
        }
        return check_evidence(reply, **{**facts, **changes})

    def signed(self, **changes: Any) -> records.SignedHead:
        """A head that the node itself signed."""
        node = self.world.node
        head = evolve(self.reply.signed.head, **changes)
        return records.SignedHead(head, node.crypto.sign(node.identity_seed, HEAD, canonical(head)))

    def forged(self, edit: Callable[[list[Any]], None]) -> Any:
        """Evidence of a node that lies: entries as edited, in a tree that it signs.

        Args:
            edit: changes the list of entries in place, each a dict of method and events, these
                lists [kind, id, name, fields].
        """
        entries: list[Any] = [
            {
                "method": entry.shown.method,
                "events": [unpack(part.content) for part in seen(entry)],
            }
            for entry in self.reply.evidence
        ]
        edit(entries)
        parts = [self._parts(i, entry) for i, entry in enumerate(entries)]
        leaves = [shown_leaf(entry.header, entry.salt, entry.shown) for entry in parts]
        proved = [
            evolve(entry, inclusion=records.Inclusion(i, leaves[i], _path(leaves, i)))
            for i, entry in enumerate(parts)
        ]
        size = len(leaves)
        return evolve(
            self.reply,
            evidence=tuple(proved),
            signed=self.signed(size=size, root=_root(leaves)),
        )

    def _parts(self, position: int, entry: Any) -> Any:
        events = [
            records.Part(bytes([i]) * 32, canonical(event), None)
            for i, event in enumerate(entry["events"])
        ]
        original = self.reply.evidence[min(position, 2)]
        return evolve(
            original,
            header=evolve(original.header, sequence=position),
            shown=evolve(original.shown, method=entry["method"], events=tuple(events)),
        )


def seen(entry: Any) -> list[Any]:
    """The events of an entry that are shown."""
    return [part for part in entry.shown.events if part.salt is not None]


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(_root(leaves[:half]), _root(leaves[half:]))


def _path(leaves: list[bytes], index: int) -> tuple[bytes, ...]:
    if len(leaves) == 1:
        return ()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return (*_path(leaves[:half], index), _root(leaves[half:]))
    return (*_path(leaves[half:], index - half), _root(leaves[:half]))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


# -------------------------------------------------------------------------- honest evidence


def test_honest_evidence_gives_the_statement_that_settles(scene: Scene) -> None:
    statement = scene.check(scene.reply)
    assert statement == scene.reply.statement
    assert statement.amounts == records.Amounts(200_000, 400_001, 200_000, 200_002)


def test_the_forger_of_these_tests_passes_as_long_as_nothing_is_changed(scene: Scene) -> None:
    assert scene.check(scene.forged(lambda entries: None)) == scene.reply.statement


def test_no_field_mask_is_shown_to_a_witness(scene: Scene) -> None:
    shown = b"".join(part.content for entry in scene.reply.evidence for part in seen(entry))
    for value in VALUES:
        assert value not in shown
    for name in (b"view_created", b"access_logged", b"code_assigned", b"ExactValue"):
        assert name not in shown


@settings(deadline=None)
@given(
    amount=st.integers(0, (1 << 64) - 1),
    cuts=st.lists(st.integers(0, 10000), min_size=3, max_size=3).map(sorted),
    affiliate=st.booleans(),
    publisher=st.booleans(),
)
def test_a_witness_splits_as_the_node_does_and_loses_nothing(
    amount: int, cuts: list[int], affiliate: bool, publisher: bool
) -> None:
    shares = records.Shares(cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10000 - cuts[2])
    found = split(amount, shares, affiliate, publisher)
    assert found == Accelerator().split(amount, shares, affiliate, publisher)
    assert sum(found) == amount


# ---------------------------------------------------------------------- somebody in between


def entry_edit(index: int, edit: Edit) -> Edit:
    def change(reply: Any) -> Any:
        entries = list(reply.evidence)
        entries[index] = edit(entries[index])
        return evolve(reply, evidence=tuple(entries))

    return change


def statement_edit(**changes: Any) -> Edit:
    return lambda reply: evolve(reply, statement=evolve(reply.statement, **changes))


def head_edit(**changes: Any) -> Edit:
    def change(reply: Any) -> Any:
        signed = reply.signed
        return evolve(reply, signed=evolve(signed, head=evolve(signed.head, **changes)))

    return change


def shown_edit(entry: Any) -> Any:
    part = seen(entry)[0]
    other = evolve(part, content=part.content[:-1] + flipped(part.content[-1:]))
    return with_events(entry, tuple(other if e == part else e for e in entry.shown.events))


def with_events(entry: Any, events: tuple[Any, ...]) -> Any:
    return evolve(entry, shown=evolve(entry.shown, events=events))


NOTHING = records.Part(None, b"", bytes(32))  # digest of no command

TAMPERED: dict[str, tuple[Edit, str]] = {
    "a head of another time": (head_edit(time=1), "signature of the head"),
    "a head of another size": (head_edit(size=5), "signature of the head"),
    "a head of another nonce": (head_edit(nonce=b"o" * 32), "not one signed for this request"),
    "a head of another node": (head_edit(node=b"o" * 32), "not one signed for this request"),
    "another signature": (
        lambda r: evolve(r, signed=evolve(r.signed, signature=flipped(r.signed.signature))),
        "signature of the head",
    ),
    "an event changed": (entry_edit(0, shown_edit), "does not hash to its leaf"),
    "events in another order": (
        entry_edit(0, lambda e: with_events(e, e.shown.events[::-1])),
        "does not hash to its leaf",
    ),
    "an event left out": (
        entry_edit(0, lambda e: with_events(e, e.shown.events[1:])),
        "does not hash to its leaf",
    ),
    "an event too many": (
        entry_edit(2, lambda e: with_events(e, (*e.shown.events, seen(e)[0]))),
        "does not hash to its leaf",
    ),
    "an event that neither shows nor hides anything": (
        entry_edit(2, lambda e: with_events(e, (records.Part(None, b"", None),))),
        "shows nothing and hides nothing",
    ),
    "a digest changed": (
        entry_edit(1, lambda e: evolve(e, shown=evolve(e.shown, command=NOTHING))),
        "does not hash to its leaf",
    ),
    "another method": (
        entry_edit(2, lambda e: evolve(e, shown=evolve(e.shown, method="optin_revoke_code"))),
        "does not hash to its leaf",
    ),
    "another time of an entry": (
        entry_edit(1, lambda e: evolve(e, header=evolve(e.header, time=1))),
        "does not hash to its leaf",
    ),
    "another place of an entry": (
        entry_edit(1, lambda e: evolve(e, inclusion=evolve(e.inclusion, position=0))),
        "is proved at place 0",
    ),
    "another path": (
        entry_edit(
            1,
            lambda e: evolve(
                e, inclusion=evolve(e.inclusion, path=(b"p" * 32, *e.inclusion.path[1:]))
            ),
        ),
        "is not in the tree",
    ),
    "no path": (
        entry_edit(1, lambda e: evolve(e, inclusion=evolve(e.inclusion, path=()))),
        "is not in the tree",
    ),
    "a leaf of its own": (
        entry_edit(1, lambda e: evolve(e, inclusion=evolve(e.inclusion, leaf=b"l" * 32))),
        "does not hash to its leaf",
    ),
    "an entry missing": (
        lambda r: evolve(r, evidence=r.evidence[:2]),
        "does not show code_completed",
    ),
    "no entries": (lambda r: evolve(r, evidence=()), "does not show code_generated"),
    "an entry twice": (
        lambda r: evolve(r, evidence=(*r.evidence, r.evidence[0])),
        "twice",
    ),
    "other shares": (
        lambda r: evolve(r, shares=records.Shares(4000, 2000, 2000, 2000)),
        "not those of the rules",
    ),
    "another node in the statement": (statement_edit(node=b"o" * 32), "another code or node"),
    "another code in the statement": (statement_edit(code=b"o" * 32), "another code or node"),
    "another reservation": (statement_edit(reservation=b"o" * 32), "reservation is not the code's"),
    "another consent": (statement_edit(consent_hash=b"o" * 32), "another consent"),
    "other rules": (statement_edit(rules=b"o" * 32), "rules differ"),
    "other amounts": (
        statement_edit(amounts=records.Amounts(200_002, 400_001, 200_000, 200_000)),
        "the amounts are",
    ),
    "more than was reserved": (
        statement_edit(amounts=records.Amounts(200_000, 400_001, 200_000, 200_003)),
        "the amounts are",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_evidence_that_somebody_changed_on_the_way_is_refused(scene: Scene, name: str) -> None:
    edit, words = TAMPERED[name]
    with pytest.raises(EvidenceRefused, match=words):
        scene.check(edit(scene.reply))


@pytest.mark.parametrize("payee", ["platform", "user", "affiliate", "publisher"])
def test_a_statement_with_another_payee_is_refused(scene: Scene, payee: str) -> None:
    for other in (b"o" * 32, None) if payee in ("affiliate", "publisher") else (b"o" * 32,):
        payees = evolve(scene.reply.statement.payees, **{payee: other})
        with pytest.raises(EvidenceRefused, match="payees differ"):
            scene.check(statement_edit(payees=payees)(scene.reply))


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("code", "another code or node"),
        ("witness", "you are no witness"),
        ("nonce", "not one signed for this request"),
        ("node", "not one signed for this request"),
        ("public_key", "signature of the head"),
    ],
)
def test_evidence_for_somebody_else_is_refused(scene: Scene, fact: str, words: str) -> None:
    other = scene.world.partner.key if fact == "public_key" else b"o" * 32
    with pytest.raises(EvidenceRefused, match=words):
        scene.check(scene.reply, **{fact: other})


def test_a_head_signed_with_another_key_that_came_along_is_refused(scene: Scene) -> None:
    impostor = scene.world.partner
    signature = impostor.sign(HEAD, canonical(scene.reply.signed.head))
    lied = evolve(scene.reply, signed=evolve(scene.reply.signed, signature=signature))
    with pytest.raises(EvidenceRefused, match="signature of the head"):
        scene.check(lied, public_key=impostor.key)


# ------------------------------------------------------------------------- a node that lies


def event_edit(name: str, field: str, value: Any) -> Callable[[list[Any]], None]:
    def edit(entries: list[Any]) -> None:
        names = [item[0] for item in spec_of(records.EVENTS[name]).fields]
        for entry in entries:
            for event in entry["events"]:
                if event[2] == name:
                    event[3][names.index(field)] = value

    return edit


def of_another(name: str, position: int, value: Any) -> Callable[[list[Any]], None]:
    """Change kind (0), id (1) or name (2) of an event."""

    def edit(entries: list[Any]) -> None:
        for entry in entries:
            for event in entry["events"]:
                if event[2] == name:
                    event[position] = value

    return edit


def in_method(index: int, method: str) -> Callable[[list[Any]], None]:
    def edit(entries: list[Any]) -> None:
        entries[index]["method"] = method

    return edit


def dropped(index: int) -> Callable[[list[Any]], None]:
    def edit(entries: list[Any]) -> None:
        del entries[index]

    return edit


def moved(entries: list[Any]) -> None:
    entries[1], entries[2] = entries[2], entries[1]


def at_once(entries: list[Any]) -> None:
    entries[1]["events"] += entries.pop()["events"]


def apart(entries: list[Any]) -> None:
    reserved = [event for event in entries[0]["events"] if event[2] == "reservation_made"]
    entries[0]["events"] = [e for e in entries[0]["events"] if e[2] != "reservation_made"]
    entries.insert(1, {"method": "optin_generate_code", "events": reserved})


def gossip(entries: list[Any]) -> None:
    entries[0]["events"].append(
        ["code", b"c" * 32, "code_assigned", [b"u" * 32, b"n" * 32, None, b"u" * 32]]
    )


def no_event(entries: list[Any]) -> None:
    entries[2]["events"] = [["code", 1]]


def of_wrong_shape(entries: list[Any]) -> None:
    entries[2]["events"][0][3] = [1, 2, 3]


LIES: dict[str, tuple[Callable[[list[Any]], None], str]] = {
    "another amount of the code": (
        event_edit("code_generated", "amount", 2_000_000),
        "reservation shown is not the code's",
    ),
    "another amount of the reservation": (
        event_edit("reservation_made", "amount", 2_000_000),
        "reservation shown is not the code's",
    ),
    "a reservation for another code": (
        event_edit("reservation_made", "code", b"o" * 32),
        "reservation shown is not the code's",
    ),
    "another reservation": (
        of_another("reservation_made", 1, b"o" * 32),
        "reservation shown is not the code's",
    ),
    "rules changed afterwards": (event_edit("code_generated", "rules", b"o" * 32), "rules differ"),
    "payees changed afterwards": (
        event_edit("code_generated", "payees", [b"o" * 32, b"o" * 32, None, None]),
        "payees differ",
    ),
    "a publisher who is no payee": (
        event_edit("code_generated", "publisher", None),
        "disagree about a publisher",
    ),
    "other witnesses": (
        event_edit("code_generated", "witnesses", [b"a" * 32, b"b" * 32, b"c" * 32]),
        "you are no witness",
    ),
    "another consent": (
        event_edit("code_activated", "consent_hash", b"o" * 32),
        "another consent",
    ),
    "activation of another code": (of_another("code_activated", 1, b"o" * 32), "of another code"),
    "completion of another code": (of_another("code_completed", 1, b"o" * 32), "of another code"),
    "generation of another code": (of_another("code_generated", 1, b"o" * 32), "of another code"),
    "an event of another kind": (of_another("code_completed", 0, "offer"), "with kind offer"),
    "completion by the operator": (
        in_method(2, "optin_generate_code"),
        "code_completed stands with",
    ),
    "activation by the operator": (
        in_method(1, "optin_generate_code"),
        "code_activated stands with",
    ),
    "no completion": (dropped(2), "does not show code_completed"),
    "no activation": (dropped(1), "does not show code_activated"),
    "no generation": (dropped(0), "does not show code_generated"),
    "completion before activation": (moved, "not in the order"),
    "activation and completion at once": (at_once, "code_completed stands with"),
    "the reservation apart from the code": (apart, "not in the order"),
    "the user's name": (gossip, "no witness's business"),
    "no event": (no_event, "what is no event"),
    "an event of a wrong shape": (of_wrong_shape, "what is no event"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_that_the_node_itself_signed_is_refused(scene: Scene, name: str) -> None:
    edit, words = LIES[name]
    with pytest.raises(EvidenceRefused, match=words):
        scene.check(scene.forged(edit))


def test_shares_that_fit_the_amounts_but_not_the_rules_are_refused(scene: Scene) -> None:
    shares = records.Shares(10000, 0, 0, 0)
    amounts = records.Amounts(1_000_003, 0, 0, 0)
    lied = evolve(
        scene.reply, shares=shares, statement=evolve(scene.reply.statement, amounts=amounts)
    )
    with pytest.raises(EvidenceRefused, match="not those of the rules"):
        scene.check(lied)


def test_rules_that_do_not_sum_to_the_whole_are_refused(scene: Scene) -> None:
    shares = records.Shares(2000, 4000, 2000, 1000)
    rules = make_id("optin/v1/rules", shares)
    lied = evolve(
        scene.forged(event_edit("code_generated", "rules", rules)),
        shares=shares,
        statement=evolve(scene.reply.statement, rules=rules),
    )
    with pytest.raises(EvidenceRefused, match="not those of the rules"):
        scene.check(lied)
