"""The schema: every record, request, message, event and state of the product, once.

From this table come the named tuples, their validation and encoding, the type stubs
(`records.pyi`), and the message reference. Fields are only ever appended.

The table is constant throughout, so that firmware holds it in ROM; a record is made of its entry
when somebody first asks for it. Records and types are names of this module, as the stubs say.
"""

from runtime.wire.schema import Section, declare, record_or_type

SCHEMA_VERSION = 2  # 2: consents and revocations say how presence was given

DAY = 86400 * 10**9  # ns
# How long something is kept for the sake of an event of a scope, ns; None is for good.
KEPT = {
    "activity": 365 * DAY,
    "engagement": 7 * 365 * DAY,
    "standing": None,
    "profile": 365 * DAY,  # the values alone: the entry stays
}
SCOPES = ("activity", "engagement", "standing", "profile")  # of several in an entry the last counts

ZEROS = bytes(32)
SINGLETON = ZEROS  # the id of an entity of which a node has one

# Types that have a name: `schema.type_of` tells how they are written.
TYPES = {
    "U8": "unsigned 8",
    "U16": "unsigned 16",
    "U32": "unsigned 32",
    "U64": "unsigned 64",
    "ID": "exactly 32",  # SHA3-256
    "MASK": "exactly 32",  # 256 bits, little-endian: bit i is field i of the registry
    "CURRENCY": "exactly 8",  # ISO 4217 code, zero-padded on the right
    "SIGNATURE": "exactly 4627",  # ML-DSA-87, FIPS 204 table 2
    "PUBLIC_KEY": "exactly 2592",  # ML-DSA-87
    "KEM_KEY": "exactly 1568",  # ML-KEM-1024 encapsulation key, FIPS 203 table 3
    "KEM_CIPHERTEXT": "exactly 1568",
    "BPS": "unsigned 16",  # basis points: 1/10000
    "ROLE": "one of operator partner user publisher charity source witness auditor",
    "FIELD_KIND": "one of text postal_code birth_date phone email",
    "TRANSFORM": "one of ExactValue MetroAreaOnly AgeRange BooleanOnly",
    "ACTIVITY": "one of ApiVerification FormCompletion QuestionAsked DocumentDownload "
    "SurveyCompleted ReferralMade ForumPost",
    "HOP": "one of AdView AdClick LandingPageView FormStart FormField FormSubmit PartnerRedirect "
    "Conversion OptIn",
    "EDGE": "one of referred has_code holds lead followed_by",
    # How the node knows of a user's yes; "own": the user signed it elsewhere, so it cannot know.
    "PRESENCE": "one of own terminal button injected",
    "COMPENSATION": "one of PrioritySupport EarlyAccess AffiliateCredit CharitableDonation",
}

# What a record of a section says about itself where its entry does not.
OPTIONS = {
    "request": (
        ("to", "node"),  # kind of entity that handles it; "node" for the node itself
        # Who signs it: a role, "self" (the key comes along), "any" registered party, or "" for an
        # unsigned request.
        ("signer", ""),
        # Roles of the hosts that may ask it though nobody signs it; none for every host. A signed
        # one is passed on for hosts of the signer's role. The operator's may ask everything.
        ("hosts", ()),
        ("journaled", True),  # whether it changes anything
        ("sealed", False),  # whether it travels sealed to the node's ML-KEM key
        ("enclosures", ()),  # what lies beside the signed body, in order
        # Whether every attempt is judged and journaled: the same command again is not answered
        # from memory, and a refusal is an entry too.
        ("judged_anew", False),
        ("held", False),  # whether the node makes a signed command of it, with a key that it keeps
        # Whether such a key signs this one: "freely", "on a press" or "" for never. Freely is
        # what shares no data, moves no money and removes no right.
        ("kept", ""),
        ("timed", False),  # whether it depends on the time, so that the clock must have been set
        # Whether the command names a user, so that auditors are not shown it; "signer" if it does
        # when somebody signed it as a user.
        ("names_user", False),
    ),
    "event": (
        # One of SCOPES: how long an entry is kept for its sake; "" if it does not decide.
        ("scope", "engagement"),
        # Names of fields that only the operator may see of the journal, as they name a user; "id"
        # is the entity's own.
        ("private", ()),
    ),
}

# Name of a record: section, name on the wire, meaning, fields as (name, type, meaning), options
# that are not the section's, and of a request the fields of what answers it, its `<Name>Reply`.
# Messages are what only actors send each other, inside a transaction; events are the only thing
# that changes an entity's state; of a state the wire has the kind of entity.
# fmt: off
TABLE = {
    # ------------------------------------------------------------------------- envelopes and values
    "Command": (
        "value", "Command",
        "What a party signs. The ML-DSA context string is `optin/v1/` and the method's name.",
        (
            ("tag", "one of optin/v1/command", "separates commands from all else that is signed"),
            ("node", "ID", "works on this node only"),
            ("method", "text 40", "the method asked for"),
            ("party", "ID", "who signs"),
            ("nonce", "U64", "larger than that of the party's last command"),
            ("not_after", "U64", "works until then, ns since the epoch"),
            ("params", "up to 8192", "canonical array of the request's fields"),
        ),
    ),
    "Signed": (
        "value", "Signed", "A signed command as it travels.",
        (
            ("body", "up to 8448", "canonical Command"),
            ("signature", "SIGNATURE", "over body"),
            ("enclosures", "list of 4 up to 24576", "what lies beside the signed body"),
        ),
    ),
    "Sealed": (
        "value", "Sealed",
        "ML-KEM-1024 and ChaCha20-Poly1305: only the holder of the key can open it.",
        (
            ("ciphertext", "KEM_CIPHERTEXT", "encapsulation of the shared secret"),
            ("box", "up to 60000", "the padded content, encrypted and authenticated"),
        ),
    ),
    "Accepted": (
        "value", "Accepted", "The answer to a journaled command, given only once it is durable.",
        (
            ("result", "up to 60000", "canonical reply of the method"),
            ("position", "U64", "sequence number of the journal entry"),
            ("leaf", "ID", "its leaf hash; a receipt proves it is in the tree"),
            ("signatures", "list of 4 SIGNATURE", "the node's, in the order the method states"),
        ),
    ),
    "HeldEnrolment": (
        "value", "HeldEnrolment",
        "What `enrol_held` seals: the enrolment of a user whose key the node is to make and keep.",
        (
            ("tag", "one of optin/v1/enrol-held", ""),
            ("referrer", "maybe ID", "who brought the user; fixed for good"),
            ("fields", "SealedFields", "the user's values; another blind, another key"),
            ("not_after", "U64", "of the command, ns since the epoch"),
            ("access", "exactly 32", "random; whoever has it may use the key, with presses"),
            ("export", "maybe ID",
             "id of the passphrase key, tag `optin/v1/export`; nil: the key never leaves"),
        ),
    ),
    "HeldAsk": (
        "value", "HeldAsk",
        "What `use_held` and `ask_held` seal: a command that the node is to sign with the key "
        "that it keeps for its party.",
        (
            ("tag", "one of optin/v1/use-held", ""),
            ("access", "exactly 32", "as at the enrolment"),
            ("body", "up to 8448", "canonical Command: the very bytes to be signed"),
            ("enclosures", "list of 4 up to 24576",
             "what lies beside it; of an activation the node makes them"),
        ),
    ),
    "Question": (
        "value", "Question",
        "What the node asks whoever is at it, signed by it (context `optin/v1/question`).",
        (
            ("node", "ID", "which node"),
            ("boot", "exactly 8", "nonce of its boot"),
            ("command", "ID", "hash of the command that a press would sign"),
            ("code", "text 6", "six digits, which the node shows too"),
            ("wait_ms", "U32", "how long it waits for the press, from now"),
        ),
    ),
    "SealedFields": (
        "value", "SealedFields",
        "What a user encloses, sealed, with an enrolment or an update of fields.",
        (
            ("blind", "exactly 32", "random; makes the commitment unguessable"),
            ("values", "list of 256 up to 254", "by registry index; empty where there is none"),
        ),
    ),
    "FieldUse": (
        "value", "FieldUse", "One field and the form in which it is shown.",
        (("index", "U8", "of the registry"), ("transform", "TRANSFORM", "how it is degraded")),
    ),
    "FieldDefinition": (
        "value", "FieldDefinition", "One field of the registry.",
        (
            ("index", "U8", "bit in every mask"),
            ("name", "text 40", "never reused for another index"),
            ("kind", "FIELD_KIND", "decides length and checks of a value"),
            ("transforms", "list of 4 TRANSFORM", "forms in which it may be shown"),
        ),
    ),
    "Terms": (
        "value", "Terms", "The terms of an offer, signed by the partner in its command.",
        (
            ("partner", "ID", "who offers"),
            ("serial", "U32",
             "chosen by the partner: equal terms under another number are another offer"),
            ("description", "ID", "hash of the text that people read"),
            ("purpose", "text 160", "what the data is for"),
            ("retention", "U64", "how long the partner keeps the data, ns"),
            ("jurisdiction", "text 8", "whose law holds"),
            ("required", "list of 256 FieldUse",
             "fields without which there is no deal, ascending"),
            ("optional", "list of 256 FieldUse", "fields that a user may add, ascending"),
            ("compensation", "COMPENSATION", "what the user gets"),
            ("charity", "maybe ID", "payee of the user's part of a CharitableDonation"),
            ("amount", "U64", "paid for one completed engagement, micro-units"),
            ("currency", "CURRENCY", "of the amount"),
            ("budget", "U64", "most that is ever reserved for this offer, micro-units"),
            ("rules", "ID", "settlement rules"),
            ("witnesses", "list of 3 ID", "three; two must sign a settlement"),
            ("publisher", "maybe ID", "where the engagement started"),
            ("code_ttl", "U64", "life of a code until it is activated, ns"),
            ("view_until", "U64",
             "no view at or after this time, ns since the epoch; 0 for no limit"),
            ("complete_by", "U64",
             "ns after activation within which a view must be granted; 0 for no limit"),
            ("least_score", "U8", "composite activity score below which nobody gets a code"),
            ("accept_flagged", "flag", "whether a score with an anomalous jump will do"),
        ),
    ),
    "Consent": (
        "value", "Consent",
        "What a user signs with the pairwise key (context `optin/v1/consent`): the opt-in.",
        (
            ("code", "ID", "the engagement code"),
            ("pairwise", "ID", "the user, as this partner knows them"),
            ("partner", "ID", "who may look"),
            ("offer", "ID", "hash of the terms"),
            ("fields", "list of 256 FieldUse", "exactly these, in exactly this form, ascending"),
            ("compensation", "COMPENSATION", "as offered"),
            ("amount", "U64", "as offered, micro-units"),
            ("currency", "CURRENCY", "as offered"),
            ("hop", "ID", "the preceding provenance hop; zeros if none"),
        ),
    ),
    "ConsentProof": (
        "value", "ConsentProof",
        "A link of the consent chain, signed by the node (context `optin/v1/consent-proof`).",
        (
            ("node", "ID", "which node"),
            ("previous", "ID", "proof before it in the chain; zeros for the first"),
            ("consent_hash", "ID", "hash of the signed consent"),
        ),
    ),
    "CodeGrant": (
        "value", "CodeGrant", "What the node signs for each code (context `optin/v1/code`).",
        (
            ("node", "ID", "which node"),
            ("code", "ID", "the engagement code"),
            ("offer", "ID", "the offer"),
            ("reservation", "ID", "funds held for it"),
            ("amount", "U64", "micro-units"),
            ("expires_at", "U64", "dead from then on unless activated, ns since the epoch"),
        ),
    ),
    "Payees": (
        "value", "Payees",
        "References to the payees of one engagement, pinned when the code is generated. A "
        "reference is a hash that names a party to nobody who does not know the code's nonce.",
        (
            ("platform", "ID", "the operator"),
            ("user", "ID", "the user, or the offer's charity"),
            ("affiliate", "maybe ID", "who referred the user"),
            ("publisher", "maybe ID", "as offered"),
        ),
    ),
    "Amounts": (
        "value", "Amounts", "Four amounts in micro-units that add up to the reservation.",
        (
            ("platform", "U64", ""),
            ("user", "U64", ""),
            ("affiliate", "U64", ""),
            ("publisher", "U64", ""),
        ),
    ),
    "Statement": (
        "value", "Statement",
        "What witnesses sign (context `optin/v1/witness`) and the node records (context "
        "`optin/v1/settlement`). Its hash is the settlement's id; it holds no time.",
        (
            ("node", "ID", "which node"),
            ("code", "ID", "the engagement code"),
            ("reservation", "ID", "the funds"),
            ("consent_hash", "ID", "the consent it pays for"),
            ("rules", "ID", "the settlement rules"),
            ("payees", "Payees", "as pinned when the code was generated"),
            ("amounts", "Amounts", "by the rules"),
        ),
    ),
    "Shares": (
        "value", "Shares", "Settlement rules: four shares in basis points that sum to 10000.",
        (
            ("platform", "BPS", "the operator's part"),
            ("user", "BPS", "the user's part"),
            ("affiliate", "BPS", "the referrer's part"),
            ("publisher", "BPS", "takes the rest of the division"),
        ),
    ),
    "WitnessSignature": (
        "value", "WitnessSignature", "One witness's word for a statement.",
        (
            ("witness", "ID", "which witness"),
            ("signature", "SIGNATURE", "over the canonical Statement, context `optin/v1/witness`"),
        ),
    ),
    "SettlementRecord": (
        "value", "SettlementRecord",
        "Everything that `optin_verify_settlement` needs, offline too.",
        (
            ("statement", "Statement", "what was settled"),
            ("shares", "Shares", "the rules it followed"),
            ("witnesses", "list of 3 WitnessSignature", "at least two of the offer's three"),
            ("time", "U64", "when, ns since the epoch"),
            ("signature", "SIGNATURE", "the node's over the canonical Statement"),
        ),
    ),
    "AccountLine": (
        "value", "AccountLine",
        "One escrow account, micro-units: available = deposited less all that follows.",
        (
            ("partner", "ID", ""),
            ("deposited", "U64", ""),
            ("reserved", "U64", ""),
            ("released", "U64", ""),
            ("expired", "U64", ""),
            ("withdrawn", "U64", ""),
            ("expired_ever", "U64", "sum of all that ever expired"),
            ("reclaimed_ever", "U64", "sum of all that came back after expiry"),
        ),
    ),
    "PayeeLine": (
        "value", "PayeeLine", "One payee: earned = balance + withdrawn.",
        (
            ("party", "ID", ""),
            ("balance", "U64", ""),
            ("earned", "U64", ""),
            ("withdrawn", "U64", ""),
        ),
    ),
    "Opening": (
        "value", "Opening",
        "Opens one leaf of a consent's commitment: leaf = SHA3-256(0x00, salt, canonical "
        "[index, transform, shown value]), the tree RFC 9162's over 256 leaves.",
        (
            ("salt", "exactly 32", "of this leaf alone"),
            ("path", "list of 8 ID", "audit path, from the leaf up"),
        ),
    ),
    "Commitment": (
        "value", "Commitment",
        "What the node attests for each consent (context `optin/v1/commitment`): the root over "
        "256 salted leaves, of which those of fields that are not shown are random.",
        (
            ("node", "ID", "which node"),
            ("record", "ID", "the view record"),
            ("consent_hash", "ID", "the consent"),
            ("root", "ID", "over the leaves"),
        ),
    ),
    "Hop": (
        "value", "Hop",
        "One hop of a session's provenance chain; its hash is its id. The node signs its OptIn "
        "hops (context `optin/v1/hop`), every other is signed as a command by whoever records "
        "it.",
        (
            ("node", "ID", "which node"),
            ("session", "ID", "one visit, named by whoever starts it"),
            ("previous", "ID", "the hop before; zeros for the first"),
            ("type", "HOP", "what happened"),
            ("party", "ID", "who recorded it"),
            ("data", "ID", "hash of what belongs to it; of an OptIn hop the consent proof"),
        ),
    ),
    "Score": (
        "value", "Score", "A user's activity score as of now.",
        (
            ("authentication", "U8", "0 to 100"),
            ("engagement", "U8", "0 to 100"),
            ("sharing", "U8", "0 to 100"),
            ("composite", "U8", "0 to 100, weighted"),
            ("flagged", "flag", "it jumped within a day as people's do not"),
            ("model", "text 40", "version of the weights"),
        ),
    ),
    "Weights": (
        "value", "Weights", "Weights of the composite score in basis points that sum to 10000.",
        (
            ("model", "text 40", "version"),
            ("authentication", "BPS", ""),
            ("engagement", "BPS", ""),
            ("sharing", "BPS", ""),
        ),
    ),
    "Activity": (
        "value", "Activity", "Points of one day or moment that count towards a dimension.",
        (("time", "U64", "ns since the epoch"), ("points", "U16", "1 to 1000")),
    ),
    "ViewGrant": (
        "value", "ViewGrant", "What a partner finds inside a sealed view.",
        (
            ("record", "ID", "the view record"),
            ("code", "ID", "the engagement code"),
            ("pairwise", "ID", "the user, as this partner knows them"),
            ("returned", "MASK", "fields that follow: requested and visible"),
            ("transforms", "list of 256 TRANSFORM",
             "one for each returned field, ascending by index"),
            ("fields", "up to 60000",
             "values, ascending by index, each after its u16 little-endian length"),
            ("openings", "list of 256 Opening", "of the commitment, one for each returned field"),
        ),
    ),
    "Part": (
        "value", "Part",
        "The command or one event of an entry, as far as it is shown. Whole: a salt, and no "
        "digest. With private fields left out: both. Hidden: only a digest.",
        (
            ("salt", "maybe exactly 32", "of what is shown; nil if nothing is"),
            ("content", "up to 60000",
             "command, or canonical [kind, id, event, fields] with nil for what is private"),
            ("hidden", "maybe ID", "digest of what is not shown; nil if all is"),
        ),
    ),
    "Shown": (
        "value", "Shown", "A body as somebody may see it who may not see all of it.",
        (
            ("method", "text 40", "what was asked"),
            ("command", "Part", ""),
            ("events", "list of 64 Part", "in order"),
        ),
    ),
    "Header": (
        "value", "Header", "What stays of an entry when body, salt and attachments are erased.",
        (
            ("tag", "one of optin/v1/entry", ""),
            ("schema", "U16", "version of this table"),
            ("sequence", "U64", "position in the tree"),
            ("time", "U64", "ns since the epoch"),
        ),
    ),
    "Body": (
        "value", "Body", "The hashed content of a journal entry.",
        (
            ("schema", "U16", "version of this table"),
            ("sequence", "U64", "position in the tree"),
            ("time", "U64", "ns since the epoch"),
            ("method", "text 40", "what was asked"),
            ("command", "up to 8448", "the signed bytes; empty for an unsigned request"),
            ("events", "list of 64 up to 60000", "canonical [kind, id, event, fields], in order"),
            ("blind", "exactly 32",
             "the salts of the parts derive from it; nobody shown a part gets it"),
        ),
    ),
    "Attachment": (
        "value", "Attachment", "What lies beside an entry; nothing hashed depends on it.",
        (("label", "text 40", "what it is"), ("content", "up to 60000", "the bytes")),
    ),
    "Head": (
        "value", "Head", "A signed tree head (context `optin/v1/head`), RFC 9162 section 4.10.",
        (
            ("node", "ID", "which node"),
            ("size", "U64", "entries in the tree"),
            ("root", "ID", "RFC 9162 root with SHA3-256"),
            ("time", "U64", "of the last entry, ns since the epoch"),
            ("nonce", "exactly 32", "of whoever asked; zeros when nobody did"),
        ),
    ),
    "SignedHead": (
        "value", "SignedHead", "A head and the node's signature over its canonical bytes.",
        (("head", "Head", ""), ("signature", "SIGNATURE", "")),
    ),
    "Checkpoint": (
        "value", "Checkpoint",
        "What a node signs for itself (context `optin/v1/checkpoint`), to start from.",
        (
            ("head", "Head", ""),
            ("states", "maybe ID",
             "digest of all states, once something was erased; nil if not taken"),
        ),
    ),
    "Inclusion": (
        "value", "Inclusion", "Proof that a leaf is in the tree of a head, RFC 9162 section 2.1.3.",
        (
            ("position", "U64", "of the entry"),
            ("leaf", "ID", "its leaf hash"),
            ("path", "list of 64 ID", "audit path, from the leaf up"),
        ),
    ),
    "EntryParts": (
        "value", "EntryParts", "An entry opened in part, with proof that it is in the journal.",
        (
            ("header", "Header", ""),
            ("salt", "exactly 32", "of the leaf"),
            ("shown", "Shown", ""),
            ("inclusion", "Inclusion", "of the entry"),
        ),
    ),
    "Entry": (
        "value", "Entry",
        "A journal entry: whole for the operator, without what names users for an auditor. Of "
        "one that was erased only header and leaf are left.",
        (
            ("header", "Header", ""),
            ("leaf", "ID", "its leaf hash"),
            ("salt", "maybe exactly 32", "of the leaf; nil when erased"),
            ("body", "up to 60000", "canonical Body; empty if it is not shown whole"),
            ("shown", "maybe Shown", "what an auditor sees of it"),
            ("attachments", "list of 16 Attachment",
             "public keys and signatures; never field values"),
        ),
    ),
    "Carried": (
        "value", "Carried", "What events of one name in erased entries came to.",
        (
            ("entity", "ID", "account, offer or payee; zeros for all payees of the currency"),
            ("event", "text 40", "name"),
            ("currency", "CURRENCY", ""),
            ("amount", "U64", "their sum, micro-units"),
        ),
    ),
    "Measurement": (
        "value", "Measurement", "Digest of something that a node is made of.",
        (("name", "text 40", "what was measured"), ("digest", "ID", "SHA3-256")),
    ),
    "Measured": (
        "value", "Measured",
        "What the node says it is made of, signed by it (context `optin/v1/measurements`).",
        (
            ("node", "ID", "which node"),
            ("measurements", "list of 16 Measurement", ""),
            ("nonce", "exactly 32", "of whoever asked"),
        ),
    ),
    "Firmware": (
        "value", "Firmware",
        "An image that a board may be updated to (context `optin/v1/firmware`, the update key's).",
        (
            ("board", "text 40", "which it is for"),
            ("counter", "U32", "larger than that of all before it"),
            ("size", "U32", "bytes of the image of main RAM"),
            ("digest", "ID", "its SHA3-256"),
        ),
    ),
    "RecoverySplit": (
        "value", "RecoverySplit",
        "Who holds the shares of a recovery key, signed by the node (context "
        "`optin/v1/recovery-split`).",
        (
            ("node", "ID", "which node"),
            ("position", "U64", "of the journal entry"),
            ("witnesses", "list of 3 ID", "holders 1, 2 and 3"),
            ("commitments", "list of 3 ID",
             "hashes by which a share is known: tag `optin/v1/recovery-share`, then node, "
             "position, holder's number and share"),
        ),
    ),
    "Takeover": (
        "value", "Takeover",
        "A node takes over from one that is dead. Two witnesses who verified what was recovered "
        "of it sign this (context `optin/v1/takeover`).",
        (
            ("predecessor", "ID", "the dead node"),
            ("size", "U64", "entries that were recovered of its journal"),
            ("root", "ID", "RFC 9162 root of these"),
            ("successor", "ID", "the node that takes over"),
            ("carried", "ID",
             "hash of the first part that is carried over: tag `optin/v1/carried`, then the "
             "fields of the request, the last of which is the hash of the next"),
        ),
    ),
    "CarriedParty": (
        "value", "CarriedParty", "A party of the dead node.",
        (
            ("party", "ID", ""),
            ("roles", "list of 8 ROLE", "ascending; never operator"),
            ("key", "ID", "id of the key it has now, tag `optin/v1/party`"),
        ),
    ),
    "CarriedMoney": (
        "value", "CarriedMoney", "What an account can promise, or a payee's balance.",
        (("party", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "micro-units")),
    ),
    # ------------------------------------------------------------------------------- requests: node
    "Identity": (
        "request", "identity", "Say who this node is. Works before provisioning.",
        (),
        (("to", "node"), ("journaled", False)),
        (
            ("node", "ID", "its id: hash of its public key"),
            ("public_key", "PUBLIC_KEY", "ML-DSA-87: signs codes, proofs, heads, settlements"),
            ("kem_key", "KEM_KEY", "ML-KEM-1024: enrolments are sealed to it"),
            ("schema", "U16", "version of the message table"),
            ("boot", "exactly 8", "nonce of this boot"),
            ("operator", "maybe ID", "nil until provisioned"),
            ("time", "U64", "the node's clock, ns since the epoch"),
        ),
    ),
    "Status": (
        "request", "status", "Counters of the node: load, failures, dead letters.",
        (),
        (("to", "node"), ("hosts", ("auditor",)), ("journaled", False)),
        (
            ("entries", "U64", "in the journal"),
            ("live", "U32", "entities in memory"),
            ("queued", "U32", "requests waiting"),
            ("restarts", "U64", "entities restarted after a failure, since boot"),
            ("dead_letters", "U64", "messages that could not be delivered, since boot"),
            ("last_dead", "list of 16 text 120", "the last of them"),
            ("unsigned_noise", "U64", "requests dropped for a signature that is not valid"),
            ("no_entropy", "text 120", "why it signs nothing and makes no key; empty if it does"),
        ),
    ),
    "JournalHead": (
        "request", "journal_head", "A fresh signed head bound to the asker's nonce.",
        (("nonce", "exactly 32", "random"),),
        (("to", "node"), ("journaled", False)),
        (("signed", "SignedHead", ""),),
    ),
    "JournalReceipt": (
        "request", "journal_receipt", "Inclusion of an entry in a head just signed.",
        (("position", "U64", "of the entry"), ("nonce", "exactly 32", "random")),
        (("to", "node"), ("journaled", False)),
        (("signed", "SignedHead", ""), ("inclusion", "Inclusion", "")),
    ),
    "JournalConsistency": (
        "request", "journal_consistency", "Proof that a later tree only appends to an earlier one.",
        (
            ("first", "U64", "entries in the earlier tree"),
            ("second", "U64", "entries in the later tree"),
        ),
        (("to", "node"), ("journaled", False)),
        (("path", "list of 130 ID", "RFC 9162 section 2.1.4"),),
    ),
    "Measurements": (
        "request", "measurements",
        "What the node is made of, signed now. On a software node its word for it.",
        (("nonce", "exactly 32", "random"),),
        (("to", "node"), ("journaled", False)),
        (("measured", "Measured", ""), ("signature", "SIGNATURE", "the node's")),
    ),
    "BeginUpdate": (
        "request", "begin_update",
        "Begin to update the firmware of a board; what was begun before is forgotten.",
        (("firmware", "Firmware", ""), ("signature", "SIGNATURE", "the update key's")),
        (("to", "node"), ("signer", "operator"), ("journaled", False)),
        (("part", "U32", "bytes that each part but the last must have"),),
    ),
    "PutUpdate": (
        "request", "put_update", "The next part of the image, in order.",
        (("offset", "U32", "of its first byte"), ("data", "up to 4096", "")),
        (("to", "node"), ("signer", "operator"), ("journaled", False)),
        (("received", "U32", "bytes that are there now"),),
    ),
    "FinishUpdate": (
        "request", "finish_update",
        "Have the image started from the next start on, if it is the one that was signed.",
        (),
        (("to", "node"), ("signer", "operator"), ("journaled", False)),
        (("counter", "U32", "of the newest firmware that was ever taken"),),
    ),
    "JournalEntries": (
        "request", "journal_entries",
        "Entries one after the other: for the operator whole but for field values, for an "
        "auditor without what names a user.",
        (("start", "U64", "first position"), ("limit", "U8", "at most so many")),
        (("to", "node"), ("signer", "any"), ("journaled", False)),
        (("entries", "list of 255 Entry", "as many as fit into a message"),),
    ),
    "SettlementEvidence": (
        "request", "settlement_evidence",
        "What a witness needs to compute a statement anew: the entries that made reservation, "
        "code, consent and completion, opened as far as needed, with proofs to a fresh head. No "
        "field mask.",
        (("code", "ID", ""), ("nonce", "exactly 32", "random: the head is bound to it")),
        (("to", "code"), ("signer", "witness"), ("journaled", False)),
        (
            ("statement", "Statement", "what the node would settle"),
            ("shares", "Shares", "the rules"),
            ("evidence", "list of 4 EntryParts", "generated, activated, completed"),
            ("signed", "SignedHead", "fresh, bound to the nonce"),
        ),
    ),
    # ---------------------------------------------------------------------------- requests: parties
    "Provision": (
        "request", "provision", "Bind the operator to this node; once.",
        (),
        (
            ("to", "charter"),
            ("signer", "self"),
            ("enclosures", ("the operator's ML-DSA-87 public key",)),
        ),
        (("operator", "ID", ""),),
    ),
    "RegisterParty": (
        "request", "register_party",
        "Register a party. It agrees itself: its own signature over the canonical `[node, "
        "party, roles]` (context `optin/v1/registration`) comes along.",
        (("party", "ID", "hash of its public key"), ("roles", "list of 8 ROLE", "ascending")),
        (
            ("to", "party"),
            ("signer", "operator"),
            ("enclosures", ("its ML-DSA-87 public key", "its own signature")),
        ),
    ),
    "RotateKey": (
        "request", "rotate_key",
        "Change a party's key, not its id. The new key agrees: its signature over the canonical "
        "`[node, party, successor]` (context `optin/v1/rotation`) comes along.",
        (("successor", "ID", "id of the new key, tag `optin/v1/party`"),),
        (
            ("to", "party"),
            ("signer", "any"),
            ("names_user", "signer"),
            ("enclosures", ("the new ML-DSA-87 public key", "its signature")),
        ),
    ),
    "SetClock": (
        "request", "set_clock",
        "Move the node's clock forward. A step larger than the bound needs two witnesses: their "
        "signatures over the canonical `[node, time]` (context `optin/v1/clock`).",
        (
            ("time", "U64", "ns since the epoch"),
            ("witnesses", "list of 2 ID", "none for a small step"),
        ),
        (
            ("to", "charter"),
            ("signer", "operator"),
            ("enclosures",
             ("first witness's signature or nothing", "second witness's signature or nothing")),
        ),
    ),
    "ListEdges": (
        "request", "list_edges",
        "The graph: what follows from an id by one type of edge, a page at a time.",
        (
            ("edge", "EDGE", "type of edge"),
            ("source", "ID", "where it starts"),
            ("after", "up to 64", "`next` of the page before; empty for the first"),
            ("limit", "U8", ""),
        ),
        (("to", "charter"), ("signer", "operator"), ("journaled", False)),
        (("targets", "list of 255 ID", ""), ("next", "up to 64", "empty on the last page")),
    ),
    "ShareRecovery": (
        "request", "share_recovery",
        "Split a new recovery key among three witnesses, of whom two can open the journal that "
        "this node leaves with its host. Each holder agrees: its signature over the canonical "
        "`[node, witness, key]` (context `optin/v1/recovery-key`) comes along.",
        (
            ("witnesses", "list of 3 ID", "holders 1, 2 and 3"),
            ("keys", "list of 3 KEM_KEY", "to which their shares are sealed"),
        ),
        (
            ("to", "recovery"),
            ("signer", "operator"),
            ("enclosures",
             ("first witness's signature", "second witness's signature",
              "third witness's signature")),
        ),
        (("split", "RecoverySplit", "what the node signs"),),
    ),
    "GetShare": (
        "request", "get_share",
        "The share of the witness who asks, sealed to the key it gave (purpose "
        "`optin/v1/recovery-share`).",
        (),
        (("to", "recovery"), ("signer", "witness"), ("journaled", False)),
        (
            ("split", "RecoverySplit", ""),
            ("signature", "SIGNATURE", "the node's over it"),
            ("holder", "U8", "number of the witness: 1 to 3"),
            ("share", "Sealed", "32 bytes"),
            ("operator_key", "PUBLIC_KEY", "who may ask for the share, as of now"),
        ),
    ),
    "TakeOver": (
        "request", "take_over",
        "Say, right behind its provisioning, that this node takes over from one that is dead.",
        (
            ("takeover", "Takeover", "what two witnesses signed"),
            ("witnesses", "list of 2 ID", "of the dead node"),
        ),
        (
            ("to", "takeover"),
            ("signer", "operator"),
            ("enclosures",
             ("first witness's ML-DSA-87 public key", "its signature",
              "second witness's ML-DSA-87 public key", "its signature")),
        ),
    ),
    "CarryOver": (
        "request", "carry_over",
        "Carry the next part over: parties but users, what accounts can promise, and payment "
        "references that were credited.",
        (
            ("parties", "list of 8 CarriedParty", ""),
            ("accounts", "list of 24 CarriedMoney", ""),
            ("payments", "list of 24 ID", ""),
            ("next", "ID", "hash of the next part; zeros for none"),
        ),
        (
            ("to", "takeover"),
            ("signer", "operator"),
            ("enclosures", ("the parties' ML-DSA-87 public keys, one after the other",)),
        ),
    ),
    "CarryUsers": (
        "request", "carry_users", "Carry the next part over: users, and balances of payees.",
        (
            ("parties", "list of 8 CarriedParty", ""),
            ("payees", "list of 40 CarriedMoney", ""),
            ("next", "ID", "hash of the next part; zeros for none"),
        ),
        (
            ("to", "takeover"),
            ("signer", "operator"),
            ("names_user", True),
            ("enclosures", ("the parties' ML-DSA-87 public keys, one after the other",)),
        ),
    ),
    "GetTakeover": (
        "request", "get_takeover", "From whom this node took over, if it did.",
        (),
        (("to", "takeover"), ("journaled", False)),
        (
            ("takeover", "maybe Takeover", ""),
            ("next", "ID", "hash of the part that is still to be carried over; zeros for none"),
        ),
    ),
    "EraseDue": (
        "request", "erase_due",
        "Erase what was kept as long as it must be, up to a bounded batch: engagements that "
        "ended, and entries that nobody needs any more. Ask again while there is more.",
        (),
        (("to", "retention"), ("signer", "operator"), ("timed", True)),
        (
            ("states", "U32", "things erased"),
            ("entries", "U32", "journal entries erased"),
            ("more", "flag", "whether there is more to erase now"),
        ),
    ),
    "GetRetention": (
        "request", "get_retention",
        "What was erased so far, and when something is due next. Not for everyone: when "
        "something is due tells when something happened.",
        (),
        (("to", "retention"), ("signer", "operator"), ("journaled", False)),
        (
            ("entries", "U64", "erased so far"),
            ("states", "U64", "erased so far"),
            ("due", "U64",
             "from when on there is something to erase, ns since the epoch; 0: never"),
        ),
    ),
    "NextNonce": (
        "request", "next_nonce",
        "The smallest nonce that the asker's next command may carry. Only the asker's own: a "
        "nonce that rises when something happens would tell whose doing it was.",
        (),
        (("to", "party"), ("signer", "any"), ("journaled", False), ("kept", "freely")),
        (("nonce", "U64", ""),),
    ),
    "GetParty": (
        "request", "get_party",
        "Roles of a party. Users have none here: who is one is nobody's business.",
        (("party", "ID", ""),),
        (("to", "party"), ("journaled", False)),
        (("roles", "list of 8 ROLE", "none if not known"),),
    ),
    "DefineField": (
        "request", "define_field", "Add a field to the registry.",
        (("field", "FieldDefinition", ""),),
        (("to", "fields"), ("signer", "operator")),
    ),
    "ListFields": (
        "request", "list_fields", "The field registry.",
        (),
        (("to", "fields"), ("journaled", False)),
        (("fields", "list of 256 FieldDefinition", ""),),
    ),
    "DefineRules": (
        "request", "define_rules", "Add settlement rules; they never change.",
        (("shares", "Shares", ""),),
        (("to", "rules"), ("signer", "operator")),
        (("rules", "ID", ""),),
    ),
    "GetRules": (
        "request", "get_rules", "The shares of settlement rules.",
        (("rules", "ID", ""),),
        (("to", "rules"), ("journaled", False)),
        (("shares", "Shares", ""),),
    ),
    # ---------------------------------------------------------------------------- requests: profile
    "Enrol": (
        "request", "enrol", "Enrol a user: key, referrer and a commitment to the sealed fields.",
        (
            ("referrer", "maybe ID", "who brought the user; fixed for good"),
            ("commitment", "ID", "hash of the enclosed SealedFields"),
        ),
        (
            ("to", "profile"),
            ("signer", "self"),
            ("sealed", True),
            ("names_user", True),
            ("enclosures", ("the user's ML-DSA-87 public key", "canonical SealedFields")),
        ),
        (("user", "ID", ""),),
    ),
    "UpdateFields": (
        "request", "update_fields",
        "Replace the user's fields. Views already consented to stay as they are.",
        (("commitment", "ID", "hash of the enclosed SealedFields"),),
        (
            ("to", "profile"),
            ("signer", "user"),
            ("sealed", True),
            ("names_user", True),
            ("enclosures", ("canonical SealedFields",)),
            ("kept", "freely"),
        ),
    ),
    # ---------------------------------------------------------- requests: keys that the node keeps
    "EnrolHeld": (
        "request", "enrol_held",
        "Make a key, keep it, and enrol its user: the node signs `enrol` itself. Answers as that.",
        (("sealed", "Sealed", "HeldEnrolment, purpose `optin/v1/held`"),),
        (("to", "node"), ("journaled", False), ("held", True)),
        (
            ("result", "up to 60000", "canonical reply of `enrol`"),
            ("position", "U64", "sequence number of the journal entry"),
            ("leaf", "ID", "its leaf hash"),
            ("signatures", "list of 4 SIGNATURE", "none"),
        ),
    ),
    "UseHeld": (
        "request", "use_held",
        "Do something with a key that the node keeps, and that needs no press. Answers as that "
        "request does.",
        (("sealed", "Sealed", "HeldAsk, purpose `optin/v1/held`"),),
        (("to", "node"), ("journaled", False), ("held", True)),
    ),
    "AskHeld": (
        "request", "ask_held",
        "Have the node ask whoever is at it for a press, and sign a command only then. One "
        "question at a time.",
        (("sealed", "Sealed", "HeldAsk, purpose `optin/v1/held`"),),
        (("to", "node"), ("journaled", False)),
        (("question", "Question", ""), ("signature", "SIGNATURE", "the node's")),
    ),
    "HeldAnswer": (
        "request", "held_answer",
        "How a question stands. One that was not answered with a press is an error, and so is a "
        "command that was refused after it.",
        (("command", "ID", "of the question"),),
        (("to", "node"), ("journaled", False)),
        (
            ("state", "one of asking pressed done", ""),
            ("result", "up to 60000",
             "once done: canonical Accepted; of `export_key` the sealed seed"),
        ),
    ),
    "HeldKey": (
        "request", "held_key", "A public key of the user, if the node keeps it.",
        (("partner", "maybe ID", "as this partner knows the user; nil: as the node does"),),
        (("to", "node"), ("signer", "user"), ("journaled", False), ("kept", "freely")),
        (("public_key", "PUBLIC_KEY", ""),),
    ),
    "ExportKey": (
        "request", "export_key",
        "Give the seed of a key that the node keeps to its user; only by `ask_held`. It comes "
        "sealed by ChaCha20-Poly1305 with a zero nonce under HKDF-SHA3-256 (secret: the passphrase "
        "key; salt: `salt`; info: `optin/v1/export`).",
        (("salt", "exactly 32", "random, for this one answer"),),
        (
            ("to", "node"),
            ("signer", "user"),
            ("journaled", False),
            ("kept", "on a press"),
            ("enclosures", ("the passphrase key, 32 bytes",)),
        ),
    ),
    # ------------------------------------------------------------------------------ requests: score
    "DefineWeights": (
        "request", "define_weights", "Change the weights of the composite score.",
        (("weights", "Weights", ""),),
        (("to", "weights"), ("signer", "operator")),
    ),
    "OptinRecordEvent": (
        "request", "optin_record_event",
        "A registered source saw a user do something; each event counts once.",
        (
            ("event", "ID", "id that the source gave it"),
            ("user", "ID", ""),
            ("type", "ACTIVITY", ""),
            ("points", "U16", "1 to 1000"),
            ("time", "U64", "when it happened, ns since the epoch"),
        ),
        (("to", "score"), ("signer", "source"), ("timed", True), ("names_user", True)),
    ),
    "OptinGetScore": (
        "request", "optin_get_score", "A user's score as of now; for that user and the operator.",
        (("user", "ID", ""),),
        (
            ("to", "score"),
            ("signer", "any"),
            ("journaled", False),
            ("timed", True),
            ("kept", "freely"),
        ),
        (("score", "Score", ""),),
    ),
    # ------------------------------------------------------------------------- requests: provenance
    "RecordHop": (
        "request", "record_hop", "Add a hop to a session's provenance chain.",
        (
            ("session", "ID", ""),
            ("previous", "ID", "the session's last hop; zeros for the first"),
            ("type", "HOP", "any but OptIn, the node's own"),
            ("data", "ID", "hash of what belongs to it"),
        ),
        (("to", "hop"), ("signer", "any"), ("names_user", "signer"), ("kept", "freely")),
        (("hop", "ID", ""),),
    ),
    "GetHop": (
        "request", "get_hop", "A hop.",
        (("hop", "ID", ""),),
        (("to", "hop"), ("journaled", False)),
        (("hop", "Hop", ""),),
    ),
    # ------------------------------------------------------------------- requests: offer and escrow
    "OptinDepositEscrow": (
        "request", "optin_deposit_escrow", "Credit a partner's account for a payment received.",
        (
            ("partner", "ID", ""),
            ("currency", "CURRENCY", ""),
            ("amount", "U64", "micro-units"),
            ("reference", "up to 64", "of the payment; accepted once"),
        ),
        (("to", "account"), ("signer", "operator")),
        (("account", "ID", ""), ("available", "U64", "")),
    ),
    "GetAccount": (
        "request", "get_account",
        "Balances of an escrow account; for its partner and the operator.",
        (("partner", "ID", ""), ("currency", "CURRENCY", "")),
        (("to", "account"), ("signer", "any"), ("journaled", False)),
        (("line", "AccountLine", ""), ("available", "U64", "")),
    ),
    "ListAccounts": (
        "request", "list_accounts",
        "Escrow accounts of a currency with their balances, a page at a time.",
        (
            ("currency", "CURRENCY", ""),
            ("after", "up to 64", "`next` of the page before"),
            ("limit", "U8", ""),
        ),
        (("to", "account"), ("signer", "operator"), ("journaled", False)),
        (("accounts", "list of 255 AccountLine", ""), ("next", "up to 64", "empty on the last")),
    ),
    "PublishOffer": (
        "request", "publish_offer", "Publish an offer; its id is the hash of its terms.",
        (("terms", "Terms", ""),),
        (("to", "offer"), ("signer", "partner"), ("timed", True)),
        (("offer", "ID", ""),),
    ),
    "ReplaceWitness": (
        "request", "replace_witness",
        "Replace a witness who does not answer, for the codes of one offer. The partner agrees: "
        "its signature over the canonical `[node, offer, dead, successor]` (context "
        "`optin/v1/replacement`) comes along.",
        (
            ("offer", "ID", ""),
            ("dead", "ID", "one of the three"),
            ("successor", "ID", "another witness"),
        ),
        (("to", "offer"), ("signer", "operator"), ("enclosures", ("the partner's signature",))),
    ),
    "WithdrawEscrow": (
        "request", "withdraw_escrow", "Take available money out of an escrow account.",
        (("currency", "CURRENCY", ""), ("amount", "U64", "micro-units")),
        (("to", "account"), ("signer", "partner")),
        (("available", "U64", "what is left"),),
    ),
    "CloseOffer": (
        "request", "close_offer", "Stop new codes of an offer. Codes already generated live on.",
        (("offer", "ID", ""),),
        (("to", "offer"), ("signer", "partner")),
    ),
    "GetOffer": (
        "request", "get_offer", "The terms of an offer, and whether it is open.",
        (("offer", "ID", ""),),
        (("to", "offer"), ("journaled", False)),
        (("terms", "Terms", ""), ("open", "flag", "")),
    ),
    "ListOffers": (
        "request", "list_offers", "Ids of all offers, ascending, a page at a time.",
        (("after", "ID", "last id of the page before; zeros for the first"), ("limit", "U8", "")),
        (("to", "offer"), ("journaled", False)),
        (("offers", "list of 255 ID", ""),),
    ),
    # ------------------------------------------------------------------------- requests: engagement
    "OptinGenerateCode": (
        "request", "optin_generate_code",
        "Generate a code for a user and reserve the money for it.",
        (("offer", "ID", ""), ("user", "ID", "")),
        (("to", "code"), ("signer", "operator"), ("timed", True), ("names_user", True)),
        (("code", "ID", ""), ("reservation", "ID", ""), ("expires_at", "U64", "")),
    ),
    "MarkViewed": (
        "request", "mark_viewed", "The user has seen the code; answers what it offers.",
        (("code", "ID", ""),),
        (
            ("to", "code"),
            ("signer", "user"),
            ("timed", True),
            ("names_user", True),
            ("kept", "freely"),
        ),
        (("offer", "ID", ""), ("expires_at", "U64", "")),
    ),
    "OptinActivateCode": (
        "request", "optin_activate_code",
        "The opt-in: consent to exactly these fields in exactly this form.",
        (("consent", "Consent", ""),),
        (
            ("to", "code"),
            ("signer", "user"),
            ("enclosures",
             ("the pairwise ML-DSA-87 public key", "its signature over the canonical Consent")),
            ("timed", True),
            ("names_user", True),
            ("kept", "on a press"),
        ),
        (
            ("proof", "ID", "link of the consent chain"),
            ("previous", "ID", "the link before it"),
            ("record", "ID", "the view record"),
            ("hop", "ID", "the node's OptIn hop"),
            ("root", "ID", "of the commitment"),
        ),
    ),
    "OptinRevokeCode": (
        "request", "optin_revoke_code",
        "Take consent back: views stop at once, what was settled stays settled.",
        (("code", "ID", ""),),
        (("to", "code"), ("signer", "user"), ("names_user", True), ("kept", "on a press")),
    ),
    "OptinExpireReservation": (
        "request", "optin_expire_reservation",
        "Expire what is due: a code that was not activated in time, or not completed in time. "
        "Anyone may ask.",
        (("code", "ID", ""),),
        (("to", "code"), ("timed", True)),
    ),
    "ListDue": (
        "request", "list_due", "Codes that are due to expire, a page at a time.",
        (
            ("after", "up to 64", "`next` of the page before; empty for the first"),
            ("limit", "U8", ""),
        ),
        (("to", "code"), ("hosts", ("auditor",)), ("journaled", False), ("timed", True)),
        (("codes", "list of 255 ID", ""), ("next", "up to 64", "empty on the last page")),
    ),
    "GetCode": (
        "request", "get_code", "State of a code; for its user, its partner and the operator.",
        (("code", "ID", ""),),
        (("to", "code"), ("signer", "any"), ("journaled", False), ("kept", "freely")),
        (
            ("status", "text 16", ""),
            ("offer", "ID", ""),
            ("reservation", "ID", ""),
            ("amount", "U64", ""),
            ("expires_at", "U64", ""),
            ("completed", "flag", "a view was granted"),
            ("consent_hash", "ID", "zeros until activated"),
            ("record", "ID", "zeros until activated"),
            ("settlement", "ID", "zeros until settled"),
        ),
    ),
    "ListCodes": (
        "request", "list_codes", "Codes of the user who asks, or of everyone for the operator.",
        (
            ("after", "up to 64", "`next` of the page before; empty for the first"),
            ("limit", "U8", ""),
        ),
        (("to", "code"), ("signer", "any"), ("journaled", False), ("kept", "freely")),
        (("codes", "list of 255 ID", ""), ("next", "up to 64", "empty on the last page")),
    ),
    # ------------------------------------------------------------------------------ requests: views
    "OptinEnforceView": (
        "request", "optin_enforce_view",
        "Look at what was consented to. The answer is a padded ViewGrant, sealed to a key for "
        "this one request; a repeated request is judged anew.",
        (
            ("record", "ID", ""),
            ("requested", "MASK", ""),
            ("reply_key", "ID", "id of the one-time key"),
        ),
        (
            ("to", "view"),
            ("signer", "partner"),
            ("judged_anew", True),
            ("timed", True),
            ("names_user", "signer"),
            ("enclosures",
             ("one-time ML-KEM-1024 key", "the network address the host saw, if any")),
        ),
        (("sealed", "Sealed", "ViewGrant"),),
    ),
    "ListViews": (
        "request", "list_views", "View records of the partner who asks.",
        (
            ("after", "up to 64", "`next` of the page before; empty for the first"),
            ("limit", "U8", ""),
        ),
        (("to", "view"), ("signer", "partner"), ("journaled", False)),
        (("records", "list of 255 ID", ""), ("next", "up to 64", "empty on the last page")),
    ),
    "GetView": (
        "request", "get_view", "What a view record shows, without any value; for its partner.",
        (("record", "ID", ""),),
        (("to", "view"), ("signer", "partner"), ("journaled", False), ("timed", True)),
        (
            ("code", "ID", ""),
            ("offer", "ID", ""),
            ("pairwise", "ID", ""),
            ("visible", "MASK", ""),
            ("open", "flag", "not stopped"),
            ("commitment", "Commitment", "what openings open"),
            ("signature", "SIGNATURE", "the node's over it"),
        ),
    ),
    # ------------------------------------------------------------------------- requests: settlement
    "OptinSettleEngagement": (
        "request", "optin_settle_engagement",
        "Distribute the reservation by the rules. Operator or partner.",
        (
            ("code", "ID", ""),
            ("settlement", "ID", "hash of the statement"),
            ("witnesses", "list of 2 ID", "two of the offer's three"),
        ),
        (
            ("to", "settlement"),
            ("signer", "any"),
            ("enclosures", ("first witness's signature", "second witness's signature")),
        ),
        (("settlement", "ID", ""), ("amounts", "Amounts", "")),
    ),
    "GetSettlement": (
        "request", "get_settlement",
        "The record of a settlement; for its witnesses, partner and operator.",
        (("settlement", "ID", ""),),
        (("to", "settlement"), ("signer", "any"), ("journaled", False)),
        (("record", "SettlementRecord", ""),),
    ),
    "OptinVerifySettlement": (
        "request", "optin_verify_settlement", "Is this record one that this node made, and right?",
        (("record", "SettlementRecord", ""),),
        (("to", "settlement"), ("journaled", False)),
        (("valid", "flag", ""), ("reason", "text 160", "")),
    ),
    "GetBalance": (
        "request", "get_balance",
        "Balance of the payee who asks, or of any payee for the operator.",
        (("party", "ID", ""), ("currency", "CURRENCY", "")),
        (("to", "payee"), ("signer", "any"), ("journaled", False), ("kept", "freely")),
        (("balance", "U64", ""), ("earned", "U64", "")),
    ),
    "WithdrawBalance": (
        "request", "withdraw_balance", "Take out what one has earned.",
        (("currency", "CURRENCY", ""), ("amount", "U64", "micro-units")),
        (("to", "payee"), ("signer", "any"), ("names_user", "signer"), ("kept", "on a press")),
        (("balance", "U64", "what is left"),),
    ),
    "ListBalances": (
        "request", "list_balances", "Payees of a currency with their balances, a page at a time.",
        (
            ("currency", "CURRENCY", ""),
            ("after", "up to 64", "`next` of the page before"),
            ("limit", "U8", ""),
        ),
        (("to", "payee"), ("signer", "operator"), ("journaled", False)),
        (("balances", "list of 255 PayeeLine", ""), ("next", "up to 64", "empty on the last")),
    ),
    # ------------------------------------------------------------------ messages between the actors
    "AcceptCommand": (
        "message", "accept_command",
        "Check signer, roles and nonce of a command, and use up the nonce.",
        (
            ("nonce", "U64", ""),
            ("role", "text 16", "role asked for; empty for none"),
            ("logged", "flag", "journal the refusal of a wrong role"),
        ),
    ),
    "RegisterSelf": (
        "message", "register_self", "Register a user that enrols or an operator that provisions.",
        (("roles", "list of 8 ROLE", ""),),
    ),
    "PartyRoles": ("message", "party_roles", "Roles of a party."),
    "GetTerms": ("message", "get_terms", "Terms of an offer."),
    "GetShares": ("message", "get_shares", "The shares of settlement rules."),
    "OptinComputeScore": ("message", "optin_compute_score", "The score as of now, for a new code."),
    "GetWeights": ("message", "get_weights", "The weights in force."),
    "AcceptEvent": ("message", "accept_event", "Take an event id, once.", (("source", "ID", ""),)),
    "FollowHop": (
        "message", "follow_hop", "The node's OptIn hop, behind a hop or as the first of a session.",
        (
            ("session", "ID", ""),
            ("previous", "ID", ""),
            ("proof", "ID", "the consent proof it cites"),
        ),
    ),
    "GetSession": ("message", "get_session", "Session of a hop."),
    "GetCompletion": ("message", "get_completion", "Whether a view was granted before."),
    "ExpireReservation": (
        "message", "expire_reservation",
        "Take the reserved amount back: it expires and is reclaimed.",
    ),
    "ExpireFunds": (
        "message", "expire_funds", "Reserved to expired, and expired to available.",
        (("amount", "U64", ""),),
    ),
    "GetProfile": ("message", "get_profile", "What a new code pins of a user: the referrer."),
    "FreezeFields": (
        "message", "freeze_fields", "Values of a user as they are now, by registry index.",
        (("fields", "list of 256 FieldUse", "shown"), ("required", "list of 256 FieldUse", "")),
    ),
    "CheckUses": (
        "message", "check_uses",
        "Are these field uses allowed by the registry, and how long may they get?",
        (("required", "list of 256 FieldUse", ""), ("optional", "list of 256 FieldUse", "")),
    ),
    "CheckValues": (
        "message", "check_values", "Do these values fit the registry?",
        (("values", "list of 256 up to 254", ""),),
    ),
    "IssueCode": ("message", "issue_code", "Count a code against an offer's budget."),
    "ReturnBudget": (
        "message", "return_budget", "A code of this offer was cancelled: its budget is free again.",
    ),
    "CarryParty": (
        "message", "carry_party", "Take a party of a dead node over, with its roles and key.",
        (
            ("roles", "list of 8 ROLE", ""),
            ("index", "U8", "of its key among those attached"),
            ("key", "ID", "id of the key"),
        ),
    ),
    "CarryMoney": (
        "message", "carry_money", "Take money of a dead node's books over.",
        (("party", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
    ),
    "AcceptPayment": (
        "message", "accept_payment", "Take a payment reference, once.",
        (("account", "ID", ""),),
    ),
    "OptinReserveAgainst": (
        "message", "optin_reserve_against", "Hold an amount of an account for a code.",
        (("account", "ID", ""), ("code", "ID", ""), ("amount", "U64", "")),
    ),
    "ReserveFunds": (
        "message", "reserve_funds", "Move an amount of the account from available to reserved.",
        (("amount", "U64", ""),),
    ),
    "ReleaseFunds": (
        "message", "release_funds", "Move an amount of the account from reserved to released.",
        (("amount", "U64", ""),),
    ),
    "ReturnFunds": (
        "message", "return_funds", "Move an amount of the account from reserved to available.",
        (("amount", "U64", ""),),
    ),
    "CheckFunds": (
        "message", "check_funds", "Can the account pay this amount?",
        (("amount", "U64", ""),),
    ),
    "OptinReleaseOnCompletion": (
        "message", "optin_release_on_completion", "Release a reservation for a settlement.",
        (("settlement", "ID", ""),),
    ),
    "CancelReservation": (
        "message", "cancel_reservation", "Give the reserved amount back to the account.",
    ),
    "RecordConsent": (
        "message", "record_consent", "Extend the consent chain by a proof.",
        (("consent", "Consent", ""),),
    ),
    "ExtendChain": (
        "message", "extend_chain", "Make a link the head of a chain.",
        (("link", "ID", ""),),
    ),
    "ChainHead": ("message", "chain_head", "The head of a chain."),
    "OptinGenerateView": (
        "message", "optin_generate_view", "Create the view record of a consent.",
        (
            ("consent", "Consent", ""),
            ("pad", "U16", "size class of the sealed replies, bytes"),
            ("partner", "ID", ""),
            ("view_until", "U64", ""),
            ("complete_by", "U64", "absolute, ns; 0 for no limit"),
        ),
    ),
    "OptinLogAccess": (
        "message", "optin_log_access", "Write down that a partner looked, and what was returned.",
        (
            ("partner", "ID", ""),
            ("requested", "MASK", ""),
            ("returned", "MASK", ""),
            ("address", "ID", "keyed hash of the address the host reported"),
            ("granted", "flag", ""),
        ),
    ),
    "CompleteCode": ("message", "complete_code", "A view was granted: the engagement is complete."),
    "StopView": ("message", "stop_view", "The user took consent back."),
    "Forget": ("message", "forget", "It was kept as long as it must be: forget it."),
    "ForgetActivities": ("message", "forget_activities", "Forget what counts no more."),
    "ForgetLink": (
        "message", "forget_link", "Forget the chain if this is its last link.",
        (("link", "ID", ""),),
    ),
    "CodeFacts": ("message", "code_facts", "What a settlement needs to know of a code."),
    "GetReservation": ("message", "get_reservation", "State of a reservation."),
    "SettleCode": (
        "message", "settle_code", "The engagement was settled.",
        (("settlement", "ID", ""),),
    ),
    "CreditPayee": (
        "message", "credit_payee", "Add an amount to a payee's balance.",
        (("party", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
    ),
    # --------------------------------------------------------------------------------------- events
    "Provisioned": (
        "event", "provisioned", "The operator is bound to the node.",
        (("operator", "ID", ""),),
        (("scope", "standing"),),
    ),
    "PartyRegistered": (
        "event", "party_registered", "A party is known; its key is attached.",
        (("roles", "list of 8 ROLE", ""),),
        (("scope", "standing"), ("private", ("id",))),
    ),
    "CommandAccepted": (
        "event", "command_accepted", "The party's nonce is used up.",
        (("nonce", "U64", ""),),
        (("scope", ""), ("private", ("id",))),
    ),
    "RolesAdded": (
        "event", "roles_added", "A party has more roles.",
        (("roles", "list of 8 ROLE", "all of them"),),
        (("scope", "standing"), ("private", ("id",))),
    ),
    "KeyRotated": (
        "event", "key_rotated", "A party has a new key; it is attached.",
        (("successor", "ID", ""),),
        (("scope", "standing"), ("private", ("id", "successor"))),
    ),
    "RecoveryShared": (
        "event", "recovery_shared",
        "A recovery key was split; what an earlier one opens, this one opens too.",
        (("witnesses", "list of 3 ID", ""), ("commitments", "list of 3 ID", "to their shares")),
        (("scope", "standing"),),
    ),
    "TakenOver": (
        "event", "taken_over", "This node takes over from one that is dead.",
        (("takeover", "Takeover", ""), ("witnesses", "list of 2 ID", "who signed it")),
        (("scope", "standing"),),
    ),
    "PartCarried": (
        "event", "part_carried", "A part was carried over.",
        (("next", "ID", "the part to follow; zeros for none"),),
        (("scope", "standing"),),
    ),
    "PartyCarried": (
        "event", "party_carried", "A party of the dead node is known; its key is attached.",
        (("roles", "list of 8 ROLE", ""), ("index", "U8", "of the key"), ("key", "ID", "its id")),
        (("scope", "standing"), ("private", ("id", "key"))),
    ),
    "FundsCarried": (
        "event", "funds_carried", "What a dead node's account could promise is available.",
        (("partner", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
        (("scope", "standing"),),
    ),
    "BalanceCarried": (
        "event", "balance_carried", "A payee has what it had on the dead node.",
        (("party", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
        (("scope", "standing"), ("private", ("id", "party"))),
    ),
    "ClockSet": (
        "event", "clock_set", "The operator moved the clock.",
        (("time", "U64", ""),),
        (("scope", "standing"),),
    ),
    "WeightsDefined": (
        "event", "weights_defined", "The composite score has new weights.",
        (("weights", "Weights", ""),),
        (("scope", "standing"),),
    ),
    "EventAccepted": (
        "event", "event_accepted", "An event id is used up.",
        (("source", "ID", ""),),
        (("scope", "activity"),),
    ),
    "ActivityRecorded": (
        "event", "activity_recorded", "A user did something.",
        (("type", "ACTIVITY", ""), ("points", "U16", ""), ("time", "U64", "")),
        (("scope", "activity"), ("private", ("id",))),
    ),
    "HopRecorded": (
        "event", "hop_recorded", "A hop of a provenance chain.",
        (
            ("node", "ID", ""),
            ("session", "ID", ""),
            ("previous", "ID", ""),
            ("type", "HOP", ""),
            ("party", "ID", ""),
            ("data", "ID", ""),
        ),
        (("private", ("party",)),),
    ),
    "Forgotten": (
        "event", "forgotten", "It was kept as long as it must be, and is erased.",
        (),
        (("scope", "standing"),),
    ),
    "ActivitiesForgotten": (
        "event", "activities_forgotten", "What is older than a year counts no more.",
        (("until", "U64", "activities up to then, ns since the epoch"),),
        (("scope", "standing"), ("private", ("id",))),
    ),
    "Erased": (
        "event", "erased", "Entries were erased; what follows is what they came to.",
        (
            ("states", "U32", "forgotten with them"),
            ("entries", "list of 255 U64", "positions of entries that are gone"),
            ("values", "list of 255 U64", "positions of entries whose users' values are gone"),
            ("sums", "list of 255 Carried",
             "by account and offer, and for all payees of a currency"),
            ("payees", "list of 255 Carried", "by payee"),
        ),
        (("scope", "standing"), ("private", ("payees",))),
    ),
    "WitnessReplaced": (
        "event", "witness_replaced", "Another witness stands in.",
        (("dead", "ID", ""), ("successor", "ID", "")),
        (("scope", "standing"),),
    ),
    "FundsExpired": ("event", "funds_expired", "Reserved to expired.", (("amount", "U64", ""),)),
    "FundsReclaimed": (
        "event", "funds_reclaimed", "Expired to available.",
        (("amount", "U64", ""),),
    ),
    "FundsWithdrawn": (
        "event", "funds_withdrawn", "Available to the partner.",
        (("amount", "U64", ""),),
    ),
    "ReservationExpired": ("event", "reservation_expired", "Nobody used the money in time."),
    "CodeExpired": ("event", "code_expired", "The code is dead."),
    "PayeePaid": (
        "event", "payee_paid", "A payee took money out.",
        (("currency", "CURRENCY", ""), ("amount", "U64", "")),
        (("private", ("id",)),),
    ),
    "FieldDefined": (
        "event", "field_defined", "The registry grew.",
        (("field", "FieldDefinition", ""),),
        (("scope", "standing"),),
    ),
    "RulesDefined": (
        "event", "rules_defined", "Settlement rules exist.",
        (("shares", "Shares", ""),),
        (("scope", "standing"),),
    ),
    "Enrolled": (
        "event", "enrolled", "A user is enrolled; the values are attached.",
        (("referrer", "maybe ID", ""), ("commitment", "ID", "")),
        (("scope", "profile"), ("private", ("id", "referrer"))),
    ),
    "FieldsUpdated": (
        "event", "fields_updated", "The user's fields changed; the values are attached.",
        (("commitment", "ID", ""),),
        (("scope", "profile"), ("private", ("id",))),
    ),
    "PaymentAccepted": (
        "event", "payment_accepted", "A payment reference is used up.",
        (("account", "ID", ""),),
    ),
    "Deposited": (
        "event", "deposited", "Money came in.",
        (("partner", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
    ),
    "OfferPublished": (
        "event", "offer_published", "An offer is open.",
        (("terms", "Terms", ""), ("pad", "U16", "")),
        (("scope", "standing"),),
    ),
    "OfferClosed": (
        "event", "offer_closed", "An offer takes no new codes.",
        (),
        (("scope", "standing"),),
    ),
    "CodeIssued": (
        "event", "code_issued", "A code counts against the offer's budget.",
        (("amount", "U64", ""),),
    ),
    "BudgetReturned": (
        "event", "budget_returned", "A cancelled code's budget is free again.",
        (("amount", "U64", ""),),
    ),
    "FundsReserved": (
        "event", "funds_reserved", "Available to reserved.",
        (("amount", "U64", ""),),
    ),
    "FundsReleased": ("event", "funds_released", "Reserved to released.", (("amount", "U64", ""),)),
    "FundsReturned": (
        "event", "funds_returned", "Reserved to available.",
        (("amount", "U64", ""),),
    ),
    "ReservationMade": (
        "event", "reservation_made", "Money is held for a code.",
        (("account", "ID", ""), ("code", "ID", ""), ("amount", "U64", "")),
    ),
    "ReservationReleased": (
        "event", "reservation_released", "The money went to the payees.",
        (("settlement", "ID", ""),),
    ),
    "ReservationCancelled": (
        "event", "reservation_cancelled", "The money went back to the account.",
    ),
    "CodeAssigned": (
        "event", "code_assigned", "Whose code it is. Not for witnesses: it names the user.",
        (
            ("user", "ID", ""),
            ("nonce", "exactly 32", "makes code and payee references unguessable"),
            ("affiliate", "maybe ID", ""),
            ("beneficiary", "ID", "the user, or the charity"),
        ),
        (("private", ("user", "nonce", "affiliate", "beneficiary")),),
    ),
    "CodeGenerated": (
        "event", "code_generated", "A code exists, its money is held, its payees are pinned.",
        (
            ("offer", "ID", ""),
            ("partner", "ID", ""),
            ("reservation", "ID", ""),
            ("amount", "U64", ""),
            ("currency", "CURRENCY", ""),
            ("rules", "ID", ""),
            ("payees", "Payees", ""),
            ("witnesses", "list of 3 ID", ""),
            ("publisher", "maybe ID", ""),
            ("expires_at", "U64", ""),
        ),
    ),
    "CodeViewed": ("event", "code_viewed", "The user has seen it."),
    "CodeActivated": (
        "event", "code_activated", "The user opted in.",
        (
            ("consent_hash", "ID", ""),
            ("proof", "ID", ""),
            ("record", "ID", ""),
            ("complete_by", "U64", "absolute, ns; 0 for no limit"),
        ),
    ),
    "CodeCompleted": ("event", "code_completed", "The first view was granted."),
    "CodeSettled": (
        "event", "code_settled", "The money was distributed.",
        (("settlement", "ID", ""),),
    ),
    "CodeRevoked": ("event", "code_revoked", "The user took consent back."),
    "PresenceGiven": (
        "event", "presence_given", "How the node knows of the user's yes.",
        (("kind", "PRESENCE", ""),),
    ),
    "ConsentRecorded": (
        "event", "consent_recorded", "A link of the consent chain.",
        (("previous", "ID", ""), ("consent_hash", "ID", ""), ("consent", "Consent", "")),
    ),
    "ChainExtended": (
        "event", "chain_extended", "A chain has a new head.",
        (("link", "ID", ""),),
        (("scope", ""),),
    ),
    "ViewCreated": (
        "event", "view_created", "A view record exists; the values it shows are attached.",
        (
            ("code", "ID", ""),
            ("offer", "ID", ""),
            ("partner", "ID", ""),
            ("pairwise", "ID", ""),
            ("fields", "list of 256 FieldUse", ""),
            ("pad", "U16", ""),
            ("view_until", "U64", ""),
            ("complete_by", "U64", "absolute, ns; 0 for no limit"),
            ("consent_hash", "ID", ""),
            ("root", "ID", "of the commitment"),
        ),
    ),
    "ViewStopped": ("event", "view_stopped", "No more views."),
    "AccessLogged": (
        "event", "access_logged", "A partner looked, or was refused.",
        (
            ("partner", "ID", ""),
            ("requested", "MASK", ""),
            ("returned", "MASK", ""),
            ("address", "ID", ""),
            ("granted", "flag", ""),
        ),
    ),
    "SettlementRecorded": (
        "event", "settlement_recorded", "A link of the settlement chain; signatures are attached.",
        (
            ("previous", "ID", ""),
            ("statement", "Statement", ""),
            ("witnesses", "list of 2 ID", ""),
            ("partner", "ID", ""),
        ),
    ),
    "PayeeCredited": (
        "event", "payee_credited", "A payee earned.",
        (("party", "ID", ""), ("currency", "CURRENCY", ""), ("amount", "U64", "")),
        (("private", ("id", "party")),),
    ),
    # --------------------------------------------------------------------------------------- states
    "CharterState": (
        "state", "charter", "What the node was provisioned with.",
        (
            ("status", "text 16", "state"),
            ("operator", "ID", ""),
            ("clock", "U64", "to which the clock was set last, ns since the epoch; 0 if never"),
        ),
    ),
    "RecoveryState": (
        "state", "recovery", "Who holds the recovery key.",
        (
            ("status", "text 16", "state"),
            ("position", "U64", "of the journal entry"),
            ("witnesses", "list of 3 ID", ""),
            ("commitments", "list of 3 ID", ""),
        ),
    ),
    "TakeoverState": (
        "state", "takeover", "From whom this node took over.",
        (
            ("status", "text 16", "state"),
            ("takeover", "maybe Takeover", ""),
            ("next", "ID", "hash of the part to follow"),
        ),
    ),
    "PartyState": (
        "state", "party", "Somebody with a key.",
        (
            ("status", "text 16", "state"),
            ("public_key", "up to 2592", ""),
            ("roles", "list of 8 ROLE", ""),
            ("nonce", "U64", "of the last command"),
        ),
    ),
    "FieldsState": (
        "state", "fields", "The field registry.",
        (("status", "text 16", "state"), ("fields", "list of 256 FieldDefinition", "")),
    ),
    "RulesState": (
        "state", "rules", "Settlement rules.",
        (("status", "text 16", "state"), ("shares", "Shares", "")),
    ),
    "ProfileState": (
        "state", "profile", "A user: fields and referrer.",
        (
            ("status", "text 16", "state"),
            ("referrer", "maybe ID", ""),
            ("commitment", "ID", ""),
            ("values", "list of 256 up to 254", ""),
        ),
    ),
    "PaymentState": (
        "state", "payment", "A payment reference.",
        (("status", "text 16", "state"), ("account", "ID", "")),
    ),
    "WeightsState": (
        "state", "weights", "Weights of the composite score.",
        (("status", "text 16", "state"), ("weights", "Weights", "")),
    ),
    "ScoreState": (
        "state", "score", "A user's activity; only as much as can still count.",
        (
            ("status", "text 16", "state"),
            ("authentication", "list of 1024 Activity", "ascending by time"),
            ("engagement", "list of 1024 Activity", ""),
            ("sharing", "list of 1024 Activity", ""),
        ),
    ),
    "ActivityState": (
        "state", "activity", "The id of an event that counted.",
        (
            ("status", "text 16", "state"),
            ("source", "ID", ""),
            ("time", "U64", "when it was taken"),
        ),
    ),
    "RetentionState": (
        "state", "retention", "What was erased so far.",
        (("status", "text 16", "state"), ("states", "U64", ""), ("entries", "U64", "")),
    ),
    "HopState": (
        "state", "hop", "A hop of a provenance chain.",
        (
            ("status", "text 16", "state"),
            ("hop", "maybe Hop", ""),
            ("time", "U64", "when it was recorded"),
        ),
    ),
    "AccountState": (
        "state", "account", "A partner's escrow account in one currency.",
        (
            ("status", "text 16", "state"),
            ("partner", "ID", ""),
            ("currency", "CURRENCY", ""),
            ("deposited", "U64", ""),
            ("reserved", "U64", ""),
            ("released", "U64", ""),
            ("expired", "U64", ""),
            ("withdrawn", "U64", ""),
            ("expired_ever", "U64", ""),
            ("reclaimed_ever", "U64", ""),
        ),
    ),
    "ReservationState": (
        "state", "reservation", "Money held for one code.",
        (
            ("status", "text 16", "state"),
            ("account", "ID", ""),
            ("code", "ID", ""),
            ("amount", "U64", ""),
            ("settlement", "ID", ""),
        ),
    ),
    "OfferState": (
        "state", "offer", "An offer.",
        (
            ("status", "text 16", "state"),
            ("terms", "maybe Terms", ""),
            ("pad", "U16", ""),
            ("reserved", "U64", "of the budget"),
            ("codes", "U64", "generated"),
            ("witnesses", "list of 3 ID", "as of now"),
            ("retired", "list of 64 ID", "witnesses that were replaced"),
        ),
    ),
    "CodeState": (
        "state", "code", "An engagement code.",
        (
            ("status", "text 16", "state"),
            ("user", "ID", ""),
            ("nonce", "exactly 32", ""),
            ("affiliate", "maybe ID", ""),
            ("beneficiary", "ID", ""),
            ("offer", "ID", ""),
            ("partner", "ID", ""),
            ("reservation", "ID", ""),
            ("amount", "U64", ""),
            ("currency", "CURRENCY", ""),
            ("rules", "ID", ""),
            ("payees", "maybe Payees", ""),
            ("publisher", "maybe ID", ""),
            ("expires_at", "U64", ""),
            ("consent_hash", "ID", ""),
            ("proof", "ID", ""),
            ("record", "ID", ""),
            ("completed", "flag", ""),
            ("settlement", "ID", ""),
            ("entries", "list of 4 U64",
             "journal positions: generated, activated, completed, settled"),
            ("complete_by", "U64", "absolute, ns; 0 for no limit"),
            ("ended", "U64", "when the money was distributed or went back; 0 while it is held"),
        ),
    ),
    "ConsentState": (
        "state", "consent", "A link of the consent chain.",
        (
            ("status", "text 16", "state"),
            ("previous", "ID", ""),
            ("consent_hash", "ID", ""),
            ("consent", "maybe Consent", ""),
        ),
    ),
    "ChainState": (
        "state", "chain", "Head of a chain.",
        (("status", "text 16", "state"), ("head", "ID", ""), ("length", "U64", "")),
    ),
    "ViewState": (
        "state", "view", "A view record: the only door to a user's values.",
        (
            ("status", "text 16", "state"),
            ("code", "ID", ""),
            ("offer", "ID", ""),
            ("partner", "ID", ""),
            ("pairwise", "ID", ""),
            ("fields", "list of 256 FieldUse", ""),
            ("pad", "U16", ""),
            ("view_until", "U64", ""),
            ("complete_by", "U64", "absolute, ns; 0 for no limit"),
            ("consent_hash", "ID", ""),
            ("root", "ID", "of the commitment"),
            ("position", "U64", "of the journal entry"),
            ("seed", "exactly 32", "the salts of the leaves derive from it"),
            ("shown", "list of 256 up to 254", "values as shown, frozen at activation"),
        ),
    ),
    "AccessState": (
        "state", "access", "The access log of a view record.",
        (("status", "text 16", "state"), ("granted", "U64", ""), ("refused", "U64", "")),
    ),
    "SettlementState": (
        "state", "settlement", "A settlement.",
        (
            ("status", "text 16", "state"),
            ("previous", "ID", ""),
            ("statement", "maybe Statement", ""),
            ("witnesses", "list of 2 ID", ""),
            ("partner", "ID", ""),
            ("time", "U64", ""),
            ("position", "U64", "of the journal entry"),
        ),
    ),
    "PayeeState": (
        "state", "payee", "What a party earned in one currency.",
        (
            ("status", "text 16", "state"),
            ("party", "ID", ""),
            ("currency", "CURRENCY", ""),
            ("balance", "U64", ""),
            ("earned", "U64", ""),
            ("withdrawn", "U64", ""),
        ),
    ),
}
# fmt: on

declare(TABLE, TYPES, OPTIONS)

REQUESTS = Section("request")
REPLIES = Section("reply", "Reply")
INTERNAL = Section("message")
EVENTS = Section("event")
STATES = Section("state", "State")


def __getattr__(name):
    made = record_or_type(name)
    if made is None:
        raise AttributeError("there is no record " + name)
    globals()[name] = made
    return made
