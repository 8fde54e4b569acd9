"""What a node holds about a user, as far as the user may have it, on one page.

It is put together from what the user may ask the node for and from what the user's key folder
noted. The node gives nobody a field's value except a partner, in a view.
"""

from __future__ import annotations

import asyncio
from typing import Any

from runtime.host import steps
from runtime.host.cli.code import code_rows
from runtime.host.cli.context import App, Problem
from runtime.host.cli.offer import Registry, field_name, in_words
from runtime.host.cli.show import (
    IN_WORDS,
    amounts,
    money,
    percent,
    time_text,
)
from runtime.host.client import Client
from runtime.host.connection import NodeLied
from runtime.host.keyfolder import Deed, Key, fingerprint
from runtime.wire import records
from runtime.wire.errors import Malformed, Missing, Unauthorized
from runtime.wire.records import ZEROS
from runtime.wire.schema import decode, make_id

FORMAT = "optin/v1/user-export"


async def holdings(app: App, client: Client, key: Key) -> dict[str, Any]:
    """Everything, for JSON.

    Raises:
        Problem: the node does not know the user.
        NodeLied: an entry that was noted is not in the journal, or another stands in its place.
    """
    node = client.identity.node
    registry = await steps.field_names(client)
    try:
        score = await steps.score(client, key, key.id)
    except (Missing, Unauthorized):
        raise Problem(
            f"{key.name} is not enrolled on this node",
            "a user of this node",
            f"optin user enrol {key.name}, or name another node with --line",
        ) from None
    deeds = app.book.deeds(key.name, node) if app.book else []
    codes = [
        await _engagement(app, client, registry, deeds, row) for row in await code_rows(client, key)
    ]
    return {
        "format": FORMAT,
        "time": client.identity.time,
        "time_text": time_text(client.identity.time),
        "node": {
            "id": node,
            "fingerprint": fingerprint(node),
            "public_key": client.identity.public_key,
        },
        "user": {"name": key.name, "id": key.id, "public_key": key.public_key},
        "enrolment": _enrolment(app, registry, deeds),
        "score": score,
        "balances": await _balances(client, key),
        "codes": codes,
        "receipts": [await _receipt(client, deed) for deed in deeds],
    }


def _enrolment(app: App, registry: Registry, deeds: list[Deed]) -> dict[str, Any]:
    """What is known here of the profile: which fields have a value, and who brought the user."""
    told = [deed for deed in deeds if deed.method in ("enrol", "update_fields")]
    found: dict[str, Any] = {
        "values": "the node holds them and shows them to nobody but partners you opted in for"
    }
    if told:
        found["fields"] = [field_name(registry, index) for index in told[-1].facts["fields"]]
        found["entries"] = [deed.position for deed in told]
    else:
        found["fields"] = "not known: the user was not enrolled from this key folder"
    if told and told[0].method == "enrol":
        by = told[0].facts["referrer"]
        found["referrer"] = by and {"id": by, "name": app.name(bytes.fromhex(by))}
    return found


async def _engagement(
    app: App,
    client: Client,
    registry: Registry,
    deeds: list[Deed],
    row: dict[str, Any],
) -> dict[str, Any]:
    """A code, its offer in words, the consent, and where its money goes."""
    found: records.GetCodeReply = row.pop("_")
    terms = await steps.offer_terms(client, found.offer)
    shares = await steps.offer_shares(client, terms)
    own = [deed for deed in deeds if deed.facts.get("code") == row["code"].hex()]
    consent = _consent(registry, own, found) if found.consent_hash != ZEROS else None
    data = {
        **row,
        "expires_at_text": time_text(found.expires_at),
        "partner": {
            "id": terms.partner,
            "name": app.name(terms.partner),
            # By another id after a rotation of the key: the consent has the one that counts.
            "knows_you_as": consent["pairwise"] if isinstance(consent, dict) else None,
        },
        "offer_in_words": dict(in_words(app, terms, shares, registry)),
        "shares": {name: percent(share) for name, share in shares._asdict().items()},
        "entries": {deed.method: deed.position for deed in own},
        "consent": consent,
    }
    if terms.charity is None:
        least = terms.amount * shares.user // 10000
        data |= money("your_part_at_least", least, terms.currency)
    return data


def _consent(
    registry: Registry, deeds: list[Deed], found: records.GetCodeReply
) -> dict[str, Any] | str:
    """The fields and forms consented to, checked against the node's hash of the consent."""
    for deed in deeds:
        if deed.method != "optin_activate_code":
            continue
        try:
            consent = decode(records.Consent, bytes.fromhex(deed.facts["consent"]))
        except (KeyError, TypeError, ValueError, Malformed):
            break
        if make_id("optin/v1/consent", consent) != found.consent_hash:
            raise NodeLied(f"the consent of entry {deed.position} is not the one that was signed")
        return {
            "fields": {
                field_name(registry, use.index): IN_WORDS[use.transform] for use in consent.fields
            },
            "pairwise": consent.pairwise,
            "hop": None if consent.hop == ZEROS else consent.hop,
            "proof": deed.facts["proof"],
            "signed": deed.facts["consent"],
        }
    return "not known: it was not given from this key folder; its hash is consent_hash"


async def _balances(client: Client, key: Key) -> list[dict[str, Any]]:
    """What was earned and taken out, in every currency that an offer of the node pays in."""
    offers = await steps.all_offers(client)
    terms = await asyncio.gather(*[steps.offer_terms(client, offer) for offer in offers])
    found = []
    for currency in sorted({offered.currency for offered in terms}):
        line = await client.query(key, records.GetBalance(key.id, currency))
        found.append(
            amounts(
                currency,
                earned=line.earned,
                withdrawn=line.earned - line.balance,
                balance=line.balance,
            )
        )
    return found


async def _receipt(client: Client, deed: Deed) -> dict[str, Any]:
    """Proof that a command is in the journal, with all that it takes to check it again."""
    proof = await steps.prove_entry(client, deed.position)
    if proof.leaf != deed.leaf:
        raise NodeLied(f"entry {deed.position} is not the {deed.method} that it was")
    facts: dict[str, Any] = {
        name: deed.facts[name] for name in ("code", "amount_text") if name in deed.facts
    }
    return {
        "method": deed.method,
        "noted": deed.noted,
        **facts,
        "position": proof.position,
        "leaf": proof.leaf,
        "path": proof.inclusion.path,
        "head": proof.signed.head,
        "signature": proof.signed.signature,
        "checked": True,
    }


def overview(data: dict[str, Any]) -> list[tuple[str, str]]:
    """What people read of it."""
    states = [row["status"] for row in data["codes"]]
    known = [row for row in data["codes"] if isinstance(row["consent"], dict)]
    fields = data["enrolment"]["fields"]
    return [
        ("enrolled with", fields if isinstance(fields, str) else ", ".join(fields) or "no field"),
        (
            "codes",
            ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "none",
        ),
        ("consents", f"{len(known)} with their fields and forms"),
        ("score", f"{data['score'].composite} of 100"),
        *(
            (
                "earned",
                f"{line['earned_text']}, of which {line['withdrawn_text']} were taken out",
            )
            for line in data["balances"]
        ),
        ("receipts", f"{len(data['receipts'])}, all checked"),
    ]
