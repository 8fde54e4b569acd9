"""What a key was used for: its journaled commands, and what only their signer knows of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from runtime.host.keyfolder.files import Files, now, parsing, read


class Deed(NamedTuple):
    """A command that a node has journaled."""

    method: str
    position: int  # of its entry
    leaf: bytes  # hash of the entry
    noted: str  # when, ISO 8601
    facts: dict[str, Any]  # what JSON can hold; never a field's value


class Deeds(Files):
    """Commands by the name of the key that signed them."""

    def note(
        self, name: str, node: bytes, method: str, position: int, leaf: bytes, facts: dict[str, Any]
    ) -> None:
        """Write down a command.

        Args:
            name: of the key.
            node: id of the node, 32 bytes.
            method: as on the wire.
            position: of its entry in the journal.
            leaf: hash of the entry, 32 bytes.
            facts: what the journal does not tell its signer again; nothing secret.
        """
        with self._editing(f"{name}.deeds") as contents:
            contents.setdefault("deeds", []).append(
                {
                    "node": node.hex(),
                    "method": method,
                    "position": position,
                    "leaf": leaf.hex(),
                    "noted": now(),
                    "facts": facts,
                }
            )

    def deeds(self, name: str, node: bytes) -> list[Deed]:
        """Commands of a key on a node (id, 32 bytes), in the order of the journal."""
        path = self.path / f"{name}.deeds"
        with parsing(path):
            found = [
                Deed(
                    str(row["method"]),
                    int(row["position"]),
                    bytes.fromhex(row["leaf"]),
                    str(row["noted"]),
                    dict(row["facts"]),
                )
                for row in read(path, missing={"deeds": []})["deeds"]
                if row["node"] == node.hex()
            ]
        return sorted(found, key=lambda deed: deed.position)
