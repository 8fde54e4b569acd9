"""The message reference, the state diagrams and the type stubs, generated from the schema."""

import sys
from collections.abc import Iterator

from runtime.wire import records
from runtime.wire.schema import Section, Spec, spec_of, specs, type_of
from runtime.wire.types import Choice, Exactly, ListOf, Maybe, Type

SIGNERS = {
    "": "nobody: unsigned",
    "self": "whoever it is for, with an enclosed key",
    "any": "any registered party; the method says whose",
}


def reference() -> str:
    """The message reference as Markdown."""
    return "\n".join(_reference()) + "\n"


def _reference() -> Iterator[str]:
    yield "# Message reference"
    yield ""
    yield "Generated from `runtime/wire/records.py` by `optin reference`. Do not edit."
    yield f"Schema version {records.SCHEMA_VERSION}. Arrays hold the fields in the order given."
    yield ""
    yield "## Requests"
    yield ""
    yield "| method | signed by | journaled | what it does |"
    yield "|---|---|---|---|"
    for spec in _section("request"):
        more = spec.more
        sealed = ", sealed" if more["sealed"] else ""
        journaled = "yes" if more["journaled"] else "no"
        signer = more["signer"] or "nobody"
        first = spec.doc.split(". ")[0].rstrip(".")
        link = f"[`{spec.wire_name}`](#{spec.wire_name})"
        yield f"| {link} | {signer}{sealed} | {journaled} | {first} |"
    for spec in _section("request"):
        yield ""
        yield f"### {spec.wire_name}"
        yield ""
        yield spec.doc
        yield ""
        signer = spec.more["signer"]
        yield f"Signed by {SIGNERS.get(signer, 'a ' + signer)}."
        if spec.more["kept"]:
            yield f"A key that the node keeps signs it {spec.more['kept']}."
        if spec.more["hosts"]:
            yield f"Answered to hosts of the operator and of: {', '.join(spec.more['hosts'])}."
        if spec.more["enclosures"]:
            yield "Enclosures, in order: " + "; ".join(spec.more["enclosures"]) + "."
        yield from _fields("Params", spec)
        yield from _fields("Answer", spec_of(spec.more["reply"]))
    for section, title in (("value", "Values"), ("event", "Events")):
        yield ""
        yield f"## {title}"
        for spec in _section(section):
            yield ""
            yield f"### {spec.wire_name}"
            yield ""
            yield spec.doc
            yield from _fields("Fields", spec)
    yield ""
    yield "## Messages between actors"
    yield ""
    yield "Refused from outside."
    yield ""
    for spec in _section("message"):
        names = ", ".join(field[0] for field in spec.fields)
        yield f"- `{spec.wire_name}({names})`: {spec.doc}"

    yield ""
    yield "## Events"
    yield ""
    yield "What an entry of the journal holds. *Scope* says how long an entry with it is kept:"
    for scope in records.SCOPES:
        kept = records.KEPT[scope]
        yield f"{scope} {kept // records.DAY:,} days," if kept else f"{scope} for good,"
    yield "of several in one entry the last of these counts; of *profile* only values are erased."
    yield "*Private* fields name users: the operator alone is shown them; `id` is the entity's."
    yield ""
    yield "| event | fields | scope | private | |"
    yield "|---|---|---|---|---|"
    for spec in _section("event"):
        names = ", ".join(field[0] for field in spec.fields)
        private = ", ".join(spec.more["private"])
        yield f"| `{spec.wire_name}` | {names} | {spec.more['scope']} | {private} | {spec.doc} |"


def _fields(title: str, spec: Spec) -> Iterator[str]:
    yield ""
    if not spec.fields:
        yield f"{title}: none."
        return
    yield f"| {title.lower()} | type | meaning |"
    yield "|---|---|---|"
    for name, kind, meaning in spec.fields:
        yield f"| {name} | {kind.name} | {meaning} |"


def stubs() -> str:
    """Type stubs of `runtime/wire/records.py`."""
    return "\n".join(_stubs()) + "\n"


def _stubs() -> Iterator[str]:
    yield "# Generated from records.py by `python -m runtime.host.reference --stubs`."
    yield "from typing import Any, NamedTuple"
    yield ""
    yield "from runtime.wire.schema import Section"
    yield "from runtime.wire.types import Choice, Exactly"
    yield ""
    for name, constant in vars(records).items():
        if name.isupper() and isinstance(constant, int | bytes | dict | tuple | Section):
            kind = type(constant).__name__
            yield f"{name}: " + {"dict": "dict[str, Any]", "tuple": "tuple[str, ...]"}.get(
                kind, kind
            )
    for name in records.TYPES:
        if isinstance(type_of(name), Exactly | Choice):
            yield f"{name}: {type(type_of(name)).__name__}"
    for spec in specs():
        yield ""
        yield f"class {spec.name}(NamedTuple):"
        for field, kind, _ in spec.fields:
            shadows = "  # type: ignore[assignment]" if field in ("count", "index") else ""
            yield f"    {field}: {_stub(kind)}{shadows}"
        if not spec.fields:
            yield "    ..."


def _stub(kind: Type) -> str:
    if isinstance(kind, ListOf):
        return f"tuple[{_stub(kind.item)}, ...]"
    if isinstance(kind, Maybe):
        return f"{_stub(kind.item)} | None"
    return kind.name if isinstance(kind, Spec) else kind.stub


def _section(section: str) -> list[Spec]:
    return [spec for spec in specs() if spec.section == section]


if __name__ == "__main__":
    sys.stdout.write(stubs() if "--stubs" in sys.argv else reference())
