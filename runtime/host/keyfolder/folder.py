"""A key folder: made, opened, put under another passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, Self

from runtime.host.keyfolder.deeds import Deeds
from runtime.host.keyfolder.errors import KeyFolderError, TooOpen
from runtime.host.keyfolder.files import HALF, locked, read, write
from runtime.host.keyfolder.names import Names
from runtime.host.keyfolder.nodes import Nodes
from runtime.host.keyfolder.seal import COST, new_lock, seal, unlock
from runtime.host.keyfolder.shares import HeldShares


class KeyFolder(Names, Nodes, Deeds, HeldShares):
    """A folder of keys; make one with `create` or `open`.

    Attributes:
        path: of the folder.
        insecure: seeds are in clear; for demonstrations only.
    """

    def __repr__(self) -> str:
        return f"<KeyFolder {self.path}{', insecure' if self.insecure else ''}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key folder is not pickled or copied; open it where it is needed")

    @classmethod
    def create(cls, path: str | Path, passphrase: str | None, *, cost: int = COST) -> Self:
        """Make a folder.

        Args:
            path: where; must not exist or be empty.
            passphrase: text; None leaves the seeds in clear, for demonstrations only.
            cost: scrypt's N, a power of two; 1,024 * N bytes of memory.

        Raises:
            KeyFolderError: there is something at `path`, or the passphrase is empty.
        """
        path = Path(path)
        facts, folder_key = new_lock(passphrase, cost)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyFolderError(
                f"{path}: cannot make the folder: {error.strerror}; expected a path that can be "
                "written; choose another"
            ) from error
        with locked(path):
            if any(not entry.name.startswith(HALF) for entry in path.iterdir()):
                raise KeyFolderError(
                    f"{path}: there is something here already; expected no folder or an empty "
                    "one; open it, or choose another path"
                )
            write(path / "folder.json", facts)
        return cls(path, facts["generation"], folder_key)

    @classmethod
    def open(cls, path: str | Path, passphrase: str | None = None) -> Self:
        """Open a folder.

        Args:
            path: of the folder.
            passphrase: None for a folder without one.

        Raises:
            WrongPassphrase: it is not the folder's; no key was touched.
            TooOpen: others may read the folder or a file in it.
            KeyFolderError: there is no key folder, or it is damaged.
        """
        path = Path(path)
        with locked(path):
            generation, folder_key = unlock(path, passphrase)
            folder = cls(path, generation, folder_key)
            folder._tidy()
        return folder

    def change_passphrase(self, old: str | None, new: str, *, cost: int | None = None) -> None:
        """Seal every key under another passphrase: all of them, or none.

        The keys themselves stay the same, so a copy of the folder from before still opens with
        the old passphrase.

        Args:
            old: passphrase until now; None for an insecure folder, which becomes a secure one.
            new: passphrase from now on.
            cost: scrypt's N; the default keeps that of the folder, or COST for an insecure one.

        Raises:
            WrongPassphrase: `old` is not the folder's.
            KeyFolderError: a key does not open; nothing has changed.
        """
        with locked(self.path):
            generation, folder_key = unlock(self.path, old)
            kdf = read(self.path / "folder.json").get("kdf") or {}
            self._generation, self._folder_key = generation, folder_key
            facts, new_key = new_lock(new, cost or kdf.get("n", COST))
            files = [(name, self._file(name)) for name in self.names()]
            boxes = [
                seal(new_key, facts["generation"], file, self._seed_of(name, file))
                for name, file in files
            ]
            # First both seals in every file, then the switch, then the old ones go. A crash
            # before the switch leaves the old passphrase, a crash after it the new one.
            for (name, file), box in zip(files, boxes, strict=True):
                file["seals"][facts["generation"]] = box
                write(self._path_of(name), file)
            write(self.path / "folder.json", facts)
            self._generation, self._folder_key = facts["generation"], new_key
            self.insecure = False
            self._tidy()

    def _tidy(self) -> None:
        """Finish what a crash may have interrupted: drop other seals and half-written files."""
        for entry in self.path.glob(HALF + "*"):
            entry.unlink()
        for name in self.names():
            try:
                file = self._file(name)
            except TooOpen:
                raise
            except KeyFolderError:
                continue  # one damaged key does not lock the others away
            if self._generation in file["seals"] and len(file["seals"]) > 1:
                file["seals"] = {self._generation: file["seals"][self._generation]}
                write(self._path_of(name), file)
