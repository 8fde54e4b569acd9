"""What may be wrong with a key folder."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class KeyFolderError(Exception):
    """Something about the folder; says what was wrong, what was expected, what to do."""


class WrongPassphrase(KeyFolderError):
    """The passphrase is not the folder's, or there should be one, or none."""


class TooOpen(KeyFolderError):
    """Others may read what only its owner should."""


class UnknownName(KeyFolderError):
    """Nobody here has that name or id, or more than one does."""


class NodeChanged(KeyFolderError):
    """A node is not the one that was met before, or took back what it had signed."""


class MeasurementChanged(KeyFolderError):
    """A node is not made of what it was made of before."""


def unknown(path: Path, name: str, known: Iterable[str], expected: str) -> UnknownName:
    """Error for a name that is not there, with those that come close."""
    known = sorted(known)
    folded = {other.lower(): other for other in known}
    close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, 3, 0.6)]
    if close:
        hint = "did you mean " + " or ".join(close) + "?"
    elif known:
        hint = "known here: " + ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    else:
        hint = "there is none yet: make one, or remember one"
    return UnknownName(f"{name}: not known in {path}; expected {expected}; {hint}")
