"""Write the documents that are generated from code: `python -m tests.docs`.

`make test` checks that what is committed is what this would write.
"""

from collections.abc import Iterator
from pathlib import Path

from actors import KINDS
from runtime.host.reference import reference
from runtime.wire.schema import specs

ROOT = Path(__file__).parents[1]


def states() -> str:
    """State diagrams of all entities as Markdown with Mermaid."""
    return "\n".join(_states()) + "\n"


def _states() -> Iterator[str]:
    docs = {spec.wire_name: spec.doc for spec in specs() if spec.section == "state"}
    yield "# States"
    yield ""
    yield "Generated from the tables of the entities by `make docs`. Do not edit."
    yield "A message that a state does not show is refused, and the error names what is allowed."
    yield ""
    yield "| entity | is | states | reads, in every state |"
    yield "|---|---|---|---|"
    for _, kind in KINDS.items():
        reads = ", ".join(f"`{name}`" for name in kind.reads)
        names = ", ".join(_names(kind.table))
        yield f"| [{kind.kind}](#{kind.kind}) | {docs[kind.kind]} | {names} | {reads} |"
    for _, kind in KINDS.items():
        yield ""
        yield f"## {kind.kind}"
        yield ""
        yield "```mermaid"
        yield "stateDiagram-v2"
        yield f"    [*] --> {kind.blank.status}"
        for state, messages in kind.table.items():
            for message, targets in messages.items():
                for target in targets:
                    yield f"    {state} --> {target}: {message}"
        yield "```"


def _names(table: dict[str, dict[str, tuple[str, ...]]]) -> list[str]:
    names = list(table)
    for messages in table.values():
        for targets in messages.values():
            names += [target for target in targets if target not in names]
    return names


DOCUMENTS = {"runtime/wire/REFERENCE.md": reference, "actors/STATES.md": states}


def main() -> None:
    """Write them."""
    for path, content in DOCUMENTS.items():
        (ROOT / path).write_text(content())
        print(path)


if __name__ == "__main__":
    main()
