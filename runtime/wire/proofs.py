"""Hashes of the journal and the checks of its proofs: for the node, its clients and auditors.

The tree is RFC 9162's (sections 2.1.1 to 2.1.4) with SHA3-256. A leaf covers salt, header and
the body's digest; the body's digest covers the command and each event under a salt of its own,
which derives from the body's blind, so that one can be shown and the others stay unguessable. Of
an event with private fields these have a salt of their own again.
"""

from hashlib import sha3_256, shake_256

from runtime.wire import records
from runtime.wire.errors import Malformed, Refused
from runtime.wire.native import native
from runtime.wire.records import EVENTS
from runtime.wire.schema import canonical, decode, make_id, spec_of, unpack_own

EMPTY_ROOT = sha3_256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 9162, section 2.1.1)."""
    return sha3_256(b"\x01" + left + right).digest()


# Whose they are, attachments of these labels tell.
NAMING = ("command-signature", "public-key", "public-keys", "rotation-signature")
PRIVATE = 128  # what the salt of an event's private fields is counted from


def part_salt(blind: bytes, index: int) -> bytes:
    """Salt of part `index` of a body; 0 is the command, events count from 1.

    That of an event's private fields has the event's index plus PRIVATE.
    """
    return sha3_256(b"optin/v1/part-salt" + blind + bytes([index])).digest()


def part_digest(salt: bytes, content: bytes) -> bytes:
    """Digest of one part under its own salt (32 bytes)."""
    return sha3_256(b"optin/v1/part" + salt + content).digest()


def faces(content: bytes) -> tuple[bytes, bytes]:
    """What may be seen of an event by whoever may see it at all, and what is the operator's.

    Args:
        content: canonical [kind, id, event, fields].

    Returns:
        (the same with nil for what is private, canonical array of what is private); the second
        is empty for an event without private fields.

    Raises:
        Malformed: it is no event.
    """
    if native:
        both = native.faces(content, _HIDDEN)
        if both is not None:
            return both
    try:
        kind, entity, name, fields = unpack_own(content)
        hidden = _hidden_of(name)
        if hidden and len(fields) != len(hidden) - 1:
            raise ValueError
    except Exception:  # whatever hostile bytes raise in a decoder
        raise Malformed("an event of the entry is none", "[kind, id, event, fields]")
    if not any(hidden):
        return content, b""
    values = [entity] + list(fields)
    own = [values[i] for i in range(len(values)) if hidden[i]]
    shown = [None if hidden[i] else values[i] for i in range(len(values))]
    return canonical([kind, shown[0], name, shown[1:]]), canonical(own)


def _hidden_of(name: str) -> bytes:
    """What is private of an event, a byte for its id and for each field; empty if it is unknown."""
    hidden = _HIDDEN.get(name)
    if hidden is None:
        if name not in EVENTS:
            return b""
        spec = spec_of(EVENTS[name])
        private = spec.more["private"]
        hidden = _HIDDEN[spec.wire_name] = bytes([word in private for word in ["id"] + spec.names])
    return hidden


_HIDDEN: dict[str, bytes] = {}  # of the events that were met so far


def shown_part(blind: bytes, index: int, content: bytes) -> records.Part:
    """An event without its private fields; `index` counts from 1."""
    shown, private = faces(content)
    hidden = part_digest(part_salt(blind, index + PRIVATE), private) if private else None
    return records.Part(part_salt(blind, index), shown, hidden)


def digest_of(part: records.Part) -> bytes:
    """Digest of a part, however much of it is shown."""
    if part.salt is None:
        if part.hidden is None:
            raise Malformed("a part shows nothing and hides nothing", "a salt or a digest")
        return part.hidden
    shown = part_digest(part.salt, part.content)
    if part.hidden is None:
        return shown
    return sha3_256(b"optin/v1/two-faces" + shown + part.hidden).digest()


def parts_of(body: records.Body) -> tuple[bytes, list[bytes]]:
    """Digests of a Body: (of the command, [of each event])."""
    if native:
        parts = native.parts_of(body.blind, body.command, body.events, _HIDDEN)
        if parts is not None:
            return parts
    command = part_digest(part_salt(body.blind, 0), body.command)
    events = body.events
    return command, [
        digest_of(shown_part(body.blind, i + 1, events[i])) for i in range(len(events))
    ]


def shown_of(body: records.Body, with_command: bool, with_events) -> records.Shown:
    """A Body as somebody may see it.

    Args:
        with_command: whether the command is shown.
        with_events: function from an event's canonical bytes to whether it is shown, without
            its private fields.
    """
    salt = part_salt(body.blind, 0)
    command = records.Part(salt, body.command, None)
    if not with_command:
        command = records.Part(None, b"", part_digest(salt, body.command))
    events = []
    for i in range(len(body.events)):
        part = shown_part(body.blind, i + 1, body.events[i])
        if not with_events(body.events[i]):
            part = records.Part(None, b"", digest_of(part))
        events.append(part)
    return records.Shown(body.method, command, tuple(events))


def redacted(body: records.Body, attachments, roles_of) -> tuple:
    """What an auditor is shown of an entry: (Shown, attachments), which name no user.

    Args:
        attachments: of the entry, without users' values.
        roles_of: function from a party's id to its roles; asked for who may be a user.
    """
    named = _names_user(body, roles_of)
    if named:
        attachments = [item for item in attachments if item.label not in NAMING]
    return shown_of(body, not named, lambda event: True), tuple(attachments)


def _names_user(body, roles_of):
    """Whether the command of an entry names a user."""
    more = spec_of(records.REQUESTS[body.method]).more
    if more["names_user"] == "signer":
        roles = roles_of(spec_of(records.Command).decode_own(body.command).party)
        return "user" in roles and more["signer"] not in roles
    return more["names_user"]


def body_digest(header: records.Header, method: str, command: bytes, events) -> bytes:
    """H(body) from the digests of its parts."""
    return make_id("optin/v1/body", header, method, command, events)


def leaf_hash(salt: bytes, header: records.Header, digest: bytes) -> bytes:
    """Leaf = H(0x00 || salt || header || H(body))."""
    return sha3_256(b"\x00" + salt + canonical(header) + digest).digest()


def entry_leaf(header: records.Header, salt: bytes, body: bytes) -> bytes:
    """Leaf of a whole entry.

    Args:
        header: Header.
        salt: bytes(32).
        body: canonical Body bytes.

    Raises:
        Malformed: `body` is no Body.
        Refused: header and body contradict each other.
    """
    content = decode(records.Body, body)
    if header != records.Header(header.tag, content.schema, content.sequence, content.time):
        raise Refused("the entry's header and body differ", "the same version, sequence and time")
    command, events = parts_of(content)
    return leaf_hash(salt, header, body_digest(header, content.method, command, events))


def root_from_inclusion(leaf: bytes, position: int, size: int, path) -> bytes | None:
    """Root that `path` leads to from `leaf` (RFC 9162, section 2.1.3.2), or None."""
    if position >= size:
        return None
    index, last, root = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            root = node_hash(sibling, root)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            root = node_hash(root, sibling)
        index >>= 1
        last >>= 1
    return root if last == 0 else None


def is_included(inclusion: records.Inclusion, head: records.Head) -> bool:
    """Whether an Inclusion proves its leaf to be in the tree of `head`."""
    root = root_from_inclusion(inclusion.leaf, inclusion.position, head.size, inclusion.path)
    return root == head.root


def is_consistent(
    first_size: int, first_root: bytes, second_size: int, second_root: bytes, path
) -> bool:
    """Whether the second tree only appends to the first (RFC 9162, section 2.1.4.2)."""
    if first_size > second_size:
        return False
    if first_size == second_size:
        return first_root == second_root and not path
    if first_size == 0:
        return not path
    path = list(path)
    if first_size & (first_size - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    index, last = first_size - 1, second_size - 1
    while index & 1:
        index >>= 1
        last >>= 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first = node_hash(sibling, first)
            second = node_hash(sibling, second)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and first == first_root and second == second_root


def shown_leaf(header: records.Header, salt: bytes, shown: records.Shown) -> bytes:
    """Leaf of an entry of which a part is shown.

    Raises:
        Malformed: a part neither shows nor hides anything.
    """
    events = [digest_of(part) for part in shown.events]
    digest = body_digest(header, shown.method, digest_of(shown.command), events)
    return leaf_hash(salt, header, digest)


# ------------------------------------------------------------ the commitment of one consent

LEAVES = 256  # one for each field that a registry can have


def commitment_leaf(salt: bytes, index: int, transform: str, shown: bytes) -> bytes:
    """Leaf of a field that is shown."""
    return sha3_256(b"\x00" + salt + canonical([index, transform, shown])).digest()


def hidden_leaves(seed: bytes) -> list[bytes]:
    """Random leaves, as many as there can be fields: what a field that is not shown looks like."""
    data = shake_256(b"optin/v1/leaves" + seed).digest(32 * LEAVES)
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def commitment_root(leaf: bytes, index: int, path) -> bytes | None:
    """Root that an opening's path leads to, or None if it is no path of this tree."""
    return root_from_inclusion(leaf, index, LEAVES, path) if len(path) == 8 else None


def commitment_tree(leaves: list) -> bytes:
    """All nodes of the tree over 256 leaves: these first, then level by level, the root last."""
    nodes = list(leaves)
    for i in range(0, 2 * LEAVES - 2, 2):
        nodes.append(node_hash(nodes[i], nodes[i + 1]))
    return b"".join(nodes)


def commitment_path(tree: bytes, index: int) -> list:
    """Audit path of a leaf, from the leaf up."""
    path = []
    for _ in range(8):
        sibling = 32 * (index ^ 1)
        path.append(tree[sibling : sibling + 32])
        index = LEAVES + index // 2
    return path


if native:
    commitment_tree = native.commitment_tree
    hidden_leaves = native.hidden_leaves
    leaf_hash = native.leaf_hash
    node_hash = native.node_hash
    part_digest = native.part_digest
    part_salt = native.part_salt
