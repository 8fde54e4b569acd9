"""Files that are private, whole or not there at all, and held against other processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime.host.keyfolder.errors import KeyFolderError, TooOpen

MAX_FILE = 1 << 24  # bytes
HALF = ".write-"  # in front of the names of files that are not yet whole


class Files:
    """A folder of them.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def _editing(self, name: str) -> Iterator[dict[str, Any]]:
        """Contents of a file to be changed in place; written back unless there is an error."""
        with locked(self.path), parsing(self.path / name):
            contents = read(self.path / name, missing={})
            before = json.dumps(contents)
            yield contents
            if json.dumps(contents) != before:
                write(self.path / name, contents)


def now() -> str:
    """The time as files have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def private(path: Path, fd: int) -> os.stat_result:
    """Refuse what others may read or what is another user's."""
    found = os.fstat(fd)
    mode = stat.S_IMODE(found.st_mode)
    wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
    if mode & 0o077:
        raise TooOpen(
            f"{path}: others may read or change it (mode {mode:o}); expected mode {wanted}; run: "
            f"chmod {wanted} '{path}'"
        )
    if found.st_uid != os.geteuid():
        raise TooOpen(
            f"{path}: belongs to user {found.st_uid}; expected you, {os.geteuid()}; run this as "
            "its owner"
        )
    return found


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder against other processes, after checking who may read it."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFolderError(
            f"{path}: {error.strerror}; expected a key folder; create it, or give its path"
        ) from error
    try:
        private(path, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def read(path: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    """Contents of a file of the folder; `missing` if there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise KeyFolderError(
            f"{path}: no such file; expected a file of a key folder; create the folder, or give "
            "its path"
        ) from None
    except OSError as error:
        raise KeyFolderError(
            f"{path}: {error.strerror}; expected a plain file; look at what it is"
        ) from error
    with os.fdopen(fd, "rb") as file:
        found = private(path, fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
            raise KeyFolderError(
                f"{path}: not a plain file, or of {found.st_size} bytes; expected a file of at "
                f"most {MAX_FILE}; restore it from a backup"
            )
        data = file.read()
    try:
        contents = json.loads(data)
    except (ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict):
        raise damaged(path)
    return contents


def damaged(path: Path) -> KeyFolderError:
    return KeyFolderError(
        f"{path}: changed or damaged; expected the file as it was written; restore it from a backup"
    )


@contextlib.contextmanager
def parsing(path: Path) -> Iterator[None]:
    """Turn what a file of another shape makes fail into an error that names the file."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        # The cause is dropped on purpose: it may quote what was read.
        raise damaged(path) from None


def write(path: Path, contents: dict[str, Any]) -> None:
    """Replace a file at one instant, and durably."""
    temporary = path.parent / (HALF + secrets.token_hex(8))
    data = json.dumps(contents, indent=2, sort_keys=True).encode() + b"\n"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        os.rename(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise KeyFolderError(
            f"{path}: cannot be written: {error.strerror}; expected room and permission; nothing "
            "of it has changed"
        ) from error
