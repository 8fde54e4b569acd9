"""What people carry from one machine to another during a recovery: JSON, bytes as hex."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from runtime.host.recovery.shares import Holding, Release, Session
from runtime.host.recovery.takeover import Agreement
from runtime.wire.errors import Malformed


class Form(NamedTuple):
    """Of a kind of file."""

    format: str
    what: str
    made_by: str


FORMS: dict[Any, Form] = {
    Holding: Form(
        "optin/v1/recovery-key", "recovery key of a witness", "optin witness recovery-key"
    ),
    Session: Form("optin/v1/recovery-session", "recovery session", "optin recover begin"),
    Release: Form("optin/v1/recovery-release", "share", "optin witness release-share"),
    Agreement: Form("optin/v1/recovery-agreement", "agreement", "optin recover agree"),
}


def to_json(value: Any) -> str:
    """Text of the file of a named tuple of bytes, of one of FORMS."""
    fields = {name: field.hex() for name, field in value._asdict().items()}
    return json.dumps({"format": FORMS[type(value)].format, **fields}, indent=2) + "\n"


def from_json(kind: Any, text: str) -> Any:
    """The named tuple of a file; nothing in it is trusted yet.

    Raises:
        Malformed: it is none of this kind.
    """
    form = FORMS[kind]
    try:
        found = json.loads(text)
        if found["format"] != form.format:
            raise ValueError
        return kind(*[bytes.fromhex(found[name]) for name in kind._fields])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Malformed(f"the file is no {form.what}", f"what {form.made_by} wrote") from None
