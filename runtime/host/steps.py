"""The steps of an engagement, each one function: what a party does, built, signed and sent.

Every function takes an open Client and whoever acts; the command line, the demo and the bench
all walk this one path.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from runtime.host.audit.bundle import Bundle, Identity
from runtime.host.client import LIFE_NS, Client, Done, Receipt
from runtime.host.connection import Holder, NodeLied, Signer
from runtime.host.crypto import Crypto
from runtime.host.keyfolder import HeldKey
from runtime.host.opened import NotAsCommitted, Opened, check_opened
from runtime.host.witness import check_evidence
from runtime.wire import commands, records
from runtime.wire.errors import Asking, Malformed, Missing, Unauthorized
from runtime.wire.hkdf import hkdf
from runtime.wire.proofs import is_included
from runtime.wire.schema import canonical, make_id, spec_of, unpack
from runtime.wire.sealing import unseal

EVERYTHING = b"\xff" * 32
PAGE = 100  # ids asked for at a time
ENTRIES = 64  # journal entries asked for at a time


class Person(Holder, Protocol):
    """A user: known to each partner by another key."""

    def pairwise(self, partner: bytes) -> Holder:
        """The user as this partner knows them."""


class View(NamedTuple):
    """What a partner got to see."""

    done: Done
    grant: records.ViewGrant
    values: dict[int, str | bool]  # by registry index; a bool says whether there is a value
    opened: Opened  # to be checked again, offline


class Registration(NamedTuple):
    """A party's word that it wants to take part."""

    node: bytes
    party: bytes
    public_key: bytes  # 2,592 bytes, its first; the id is its hash
    roles: tuple[str, ...]  # ascending
    signature: bytes  # over canonical [node, party, roles]

    @property
    def is_genuine(self) -> bool:
        """Whether the key is the party's and the signature the key's."""
        agreed = canonical([self.node, self.party, self.roles])
        return commands.party_id(self.public_key) == self.party and Crypto().verify(
            self.public_key, commands.REGISTRATION, agreed, self.signature
        )


class Replacement(NamedTuple):
    """A witness of an offer, and who is to stand in for it."""

    node: bytes
    offer: bytes
    dead: bytes
    successor: bytes


class Signature(NamedTuple):
    """A witness's word for a statement that it has checked."""

    statement: records.Statement
    witness: bytes
    signature: bytes

    @property
    def settlement(self) -> bytes:
        """Id of the settlement it is for."""
        return settlement_id(self.statement)


# ------------------------------------------------------------------------------ the operator


async def provision(
    client: Client, operator: Holder, tell: Callable[[str, int], None] | None = None
) -> Done:
    """Bind the operator to a new node. The channel is the operator's from then on.

    Args:
        client: the operator's.
        operator: who is to operate the node.
        tell: gets, of a node that asks whoever is at it, the code that it shows, and for how many
            seconds it waits for a press.
    """
    await client.authenticate(operator)
    while True:
        try:
            done = await client.command(operator, records.Provision(), (operator.public_key,))
        except Asking as asking:
            if tell:
                tell(client.pairing_code, commands.PAIRING_MS // 1000)
            tell = None
            await asyncio.sleep(asking.retry_ms / 1000)
            continue
        client.identity = await client.read(records.Identity())
        return done


async def register(client: Client, operator: Signer, party: Holder, roles: Iterable[str]) -> Done:
    """Register a party, which signs for itself."""
    return await register_as_asked(
        client, operator, ask_to_register(client.identity.node, party, roles)
    )


def ask_to_register(node: bytes, party: Holder, roles: Iterable[str]) -> Registration:
    """A party's own word that it wants roles on a node (id, 32 bytes)."""
    held = tuple(sorted(set(roles)))
    own = party.sign(commands.REGISTRATION, canonical([node, party.id, held]))
    return Registration(node, party.id, party.public_key, held, own)


async def register_as_asked(client: Client, operator: Signer, asked: Registration) -> Done:
    """Register a party whose key may be elsewhere, by what it has signed."""
    request = records.RegisterParty(asked.party, asked.roles)
    return await client.command(operator, request, (asked.public_key, asked.signature))


async def define_field(
    client: Client, operator: Signer, index: int, name: str, kind: str, forms: Iterable[str]
) -> Done:
    """Add a field to the registry."""
    field = records.FieldDefinition(index, name, kind, tuple(forms))
    return await client.command(operator, records.DefineField(field))


async def define_rules(client: Client, operator: Signer, shares: records.Shares) -> Done:
    """Add settlement rules; the reply has their id."""
    return await client.command(operator, records.DefineRules(shares))


async def deposit(
    client: Client, operator: Signer, partner: bytes, amount: int, currency: bytes, reference: bytes
) -> Done:
    """Credit a partner's escrow account, in micro-units."""
    request = records.OptinDepositEscrow(partner, currency, amount, reference)
    return await client.command(operator, request)


async def generate_code(
    client: Client,
    operator: Signer,
    offer: bytes,
    user: bytes,
    terms: records.Terms | None = None,
) -> Done:
    """Generate a code for a user and reserve its money.

    Args:
        terms: the offer's, if they are known; else they are asked for.

    Raises:
        NodeLied: what the node signed is not a grant of this code.
    """
    done = await client.command(operator, records.OptinGenerateCode(offer, user))
    terms = terms or await offer_terms(client, offer)
    reply = done.reply
    grant = records.CodeGrant(
        client.identity.node, reply.code, offer, reply.reservation, terms.amount, reply.expires_at
    )
    signatures = done.accepted.signatures
    key = client.identity.public_key
    if len(signatures) != 1 or not Crypto().verify(
        key, commands.CODE, canonical(grant), signatures[0]
    ):
        raise NodeLied("the node's signature on the code is not valid")
    return done


async def define_weights(client: Client, operator: Signer, weights: records.Weights) -> Done:
    """Change the weights of the composite score."""
    return await client.command(operator, records.DefineWeights(weights))


async def replace_witness(
    client: Client, operator: Signer, partner: Signer, agreed: Replacement
) -> Done:
    """Put another witness in the place of one, on the word of operator and partner."""
    return await replace_as_agreed(client, operator, agreed, agree_to_replace(partner, agreed))


def agree_to_replace(partner: Signer, agreed: Replacement) -> bytes:
    """The partner's signature (4,627 bytes) for a replacement."""
    return partner.sign(commands.REPLACEMENT, canonical(list(agreed)))


async def replace_as_agreed(
    client: Client, operator: Signer, agreed: Replacement, signature: bytes
) -> Done:
    """Replace a witness by what the partner, whose key may be elsewhere, has signed."""
    return await client.command(operator, records.ReplaceWitness(*agreed[1:]), (signature,))


async def set_clock(
    client: Client, operator: Signer, time: int, witnesses: Sequence[Signer] = ()
) -> Done:
    """Move the node's clock forward, ns since the epoch; far only with two witnesses."""
    content = canonical([client.identity.node, time])
    signatures = [witness.sign(commands.CLOCK, content) for witness in witnesses]
    signatures += [b""] * (2 - len(signatures))
    request = records.SetClock(time, tuple(witness.id for witness in witnesses))
    return await client.command(operator, request, signatures)


# ------------------------------------------------------------------------------- any party


async def rotate_key(client: Client, party: Signer, successor: Holder) -> Done:
    """Change a party's key; the new one agrees. The party's id stays."""
    agreed = canonical([client.identity.node, party.id, successor.id])
    own = successor.sign(commands.ROTATION, agreed)
    request = records.RotateKey(successor.id)
    return await client.command(party, request, (successor.public_key, own))


class _For(NamedTuple):
    """A key that signs for a party."""

    id: bytes
    key: Holder

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Sign."""
        return self.key.sign(purpose, message)


async def signs_for(client: Client, party: bytes, key: Holder) -> bool:
    """Whether the node takes a key as a party's own."""
    try:
        await client.query(_For(party, key), records.NextNonce())
    except Unauthorized:
        return False
    return True


async def record_event(
    client: Client, source: Signer, user: bytes, type: str, points: int, event: bytes, time: int
) -> Done:
    """A source saw a user do something; an event of one id counts once.

    Args:
        type: one of `records.ACTIVITY`.
        points: 1 to 1000.
        event: id (32 bytes) that the source gave it.
        time: when it happened, ns since the epoch.
    """
    request = records.OptinRecordEvent(event, user, type, points, time)
    return await client.command(source, request)


async def score(client: Client, signer: Signer, user: bytes) -> records.Score:
    """A user's activity score as of now."""
    found: records.Score = (await client.query(signer, records.OptinGetScore(user))).score
    return found


async def record_hop(
    client: Client, party: Signer, session: bytes, type: str, previous: bytes, data: bytes
) -> Done:
    """Add a hop to a session's provenance chain.

    Args:
        session: id of one visit, chosen by whoever starts it.
        type: one of `records.HOP`, except the node's own OptIn.
        previous: the session's last hop; zeros for the first.
        data: hash of what belongs to it.

    Raises:
        NodeLied: the node answers with the id of another hop.
    """
    done = await client.command(party, records.RecordHop(session, previous, type, data))
    hop = records.Hop(client.identity.node, session, previous, type, party.id, data)
    if make_id("optin/v1/hop", hop) != done.reply.hop:
        raise NodeLied("the hop is not the one that was recorded")
    return done


async def get_hop(client: Client, hop: bytes) -> records.Hop:
    """A hop, checked against its id.

    Raises:
        NodeLied: it is another one.
    """
    found: records.Hop = (await client.read(records.GetHop(hop))).hop
    if make_id("optin/v1/hop", found) != hop:
        raise NodeLied("the hop is not the one that its id is the hash of")
    return found


async def expire(client: Client, code: bytes) -> Done:
    """Let a code die that is due; anyone may."""
    return await client.ask(records.OptinExpireReservation(code))


async def all_due(client: Client) -> list[bytes]:
    """Codes that are due to expire, the oldest first."""
    found: list[bytes] = []
    after = b""
    while True:
        page = await client.read(records.ListDue(after, PAGE))
        found += page.codes
        after = page.next
        if not after:
            return found


async def withdraw_balance(client: Client, payee: Signer, amount: int, currency: bytes) -> Done:
    """Take out what one has earned, in micro-units."""
    return await client.command(payee, records.WithdrawBalance(currency, amount))


# ------------------------------------------------------------------------------- the partner


async def publish_offer(client: Client, partner: Signer, terms: records.Terms) -> Done:
    """Publish an offer; the reply has its id."""
    return await client.command(partner, records.PublishOffer(terms))


async def close_offer(client: Client, partner: Signer, offer: bytes) -> Done:
    """Take no new codes."""
    return await client.command(partner, records.CloseOffer(offer))


async def withdraw_escrow(client: Client, partner: Signer, amount: int, currency: bytes) -> Done:
    """Take available money out of an escrow account, in micro-units."""
    return await client.command(partner, records.WithdrawEscrow(currency, amount))


async def fetch_view(
    client: Client,
    partner: Signer,
    record: bytes,
    requested: bytes = EVERYTHING,
    address: bytes = b"",
) -> View:
    """Look at what a user consented to, with a key made for this one look.

    Args:
        requested: field mask.
        address: where the request came from, as this host saw it.

    Raises:
        NodeLied: the answer is for another request, shows what was not asked for, or shows
            values other than those that the node committed itself to when the user consented.
    """
    crypto, seed = Crypto(), secrets.token_bytes(64)
    key = crypto.kem_public_key(seed)
    request = records.OptinEnforceView(record, requested, commands.reply_key_id(key))
    done = await client.command(partner, request, (key, address))
    try:
        content = unseal(crypto, seed, commands.VIEW, done.reply.sealed)
        grant: records.ViewGrant = spec_of(records.ViewGrant).build(unpack(content))
    except Malformed as error:
        raise NodeLied(f"the sealed view cannot be read: {error}") from error
    if grant.record != record or any(
        got & ~asked for got, asked in zip(grant.returned, requested, strict=True)
    ):
        raise NodeLied("the view is not the one that was asked for")
    known = await client.query(partner, records.GetView(record))
    if (known.code, known.pairwise) != (grant.code, grant.pairwise):
        raise NodeLied("the view is of another user than its record")
    opened = Opened(grant, known.commitment, known.signature)
    try:
        values = check_opened(opened, client.identity.public_key)
    except NotAsCommitted as error:
        raise NodeLied(str(error)) from error
    return View(done, grant, values, opened)


# ---------------------------------------------------------------------------------- the user


async def enrol(
    client: Client, user: Holder, values: Mapping[int, bytes], referrer: bytes | None = None
) -> Done:
    """Enrol a user with values by registry index; they travel sealed to the node's key."""
    fields = _sealed_fields(values)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    request = records.Enrol(referrer, commitment)
    return await client.command(user, request, (user.public_key, canonical(fields)))


async def enrol_held(
    client: Client,
    values: Mapping[int, bytes],
    referrer: bytes | None,
    access: bytes,
    passphrase_key: bytes | None,
) -> tuple[Done, bytes]:
    """Enrol a user whose key the node makes and keeps; returns their public key too.

    Args:
        access: 32 random bytes: whoever has them may use the key, with presses.
        passphrase_key: 32 bytes under which the key may leave the node; None if it must not.
    """
    export = passphrase_key and commands.export_id(passphrase_key)
    not_after = time.time_ns() + LIFE_NS
    done = await client.enrol_held(
        records.HeldEnrolment(
            "optin/v1/enrol-held", referrer, _sealed_fields(values), not_after, access, export
        )
    )
    found = HeldKey.at(done.reply.user, client.identity.node, access)
    key: bytes = (await client.query(found, records.HeldKey(None))).public_key
    if commands.party_id(key) != done.reply.user:
        raise NodeLied("the key of the user is not the one whose hash is their id")
    return done, key


async def meet(client: Client, user: HeldKey, partner: bytes) -> None:
    """Learn by which key a partner knows, or is to know, a user whose key the node keeps."""
    user.meet(partner, (await client.query(user, records.HeldKey(partner))).public_key)


async def export_key(client: Client, user: HeldKey, passphrase_key: bytes) -> bytes:
    """The seed of a key that the node keeps, on a press, for whoever knows the passphrase.

    Raises:
        NodeLied: what came is not the seed of that key.
    """
    salt = secrets.token_bytes(32)
    box = await client.press(user, records.ExportKey(salt), (passphrase_key,))
    key = hkdf(passphrase_key, salt, commands.EXPORT)
    seed = Crypto().aead_open(key, bytes(12), box, commands.EXPORT)
    if seed is None or commands.party_id(Crypto().public_key(seed)) != user.id:
        raise NodeLied("what it gave is not the key")
    return seed


async def update_fields(client: Client, user: Signer, values: Mapping[int, bytes]) -> Done:
    """Replace all of a user's values."""
    fields = _sealed_fields(values)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    return await client.command(user, records.UpdateFields(commitment), (canonical(fields),))


def _sealed_fields(values: Mapping[int, bytes]) -> records.SealedFields:
    row = [values.get(index, b"") for index in range(max(values, default=-1) + 1)]
    return records.SealedFields(secrets.token_bytes(32), tuple(row))


async def mark_viewed(client: Client, user: Signer, code: bytes) -> Done:
    """The user has seen the code."""
    return await client.command(user, records.MarkViewed(code))


async def activate(
    client: Client,
    user: Person,
    code: bytes,
    offer: bytes,
    also: Iterable[int] = (),
    hop: bytes = records.ZEROS,
) -> Done:
    """Opt in: the offer's required fields and, of the optional ones, those in `also`.

    Args:
        hop: the last hop of the session that the user came by; zeros for none.

    Raises:
        Missing: `also` names a field that the offer does not ask for.
        NodeLied: the node shows other terms than those that the offer's id is the hash of, or
            its signatures are not for this consent.
    """
    terms = await offer_terms(client, offer)
    enclosures: tuple[bytes, ...] = ()  # of a key that the node keeps the node makes them
    if isinstance(user, HeldKey):
        await meet(client, user, terms.partner)
    consent = consent_to(user, terms, code, offer, also, hop)
    if not isinstance(user, HeldKey):
        pairwise = user.pairwise(consent.partner)
        enclosures = pairwise.public_key, pairwise.sign(commands.CONSENT, canonical(consent))
    done = await client.command(user, records.OptinActivateCode(consent), enclosures)
    await _check_activation(client, consent, done)
    return done


def consent_to(
    user: Person,
    terms: records.Terms,
    code: bytes,
    offer: bytes,
    also: Iterable[int] = (),
    hop: bytes = records.ZEROS,
) -> records.Consent:
    """What a user signs to opt in; arguments as of `activate`.

    Raises:
        Missing: `also` names a field that the offer does not ask for.
    """
    asked = {use.index: use for use in terms.optional}
    uses = {use.index: use for use in terms.required}
    for index in also:
        if index not in uses and index not in asked:
            raise Missing(f"the offer does not ask for field {index}", "an optional field of it")
        uses[index] = uses.get(index) or asked[index]
    return records.Consent(
        code,
        user.pairwise(terms.partner).id,
        terms.partner,
        offer,
        tuple(uses[index] for index in sorted(uses)),
        terms.compensation,
        terms.amount,
        terms.currency,
        hop,
    )


async def _check_activation(client: Client, consent: records.Consent, done: Done) -> None:
    """Check what the node signed for an opt-in: consent proof, OptIn hop, commitment."""
    crypto, node, key = Crypto(), client.identity.node, client.identity.public_key
    reply, signatures = done.reply, done.accepted.signatures
    hashed = make_id("optin/v1/consent", consent)
    proof = records.ConsentProof(node, reply.previous, hashed)
    if make_id("optin/v1/consent-proof", proof) != reply.proof or not (
        len(signatures) == 3
        and crypto.verify(key, commands.CONSENT_PROOF, canonical(proof), signatures[0])
    ):
        raise NodeLied("the consent proof is not one of this consent")
    session = reply.proof
    if consent.hop != records.ZEROS:
        session = (await get_hop(client, consent.hop)).session
    hop = records.Hop(node, session, consent.hop, "OptIn", node, reply.proof)
    if make_id("optin/v1/hop", hop) != reply.hop or not crypto.verify(
        key, commands.HOP, canonical(hop), signatures[1]
    ):
        raise NodeLied("the OptIn hop is not one of this consent")
    if make_id("optin/v1/view", consent.code) != reply.record:
        raise NodeLied("the view record is not one of this code")
    commitment = records.Commitment(node, reply.record, hashed, reply.root)
    if not crypto.verify(key, commands.COMMITMENT, canonical(commitment), signatures[2]):
        raise NodeLied("the commitment is not one to this consent")


async def offer_terms(client: Client, offer: bytes) -> records.Terms:
    """Terms of an offer, checked against its id.

    Raises:
        NodeLied: they are another offer's.
    """
    terms: records.Terms = (await client.read(records.GetOffer(offer))).terms
    if make_id("optin/v1/offer", client.identity.node, terms) != offer:
        raise NodeLied("the terms are not those that the offer's id is the hash of")
    return terms


async def offer_shares(client: Client, terms: records.Terms) -> records.Shares:
    """The shares by which an offer's money is distributed, checked against its rules' id.

    Raises:
        NodeLied: they are not the rules that the terms name.
    """
    shares: records.Shares = (await client.read(records.GetRules(terms.rules))).shares
    if make_id("optin/v1/rules", shares) != terms.rules:
        raise NodeLied("the shares are not those of the offer's rules")
    return shares


async def revoke(client: Client, user: Signer, code: bytes) -> Done:
    """Take consent back."""
    return await client.command(user, records.OptinRevokeCode(code))


# ------------------------------------------------------------------------- settling the matter


async def sign_statement(
    client: Client, witness: Signer, code: bytes, instead_of: bytes | None = None
) -> Signature:
    """Fetch the evidence of an engagement, check all of it, and sign.

    Args:
        instead_of: the witness of the offer whom this one replaces, if it does.

    Raises:
        EvidenceRefused: something in it is not right; nothing was signed.
        NodeLied: its head contradicts the ones before.
    """
    nonce = secrets.token_bytes(32)
    evidence = await client.query(witness, records.SettlementEvidence(code, nonce))
    statement = check_evidence(
        evidence,
        code=code,
        witness=instead_of or witness.id,
        nonce=nonce,
        node=client.identity.node,
        public_key=client.identity.public_key,
    )
    await client.check_head(evidence.signed, nonce)
    own = witness.sign(commands.WITNESS, canonical(statement))
    return Signature(statement, witness.id, own)


def settlement_id(statement: records.Statement) -> bytes:
    """Id of a settlement: hash of exactly what the witnesses signed."""
    return make_id("optin/v1/settlement", statement)


async def settle(client: Client, signer: Signer, signatures: Sequence[Signature]) -> Done:
    """Distribute the money on the word of two witnesses."""
    first = signatures[0]
    request = records.OptinSettleEngagement(
        first.statement.code, first.settlement, tuple(signed.witness for signed in signatures)
    )
    return await client.command(signer, request, [signed.signature for signed in signatures])


# ----------------------------------------------------------------------------------- reading


async def field_names(client: Client) -> dict[int, records.FieldDefinition]:
    """The field registry by index."""
    return {field.index: field for field in (await client.read(records.ListFields())).fields}


async def all_offers(client: Client) -> list[bytes]:
    """Ids of all offers."""
    offers: list[bytes] = []
    while True:
        after = offers[-1] if offers else records.ZEROS
        page = (await client.read(records.ListOffers(after, PAGE))).offers
        offers += page
        if len(page) < PAGE:
            return offers


async def all_codes(client: Client, signer: Signer) -> list[bytes]:
    """Codes of a user, or of everyone for the operator."""
    codes: list[bytes] = []
    after = b""
    while True:
        page = await client.query(signer, records.ListCodes(after, PAGE))
        codes += page.codes
        after = page.next
        if not after:
            return codes


async def codes_seen_by(client: Client, signer: Signer) -> dict[bytes, bytes | None]:
    """Codes that somebody may see, each with its view record where that is how they see it.

    A user has their own, the operator all, a partner those that were opted in to. Nobody tells a
    witness of codes that it was not told of.
    """
    codes: dict[bytes, bytes | None] = dict.fromkeys(await all_codes(client, signer))
    if "partner" in (await client.read(records.GetParty(signer.id))).roles:
        views = await all_views(client, signer)
        asked = [client.query(signer, records.GetView(record)) for record in views]
        for view, found in zip(views, await asyncio.gather(*asked), strict=True):
            codes[found.code] = view
    return codes


async def all_views(client: Client, partner: Signer) -> list[bytes]:
    """View records of a partner."""
    found: list[bytes] = []
    after = b""
    while True:
        page = await client.query(partner, records.ListViews(after, PAGE))
        found += page.records
        after = page.next
        if not after:
            return found


class Totals(NamedTuple):
    """Where all money of one currency is, in micro-units."""

    deposited: int
    available: int
    reserved: int
    expired: int
    balances: int
    withdrawn: int  # by partners and payees

    @property
    def conserved(self) -> bool:
        """Whether every micro-unit that came in is somewhere."""
        return self.deposited == sum(self[1:])


async def totals(client: Client, operator: Signer, currency: bytes) -> Totals:
    """Add up all accounts and all payees of a currency."""
    accounts: list[records.AccountLine] = []
    after = b""
    while True:
        page = await client.query(operator, records.ListAccounts(currency, after, PAGE))
        accounts += page.accounts
        after = page.next
        if not after:
            break
    payees = await balances(client, operator, currency)
    return Totals(
        sum(line.deposited for line in accounts),
        sum(available(line) for line in accounts),
        sum(line.reserved for line in accounts),
        sum(line.expired for line in accounts),
        sum(line.balance for line in payees),
        sum(line.withdrawn for line in accounts) + sum(line.withdrawn for line in payees),
    )


async def balances(client: Client, operator: Signer, currency: bytes) -> list[records.PayeeLine]:
    """Everyone who earned in a currency."""
    payees: list[records.PayeeLine] = []
    after = b""
    while True:
        page = await client.query(operator, records.ListBalances(currency, after, PAGE))
        payees += page.balances
        after = page.next
        if not after:
            return payees


def available(line: records.AccountLine) -> int:
    """What an account can still promise."""
    return line.deposited - line.reserved - line.released - line.expired - line.withdrawn


async def prove_entry(client: Client, position: int) -> Receipt:
    """Prove that an entry is in the journal, whatever it is.

    Raises:
        NodeLied: the proof does not hold.
    """
    nonce = secrets.token_bytes(32)
    reply = await client.read(records.JournalReceipt(position, nonce))
    await client.check_head(reply.signed, nonce)
    inclusion = reply.inclusion
    if inclusion.position != position or not is_included(inclusion, reply.signed.head):
        raise NodeLied(f"entry {position} is not in the tree that the node signed")
    return Receipt(position, inclusion.leaf, reply.signed, inclusion)


async def measurements(client: Client) -> records.MeasurementsReply:
    """What the node says it is made of, signed just now.

    Raises:
        NodeLied: the signature is not valid, or an older one.
    """
    nonce = secrets.token_bytes(32)
    reply: records.MeasurementsReply = await client.read(records.Measurements(nonce))
    found, key = reply.measured, client.identity.public_key
    if (found.node, found.nonce) != (client.identity.node, nonce) or not Crypto().verify(
        key, commands.MEASUREMENTS, canonical(found), reply.signature
    ):
        raise NodeLied("the measurements are not signed by this node just now")
    return reply


async def whole_journal(
    client: Client, reader: Signer, progress: Callable[[int, int], None] | None = None
) -> Bundle:
    """Every entry up to a fresh head, for `audit.write_bundle`.

    Args:
        reader: the operator, who is shown all but values; or an auditor, who is not shown either
            what names users.
        progress: function (entries so far, entries in all).
    """
    signed = await client.latest_head()
    size = signed.head.size
    entries: list[records.Entry] = []
    while len(entries) < size:
        limit = min(ENTRIES, size - len(entries))
        request = records.JournalEntries(len(entries), limit)
        entries += (await client.query(reader, request)).entries
        if progress:
            progress(len(entries), size)
    measured = await measurements(client)
    identity = Identity(client.identity.node, client.identity.public_key)
    return Bundle(identity, measured, entries, signed)
