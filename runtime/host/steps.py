"""The steps of an engagement, each one function: what a party does, built, signed and sent.

Every function takes an open Client and whoever acts; the command line, the demo and the bench
all walk this one path.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from runtime.host.client import Client, Done, NodeLied, Receipt, Signer
from runtime.host.crypto import Crypto
from runtime.host.witness import check_evidence
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, Missing
from runtime.wire.proofs import is_included
from runtime.wire.schema import canonical, make_id, spec_of, unpack
from runtime.wire.sealing import unseal

EVERYTHING = b"\xff" * 32
PAGE = 100  # ids asked for at a time
ENTRIES = 64  # journal entries asked for at a time


class Holder(Signer, Protocol):
    """Somebody with a key pair of their own."""

    @property
    def public_key(self) -> bytes:
        """ML-DSA-87 public key."""


class Person(Holder, Protocol):
    """A user: known to each partner by another key."""

    def pairwise(self, partner: bytes) -> Holder:
        """The user as this partner knows them."""


class View(NamedTuple):
    """What a partner got to see."""

    done: Done
    grant: records.ViewGrant
    values: dict[int, str | bool]  # by registry index; a bool says whether there is a value


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


async def provision(client: Client, operator: Holder) -> Done:
    """Bind the operator to a new node."""
    done = await client.command(operator, records.Provision(), (operator.public_key,))
    client.identity = await client.read(records.Identity())
    return done


async def register(client: Client, operator: Signer, party: Holder, roles: Iterable[str]) -> Done:
    """Register a party, which signs for itself."""
    held = tuple(sorted(set(roles)))
    agreed = canonical([client.identity.node, party.id, held])
    own = party.sign(commands.REGISTRATION, agreed)
    request = records.RegisterParty(party.id, held)
    return await client.command(operator, request, (party.public_key, own))


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


async def generate_code(client: Client, operator: Signer, offer: bytes, user: bytes) -> Done:
    """Generate a code for a user and reserve its money."""
    done = await client.command(operator, records.OptinGenerateCode(offer, user))
    terms = (await client.read(records.GetOffer(offer))).terms
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


# ------------------------------------------------------------------------------- the partner


async def publish_offer(client: Client, partner: Signer, terms: records.Terms) -> Done:
    """Publish an offer; the reply has its id."""
    return await client.command(partner, records.PublishOffer(terms))


async def close_offer(client: Client, partner: Signer, offer: bytes) -> Done:
    """Take no new codes."""
    return await client.command(partner, records.CloseOffer(offer))


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
        NodeLied: the answer is for another request, or shows what was not asked for.
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
    return View(done, grant, _values(grant))


def _values(grant: records.ViewGrant) -> dict[int, str | bool]:
    values: dict[int, str | bool] = {}
    rest = grant.fields
    indexes = indexes_of(grant.returned)
    if len(indexes) != len(grant.transforms):
        raise NodeLied("the view names more or fewer forms than fields")
    for index, transform in zip(indexes, grant.transforms, strict=True):
        size = int.from_bytes(rest[:2], "little")
        value, left = rest[2 : 2 + size], rest[2 + size :]
        if len(rest) < 2 or len(value) != size:
            raise NodeLied("the view ends within a field")
        rest = left
        shown = value == b"\x01" if transform == "BooleanOnly" else value.decode(errors="replace")
        values[index] = shown
    if rest:
        raise NodeLied("the view holds more than the fields it names")
    return values


# ---------------------------------------------------------------------------------- the user


async def enrol(
    client: Client, user: Holder, values: Mapping[int, bytes], referrer: bytes | None = None
) -> Done:
    """Enrol a user with values by registry index; they travel sealed to the node's key."""
    fields = _sealed_fields(values)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    request = records.Enrol(referrer, commitment)
    return await client.command(user, request, (user.public_key, canonical(fields)))


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
    client: Client, user: Person, code: bytes, offer: bytes, also: Iterable[int] = ()
) -> Done:
    """Opt in: the offer's required fields and, of the optional ones, those in `also`.

    Raises:
        Missing: `also` names a field that the offer does not ask for.
        NodeLied: the node shows other terms than those that the offer's id is the hash of.
    """
    terms = await offer_terms(client, offer)
    asked = {use.index: use for use in terms.optional}
    uses = {use.index: use for use in terms.required}
    for index in also:
        if index not in uses and index not in asked:
            raise Missing(f"the offer does not ask for field {index}", "an optional field of it")
        uses[index] = uses.get(index) or asked[index]
    pairwise = user.pairwise(terms.partner)
    consent = records.Consent(
        code,
        pairwise.id,
        terms.partner,
        offer,
        tuple(uses[index] for index in sorted(uses)),
        terms.compensation,
        terms.amount,
        terms.currency,
        records.ZEROS,
    )
    own = pairwise.sign(commands.CONSENT, canonical(consent))
    done = await client.command(
        user, records.OptinActivateCode(consent), (pairwise.public_key, own)
    )
    proof = records.ConsentProof(
        client.identity.node, done.reply.previous, make_id("optin/v1/consent", consent)
    )
    signatures = done.accepted.signatures
    if make_id("optin/v1/consent-proof", proof) != done.reply.proof or not (
        len(signatures) == 1
        and Crypto().verify(
            client.identity.public_key, commands.CONSENT_PROOF, canonical(proof), signatures[0]
        )
    ):
        raise NodeLied("the consent proof is not one of this consent")
    return done


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


async def sign_statement(client: Client, witness: Signer, code: bytes) -> Signature:
    """Fetch the evidence of an engagement, check all of it, and sign.

    Raises:
        EvidenceRefused: something in it is not right; nothing was signed.
        NodeLied: its head contradicts the ones before.
    """
    nonce = secrets.token_bytes(32)
    evidence = await client.query(witness, records.SettlementEvidence(code, nonce))
    statement = check_evidence(
        evidence,
        code=code,
        witness=witness.id,
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


def mask_of(indexes: Iterable[int]) -> bytes:
    """Field mask of registry indexes."""
    return sum(1 << index for index in set(indexes)).to_bytes(32, "little")


def indexes_of(mask: bytes) -> list[int]:
    """Registry indexes in a field mask, ascending."""
    bits = int.from_bytes(mask, "little")
    return [index for index in range(256) if bits >> index & 1]


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


async def whole_journal(
    client: Client, auditor: Signer, progress: Callable[[int, int], None] | None = None
) -> tuple[list[records.Entry], records.SignedHead]:
    """Every entry up to a fresh head, for `audit.write_bundle`.

    Args:
        progress: function (entries so far, entries in all).
    """
    signed = await client.latest_head()
    size = signed.head.size
    entries: list[records.Entry] = []
    while len(entries) < size:
        limit = min(ENTRIES, size - len(entries))
        request = records.JournalEntries(len(entries), limit)
        entries += (await client.query(auditor, request)).entries
        if progress:
            progress(len(entries), size)
    return entries, signed
