"""The nodes that were met, and the last head that each of them signed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from runtime.host.keyfolder.errors import (
    KeyFolderError,
    MeasurementChanged,
    NodeChanged,
    unknown,
)
from runtime.host.keyfolder.files import Files, now, parsing, read
from runtime.wire.commands import fingerprint, node_id
from runtime.wire.records import Head, Measurement, SignedHead


class PinnedNode(NamedTuple):
    """A node as it was met first."""

    label: str
    node: bytes
    public_key: bytes
    since: str

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return fingerprint(self.node)


class Nodes(Files):
    """Nodes by the address that people use for them."""

    def pin_node(self, label: str, node: bytes, public_key: bytes) -> PinnedNode:
        """Remember a node at first contact; after that, insist that it is the same.

        Args:
            label: the address that people use for it.
            node: its id, 32 bytes.
            public_key: its ML-DSA-87 key, 2,592 bytes.

        Raises:
            NodeChanged: another node was met under this label before.
            KeyFolderError: the id is not the hash of the key.
        """
        if node_id(public_key) != node:
            raise KeyFolderError(
                f"{label}: the id {node.hex()[:16]} is not the hash of the key that came with it; "
                "expected an honest identity; do not use this node"
            )
        with self._editing("nodes.json") as nodes:
            known = nodes.setdefault(
                label, {"node": node.hex(), "public_key": public_key.hex(), "since": now()}
            )
            if known["node"] != node.hex():
                raise NodeChanged(
                    f"{label}: THE NODE HAS CHANGED. Its fingerprint is {fingerprint(node)}; "
                    f"expected {fingerprint(bytes.fromhex(known['node']))}, met first "
                    f"{known['since']}. Somebody may be in between, or the node was replaced. "
                    "Ask its operator for the fingerprint on another way; only if it matches, "
                    "unpin the node and connect again"
                )
        return _pinned(label, known)

    def pin_measurements(
        self, label: str, measured: Iterable[Measurement], accept: bool = False
    ) -> bool:
        """Remember what a node is made of; after that, insist that it is the same.

        Args:
            label: of a pinned node.
            measured: what it has just signed that it is made of.
            accept: take what it is made of now as what it has to be from now on.

        Returns:
            Whether it is made of something else than before.

        Raises:
            MeasurementChanged: it is, and `accept` does not say to take it.
        """
        made = {each.name: each.digest.hex() for each in measured}
        with self._editing("nodes.json") as nodes:
            known = nodes[label].setdefault("measured", made)
            changed: bool = known != made
            if changed and not accept:
                changes = "; ".join(
                    f"{name} was {known.get(name, 'not there')[:16]}, "
                    f"is {made.get(name, 'not there')[:16]}"
                    for name in sorted({*known, *made})
                    if known.get(name) != made.get(name)
                )
                raise MeasurementChanged(
                    f"{label}: the node is not made of what it was: {changes}; expected the same "
                    "unless it was updated; ask its operator what it runs, compare that with what "
                    "is published; if it is right: optin node accept"
                )
            nodes[label]["measured"] = made
        return changed

    def unpin_node(self, label: str) -> None:
        """Forget the node met under a label, so that another may take its place.

        Raises:
            UnknownName: none was.
        """
        with self._editing("nodes.json") as nodes:
            if nodes.pop(label, None) is None:
                raise unknown(self.path, label, nodes, "the label of a pinned node")

    def pinned(self) -> dict[str, PinnedNode]:
        """Nodes met before, by label."""
        path = self.path / "nodes.json"
        with parsing(path):
            nodes = read(path, missing={})
            return {label: _pinned(label, known) for label, known in sorted(nodes.items())}

    def come_as(self, label: str, name: str) -> None:
        """Remember which key opens channels to the node met under a label."""
        with self._editing("nodes.json") as nodes:
            if label in nodes:
                nodes[label]["host"] = name

    def host(self, label: str) -> str | None:
        """Name of the key that opens channels to the node met under a label, if one has."""
        known: dict[str, str] = read(self.path / "nodes.json", missing={}).get(label, {})
        return known.get("host")

    def head(self, node: bytes) -> Head | None:
        """The last verified head of a node (id, 32 bytes); None before the first."""
        path = self.path / "heads.json"
        known = read(path, missing={}).get(node.hex())
        if known is None:
            return None
        with parsing(path):
            root, nonce = bytes.fromhex(known["root"]), bytes.fromhex(known["nonce"])
            return Head(node, int(known["size"]), root, int(known["time"]), nonce)

    def signed_head(self, node: bytes) -> SignedHead | None:
        """The last verified head of a node (id, 32 bytes) with the node's signature, if kept."""
        known = read(self.path / "heads.json", missing={}).get(node.hex(), {})
        head = self.head(node)
        if head is None or "signature" not in known:
            return None
        with parsing(self.path / "heads.json"):
            return SignedHead(head, bytes.fromhex(known["signature"]))

    def save_head(self, node: bytes, head: Head, signature: bytes | None = None) -> None:
        """Keep a head whose signature and consistency with the last one were verified.

        A head with fewer entries than the last one leaves the last one in place.

        Args:
            node: its id.
            head: the head.
            signature: the node's over it, to show it to others when the node is gone.

        Raises:
            NodeChanged: a tree of as many entries as the last one has another root.
            ValueError: it is another node's head.
        """
        if head.node != node:
            raise ValueError(f"the head is of {head.node.hex()[:16]}; expected {node.hex()[:16]}")
        with self._editing("heads.json") as heads:
            known = heads.get(node.hex())
            if known and head.size == known["size"] and head.root.hex() != known["root"]:
                raise NodeChanged(
                    f"node {fingerprint(node)} signed two different trees of {head.size} entries; "
                    "expected one; it has rewritten its journal: keep both heads and tell its "
                    "auditor"
                )
            size = known["size"] if known else -1
            if head.size > size or (head.size == size and signature):
                heads[node.hex()] = {
                    "size": head.size,
                    "root": head.root.hex(),
                    "time": head.time,
                    "nonce": head.nonce.hex(),
                    **({"signature": signature.hex()} if signature else {}),
                }


def _pinned(label: str, known: dict[str, str]) -> PinnedNode:
    node, key = bytes.fromhex(known["node"]), bytes.fromhex(known["public_key"])
    return PinnedNode(label, node, key, known["since"])
