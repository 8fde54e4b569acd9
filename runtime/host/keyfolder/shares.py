"""Shares of nodes' recovery keys that a witness holds: sealed, so that the file is no secret."""

from __future__ import annotations

from runtime.host.keyfolder.errors import KeyFolderError
from runtime.host.keyfolder.files import Files, parsing, read

OPENER = ".recovery"  # behind a witness's name: the key to which its shares are sealed


class HeldShares(Files):
    """Shares by the name of the witness and the node."""

    def hold_share(self, name: str, node: bytes, facts: dict[str, bytes]) -> None:
        """Keep the share of a node (id, 32 bytes); the one before it of that node goes."""
        with self._editing(f"{name}.shares") as contents:
            contents[node.hex()] = {fact: value.hex() for fact, value in facts.items()}

    def held_share(self, name: str, node: bytes) -> dict[str, bytes]:
        """What `hold_share` kept.

        Raises:
            KeyFolderError: there is none.
        """
        path = self.path / f"{name}.shares"
        with parsing(path):
            found = read(path, missing={}).get(node.hex())
            if found is not None:
                return {fact: bytes.fromhex(value) for fact, value in found.items()}
        raise KeyFolderError(
            f"{name} holds no share of node {node.hex()[:16]}; expected one that was fetched while "
            "the node lived; optin witness share"
        )
