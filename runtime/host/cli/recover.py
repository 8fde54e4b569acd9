"""`optin recover`: the recovery key of a node, and the journal of one that is dead."""

from __future__ import annotations

import click

from runtime.host import audit as auditing
from runtime.host.audit.bundle import Identity
from runtime.host.cli.context import (
    App,
    Problem,
    command,
    hex_id,
    operator_option,
    read_file,
    write_file,
)
from runtime.host.cli.show import amount_text, facts
from runtime.host.keyfolder import OPENER, Key, fingerprint
from runtime.host.recovery import files, opening, shares, takeover
from runtime.host.recovery.carried import money_of
from runtime.host.recovery.kept import Kept
from runtime.host.recovery.redacted import for_auditors
from runtime.wire import commands
from runtime.wire.records import SignedHead

SESSION = "recovery-of-"  # and a node's id: name of the key of a session


@click.group()
def recover() -> None:
    """A recovery key for the journal, and the journal of a dead node."""


@command(
    recover,
    example="recover split witness-1 witness-2 witness-3\n"
    "recover split witness-1 key-2.json key-3.json",
    journaled=True,
)
@click.argument("holders", nargs=3, metavar="HOLDER...")
@operator_option
async def split(app: App, holders: tuple[str, ...], operator: str) -> None:
    """Split a new recovery key among three witnesses.

    Any two of them can open the journal once the node is dead. A HOLDER is the name of a witness's
    key, or a file of optin witness recovery-key from where its key is. Each then fetches its share
    with optin witness share. To replace a holder, split anew: what was split before opens nothing
    that is journaled after this.
    """
    signer = app.key(operator)
    async with app.node() as client:
        node = client.identity.node
        agreed = [_holding(app, holder, node) for holder in holders]
        done = await shares.split(client, signer, agreed)
        names = [app.name(each.witness) for each in agreed]
        await app.done(
            client,
            done,
            {"position": done.accepted.position, "witnesses": [each.witness for each in agreed]},
            "the recovery key is split among " + ", ".join(names),
            "each fetches its share while this node lives:",
            *[f"  optin witness share {name}" for name in names],
        )


def _holding(app: App, holder: str, node: bytes) -> shares.Holding:
    if holder in app.folder.names():
        return shares.agree_to_hold(node, app.key(holder), opener_of(app, holder))
    text = read_file(holder, "the name of a witness's key, or a file of optin witness recovery-key")
    holding: shares.Holding = files.from_json(shares.Holding, text)
    if holding.node != node:
        raise Problem(
            f"{holder} is for node {fingerprint(holding.node)}",
            f"one for this node, {fingerprint(node)}",
            f"the witness gives it anew: optin witness recovery-key --node {node.hex()}",
        )
    return holding


def opener_of(app: App, name: str) -> Key:
    """The key to which shares of a witness are sealed; made when it is first asked for."""
    folder, opener = app.folder, name + OPENER
    if opener not in folder.names():
        folder.create_key(opener, f"opens shares of recovery keys that {name} holds")
    return folder.key(opener)


@command(recover, example="recover begin session.json --node 64-HEX-DIGITS")
@click.argument("file")
@click.option("--node", metavar="ID", help="The dead node, all 64 digits; else the one on --line "
              "when it was met last.")  # fmt: skip
@operator_option
def begin(app: App, file: str, node: str | None, operator: str) -> None:
    """Ask the witnesses for their shares of a dead node's recovery key.

    FILE goes to two of them: it holds a key for this one recovery, and your signature. Each gives
    its share with optin witness release-share.
    """
    key, identity = app.key(operator), dead_node(app, node)
    folder, name = app.folder, SESSION + identity.hex()[:16]
    if name not in folder.names():
        folder.create_key(name, f"opens what is released for the recovery of {identity.hex()}")
    session = shares.begin(identity, key, folder.key(name))
    write_file(file, files.to_json(session))
    if file == "-":
        return
    app.say(
        {"file": file, "node": identity, "session": commands.reply_key_id(session.kem_key)},
        f"written to {file}; two witnesses of node {fingerprint(identity)} give their shares:",
        f"  optin witness release-share NAME {file} share.json",
        "Tell them on another way that it is you who asks.",
    )


def dead_node(app: App, text: str | None) -> bytes:
    """Id of a node that cannot be asked any more."""
    if text is not None:
        return hex_id(text, "node")
    met = app.book.pinned() if app.book else {}
    if app.line:
        met = {label: node for label, node in met.items() if label.endswith(app.line)}
    nodes = {pinned.node for pinned in met.values()}
    if len(nodes) != 1:
        raise Problem(
            f"your key folder has met {len(nodes)} nodes", "which one it is", "give --node ID"
        )
    return nodes.pop()


@command(
    recover,
    "open",
    example="recover open kept.db journal.optin --share share-1.json --share share-2.json\n"
    "recover open node.db journal.optin",
)
@click.argument("kept", metavar="KEPT.DB", type=click.Path(dir_okay=False))
@click.argument("file")
@click.option("--share", "given", multiple=True, help="Two files of optin witness release-share.")
@click.option("--node", metavar="ID", help="The dead node, all 64 digits, where there are no "
              "shares.")  # fmt: skip
def open_(app: App, kept: str, file: str, given: tuple[str, ...], node: str | None) -> None:
    """Open a dead node's journal, and write it to FILE.

    KEPT.DB is what the node left with its host, and two shares open it. The store of a software
    node, node.db, is not sealed and takes none. The journal is held against every head that you and
    those witnesses were shown, and verified like any other. Users' values are not in it: they died
    with the node.
    """
    with Kept(kept) as left:
        if left.is_sealed:
            identity, heads = _unlock(app, left, given)
        else:
            identity, heads = _met(app, dead_node(app, node)), ()
        own = app.book.signed_head(identity.node) if app.book else None
        journal = opening.recovered(left, identity, [*heads, *([own] if own else [])])
    count = auditing.write_bundle(file, journal)
    report = auditing.verify_bundle(file, identity.node)
    if report.failure:
        raise Problem(
            f"the journal was opened to {file} and does not hold: {report.failure.wrong}",
            report.failure.expected, "keep both files, and ask an auditor",
        )  # fmt: skip
    app.say(
        {"file": file, "node": identity.node, "entries": count, "signed": journal.signed.head.size,
         "checks": dict(report.checks)},
        facts(
            ("node", fingerprint(identity.node)),
            ("entries", count),
            ("the node signed for", f"the first {journal.signed.head.size}"),
            ("verified", f"{sum(report.checks.values())} checks; optin audit verify {file}"),
            ("written to", file),
        ),
    )  # fmt: skip


def _unlock(
    app: App, left: Kept, given: tuple[str, ...]
) -> tuple[Identity, tuple[SignedHead, ...]]:
    if len(given) != 2:
        raise Problem(
            f"{len(given)} shares", "two, by --share",
            "optin recover begin asks for them",
        )  # fmt: skip
    releases = [
        files.from_json(shares.Release, read_file(path, "a file of optin witness release-share"))
        for path in given
    ]
    folder, name = app.folder, SESSION + releases[0].node.hex()[:16]
    if name not in folder.names():
        raise Problem(
            f"no recovery of node {fingerprint(releases[0].node)} was begun here",
            "the key folder of the session that the shares are for",
            "use that one, or begin anew: optin recover begin",
        )
    found = shares.combine(releases, folder.key(name))
    left.unlock(found.secret)
    return Identity(found.node, found.node_key), found.heads


@command(recover, example="recover redact journal.optin for-auditors.optin")
@click.argument("journal", type=click.Path(dir_okay=False))
@click.argument("file")
def redact(app: App, journal: str, file: str) -> None:
    """Leave out of a recovered journal what names users.

    FILE is what an auditor is shown: it holds, and each entry still proves itself.
    """
    report, known = auditing.follow_bundle(journal)
    if report.failure or known is None:
        raise Problem(f"{journal} does not hold: {report.failure}", "a journal that does")
    count = auditing.write_bundle(file, for_auditors(auditing.read_bundle(journal), known))
    app.say(
        {"file": file, "entries": count},
        f"{count} entries written to {file}",
        f"anybody verifies it: optin audit verify {file}",
    )


@command(
    recover,
    example="recover agree journal.optin agreement-1.json --node 64-HEX-DIGITS --witness witness-1",
)
@click.argument("journal", type=click.Path(dir_okay=False))
@click.argument("file")
@click.option("--node", required=True, metavar="ID", help="The new node, all 64 digits.")
@click.option("--witness", "name", required=True, help="Name of the witness's key.")
def agree(app: App, journal: str, file: str, node: str, name: str) -> None:
    """Agree, as a witness, that a new node takes over.

    JOURNAL is what optin recover open wrote. It is verified from its first entry, held against the
    last head that you were shown, and what is carried over is computed from it: that is what you
    sign, for this one node.
    """
    key, successor = app.key(name), hex_id(node, "node")
    heads = takeover.heads_of(journal, app.folder.signed_head)
    estate = takeover.read_estate(journal, heads)
    agreed = takeover.agree(estate, successor, key)
    write_file(file, files.to_json(agreed))
    if file == "-":
        return
    app.say(
        {"file": file, "witness": key.id, **estate.takeover_by(successor)._asdict()},
        facts(
            ("dead node", fingerprint(estate.known.node)),
            ("entries", estate.entries),
            ("you were shown", f"{heads[0].head.size} of them" if heads else "none of them"),
            ("taken over by", fingerprint(successor)),
            ("parties", sum(len(part.request.parties) for part in estate.parts)),
            *_sums(estate),
        ),
        f"written to {file}; the operator has the node take over:",
        f"  optin node provision --recover {journal} --agreement {file} --agreement OTHER",
    )


def _sums(estate: takeover.Estate) -> list[tuple[str, str]]:
    """What people read of the money that is carried over."""
    money = money_of(estate.known)
    return [
        (what, f"{amount_text(line.amount, line.currency)} of {line.party.hex()[:8]}")
        for what, lines in (("account", money.accounts), ("balance", money.payees))
        for line in lines
    ]


def _met(app: App, node: bytes) -> Identity:
    for pinned in app.book.pinned().values() if app.book else ():
        if pinned.node == node:
            return Identity(node, pinned.public_key)
    raise Problem(
        f"your key folder has not met node {fingerprint(node)}",
        "one that has",
        "give --keys FOLDER",
    )
