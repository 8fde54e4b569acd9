"""The steps of an engagement: what they check of a node's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.host import audit, steps
from runtime.host.client import Client, Done
from runtime.host.connection import NodeLied
from runtime.host.masks import indexes_of, mask_of
from runtime.wire import records
from runtime.wire.errors import Missing, Refused
from runtime.wire.schema import canonical, evolve, spec_of, unpack
from tests.runtime.host.served import EUR, Cast, Served, Someone
from tests.runtime.host.test_client import with_node

EXACT, PRESENCE = "ExactValue", "BooleanOnly"


class Engaged:
    """One user who opted in."""

    async def set_up(self, client: Client, also: tuple[int, ...] = ()) -> Engaged:
        self.cast = await Cast().set_up(client)
        self.user = Someone("ada")
        await steps.enrol(client, self.user, {0: b"Ada", 1: b"ada@example.org"})
        self.code: bytes = (
            await steps.generate_code(client, self.cast.operator, self.cast.offer, self.user.id)
        ).reply.code
        await steps.mark_viewed(client, self.user, self.code)
        done = await steps.activate(client, self.user, self.code, self.cast.offer, also)
        self.record: bytes = done.reply.record
        return self


def test_the_whole_path_ends_with_everybody_paid_and_a_journal_that_holds(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        engaged = await Engaged().set_up(client, also=(1,))
        cast = engaged.cast
        seen = await steps.fetch_view(client, cast.partner, engaged.record)
        assert seen.values == {0: "Ada", 1: "ada@example.org", 2: False}
        signatures = [
            await steps.sign_statement(client, witness, engaged.code)
            for witness in cast.witnesses[1:]
        ]
        done = await steps.settle(client, cast.partner, signatures)
        assert done.reply.settlement == signatures[0].settlement
        await steps.revoke(client, engaged.user, engaged.code)
        with pytest.raises(Refused):
            await steps.fetch_view(client, cast.partner, engaged.record)
        totals = await steps.totals(client, cast.operator, EUR)
        assert totals.conserved
        assert totals.balances == 1_000_003
        path = tmp_path / "journal.optin"
        audit.write_bundle(path, await steps.whole_journal(client, cast.auditor))
        assert audit.verify_bundle(path, client.identity.node).ok

    with_node(tmp_path, test)


def test_a_partner_gets_what_was_asked_for_and_consented_to(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        engaged = await Engaged().set_up(client)
        for asked, shown in (([0], {0: "Ada"}), ([1], {}), ([1, 2, 255], {2: False})):
            seen = await steps.fetch_view(
                client, engaged.cast.partner, engaged.record, mask_of(asked)
            )
            assert seen.values == shown

    with_node(tmp_path, test)


def test_a_field_that_was_not_offered_is_refused_before_anything_is_signed(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        with pytest.raises(Missing, match="does not ask for field 7"):
            await Engaged().set_up(client, also=(7,))

    with_node(tmp_path, test)


def test_pages_are_followed_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "PAGE", 2)
    monkeypatch.setattr(steps, "ENTRIES", 3)

    async def test(client: Client, _: Served) -> None:
        cast = await Cast().set_up(client)
        codes = []
        for number in range(5):
            user = Someone(f"user {number}")
            await steps.enrol(client, user, {0: b"x"})
            done = await steps.generate_code(client, cast.operator, cast.offer, user.id)
            codes.append(done.reply.code)
            await steps.mark_viewed(client, user, codes[-1])
            await steps.activate(client, user, codes[-1], cast.offer)
        assert sorted(await steps.all_codes(client, cast.operator)) == sorted(codes)
        assert await steps.all_codes(client, Someone("user 3")) == [codes[3]]
        assert len(await steps.all_views(client, cast.partner)) == 5
        assert await steps.all_offers(client) == [cast.offer]
        journal = await steps.whole_journal(client, cast.auditor)
        numbers = [entry.header.sequence for entry in journal.entries]
        assert numbers == list(range(journal.signed.head.size))

    with_node(tmp_path, test)


# ------------------------------------------------------------------------------- liars


def changing(client: Client, **changes: Any) -> None:
    """Answer the client's commands with other values in Accepted or the reply."""
    honest = client.command

    async def command(signer: Any, request: Any, enclosures: Any = ()) -> Done:
        done = await honest(signer, request, enclosures)
        accepted = {n: v for n, v in changes.items() if hasattr(done.accepted, n)}
        reply = {n: v for n, v in changes.items() if n not in accepted}
        return Done(evolve(done.reply, **reply), evolve(done.accepted, **accepted))

    client.command = command  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "change", [{"signatures": ()}, {"signatures": (bytes(4627),)}, {"expires_at": 1}]
)
def test_a_code_that_the_node_did_not_sign_is_noticed(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async def test(client: Client, _: Served) -> None:
        cast = await Cast().set_up(client)
        await steps.enrol(client, Someone("ada"), {0: b"Ada"})
        changing(client, **change)
        with pytest.raises(NodeLied, match="signature on the code"):
            await steps.generate_code(client, cast.operator, cast.offer, Someone("ada").id)

    with_node(tmp_path, test)


@pytest.mark.parametrize(
    "change", [{"signatures": ()}, {"signatures": (bytes(4627),)}, {"previous": b"p" * 32}]
)
def test_a_consent_proof_of_another_consent_is_noticed(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async def test(client: Client, _: Served) -> None:
        cast, ada = await Cast().set_up(client), Someone("ada")
        await steps.enrol(client, ada, {0: b"Ada"})
        done = await steps.generate_code(client, cast.operator, cast.offer, ada.id)
        await steps.mark_viewed(client, ada, done.reply.code)
        changing(client, **change)
        with pytest.raises(NodeLied, match="consent proof"):
            await steps.activate(client, ada, done.reply.code, cast.offer)

    with_node(tmp_path, test)


def test_a_view_sealed_for_somebody_else_is_noticed(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        engaged = await Engaged().set_up(client)
        changing(client, sealed=records.Sealed(bytes(1568), bytes(1040)))
        with pytest.raises(NodeLied, match="cannot be read"):
            await steps.fetch_view(client, engaged.cast.partner, engaged.record)

    with_node(tmp_path, test)


@pytest.mark.parametrize(
    ("which", "words"), [(0, "consent proof"), (1, "OptIn hop"), (2, "consent proof")]
)
def test_an_activation_without_one_of_the_nodes_signatures_is_noticed(
    tmp_path: Path, which: int, words: str
) -> None:
    async def test(client: Client, _: Served) -> None:
        cast, ada = await Cast().set_up(client), Someone("ada")
        await steps.enrol(client, ada, {0: b"Ada"})
        code = (await steps.generate_code(client, cast.operator, cast.offer, ada.id)).reply.code
        await steps.mark_viewed(client, ada, code)
        honest = client.command

        async def command(signer: Any, request: Any, enclosures: Any = ()) -> Done:
            done = await honest(signer, request, enclosures)
            signatures = list(done.accepted.signatures)
            if which == 2:  # one is missing
                del signatures[2]
            else:
                signatures[which] = bytes(4627)
            return Done(done.reply, evolve(done.accepted, signatures=tuple(signatures)))

        client.command = command  # type: ignore[method-assign]
        with pytest.raises(NodeLied, match=words):
            await steps.activate(client, ada, code, cast.offer)

    with_node(tmp_path, test)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"hop": b"h" * 32}, "OptIn hop"), ({"record": b"r" * 32}, "record is not one of this code")],
)
def test_an_activation_that_leads_elsewhere_is_noticed(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    async def test(client: Client, _: Served) -> None:
        cast, ada = await Cast().set_up(client), Someone("ada")
        await steps.enrol(client, ada, {0: b"Ada"})
        code = (await steps.generate_code(client, cast.operator, cast.offer, ada.id)).reply.code
        await steps.mark_viewed(client, ada, code)
        changing(client, **change)
        with pytest.raises(NodeLied, match=words):
            await steps.activate(client, ada, code, cast.offer)

    with_node(tmp_path, test)


def test_hops_of_a_session_lead_to_the_opt_in(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        cast, ada = await Cast().set_up(client), Someone("ada")
        session, last = b"s" * 32, records.ZEROS
        for form in ("AdView", "AdClick"):
            done = await steps.record_hop(client, cast.partner, session, form, last, b"d" * 32)
            last = done.reply.hop
        await steps.enrol(client, ada, {0: b"Ada"})
        code = (await steps.generate_code(client, cast.operator, cast.offer, ada.id)).reply.code
        await steps.mark_viewed(client, ada, code)
        done = await steps.activate(client, ada, code, cast.offer, hop=last)
        found = await steps.get_hop(client, done.reply.hop)
        assert (found.session, found.previous, found.type) == (session, last, "OptIn")
        changing(client, hop=b"h" * 32)
        with pytest.raises(NodeLied, match="not the one that was recorded"):
            await steps.record_hop(
                client, cast.partner, session, "Conversion", done.reply.hop, bytes(32)
            )

    with_node(tmp_path, test)


def lying(client: Client, lie: Any) -> None:
    """Answer the client's signed reads with what `lie` makes of the reply."""
    honest = client.query

    async def query(signer: Any, request: Any) -> Any:
        return lie(await honest(signer, request), request)

    client.query = query  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda view: evolve(view, pairwise=b"p" * 32), "another user"),
        (lambda view: evolve(view, code=b"c" * 32), "another user"),
        (lambda view: evolve(view, signature=bytes(4627)), "not signed"),
        (lambda view: evolve(view, commitment=evolve(view.commitment, root=b"r" * 32)),
         "not signed"),
        (lambda view: evolve(view, commitment=evolve(view.commitment, record=b"r" * 32)),
         "not one to this record"),
        (lambda view: evolve(view, commitment=evolve(view.commitment, node=b"n" * 32)),
         "another node's"),
    ],
)  # fmt: skip
def test_a_commitment_that_the_node_did_not_sign_is_noticed(
    tmp_path: Path, lie: Any, words: str
) -> None:
    async def test(client: Client, _: Served) -> None:
        engaged = await Engaged().set_up(client)

        def lied(reply: Any, request: Any) -> Any:
            return lie(reply) if isinstance(request, records.GetView) else reply

        lying(client, lied)
        with pytest.raises(NodeLied, match=words):
            await steps.fetch_view(client, engaged.cast.partner, engaged.record)

    with_node(tmp_path, test)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda grant: evolve(grant, fields=grant.fields.replace(b"Ada", b"Eve")),
         "field 0 is not what the node committed itself to"),
        (lambda grant: evolve(grant, transforms=("MetroAreaOnly", *grant.transforms[1:])),
         "field 0 is not what"),
        (lambda grant: evolve(grant, openings=grant.openings[1:]), "more or fewer leaves"),
        (lambda grant: evolve(grant, openings=(grant.openings[0],) * 2), "field 2 is not what"),
        (lambda grant: evolve(grant, openings=(
            evolve(grant.openings[0], path=grant.openings[0].path[:7]), grant.openings[1])),
         "field 0 is not what"),
        (lambda grant: evolve(grant, pairwise=b"p" * 32), "another user"),
    ],
)  # fmt: skip
def test_a_value_that_the_node_did_not_commit_itself_to_is_noticed(
    tmp_path: Path, lie: Any, words: str
) -> None:
    async def test(client: Client, served: Served) -> None:
        engaged = await Engaged().set_up(client)
        seal = served.node.seal

        def forging(key: bytes, purpose: bytes, content: bytes, size: int) -> Any:
            forged = lie(spec_of(records.ViewGrant).build(unpack(content)))
            return seal(key, purpose, canonical(forged), size)

        served.node.seal = forging
        with pytest.raises(NodeLied, match=words):
            await steps.fetch_view(client, engaged.cast.partner, engaged.record)

    with_node(tmp_path, test)


def test_values_come_degraded_as_they_were_consented_to(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        cast, ada = await Cast().set_up(client), Someone("ada")
        for index, kind, form in ((3, "postal_code", "MetroAreaOnly"),
                                  (4, "birth_date", "AgeRange")):  # fmt: skip
            await steps.define_field(client, cast.operator, index, kind, kind, [form])
        terms = await steps.offer_terms(client, cast.offer)
        uses = (records.FieldUse(3, "MetroAreaOnly"), records.FieldUse(4, "AgeRange"))
        other = evolve(terms, serial=2, required=uses, optional=(), complete_by=10**12)
        offer = (await steps.publish_offer(client, cast.partner, other)).reply.offer
        await steps.enrol(client, ada, {3: b"94110-1234", 4: b"2010-01-01"})
        code = (await steps.generate_code(client, cast.operator, offer, ada.id)).reply.code
        await steps.mark_viewed(client, ada, code)
        record = (await steps.activate(client, ada, code, offer)).reply.record
        seen = await steps.fetch_view(client, cast.partner, record)
        assert seen.values[3] == "San Francisco CA metro"
        assert seen.values[4] in ("0-17", "18-24", "25-34")

    with_node(tmp_path, test)


@settings(deadline=None)
@given(st.sets(st.integers(0, 255)))
def test_masks_hold_exactly_their_indexes(indexes: set[int]) -> None:
    assert indexes_of(mask_of(indexes)) == sorted(indexes)


def test_measurements_that_are_not_signed_just_now_are_noticed(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        reply = await steps.measurements(client)
        assert [each.name for each in reply.measured.measurements] == ["actors", "runtime"]
        measured = served.node.queries.measurements
        old = measured(None, records.Measurements(bytes(32))).finish()
        served.node.queries.measurements = lambda tx, message: old
        with pytest.raises(NodeLied, match="not signed by this node just now"):
            await steps.measurements(client)
        served.node.queries.measurements = measured
        served.node.identity_seed = bytes(32)
        with pytest.raises(NodeLied, match="not signed by this node just now"):
            await steps.measurements(client)

    with_node(tmp_path, test)
