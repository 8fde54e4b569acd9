"""Two witnesses and the operator open the journal of a node whose board is gone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from runtime.host import audit
from runtime.host.audit.bundle import read_bundle
from runtime.host.crypto import Crypto
from runtime.host.keyfolder import KeyFolder
from runtime.host.recovery import files
from runtime.host.recovery import shares as ceremony
from runtime.host.recovery.kept import Kept, NotOpened
from runtime.wire import commands
from runtime.wire.schema import canonical
from runtime.wire.sealing import seal
from tests.runtime.host.cli.market import VALUES
from tests.runtime.host.recovery.lost import Lost


@pytest.fixture(scope="session")
def shares(lost: Lost) -> list[str]:
    """Files of the shares of all three witnesses."""
    return lost.released(*lost.witnesses[:3])


def words(lost: Lost, *given: str, kept: Path | None = None, out: str = "x.optin") -> list[str]:
    """The command that opens the journal with these shares."""
    options = [word for file in given for word in ("--share", file)]
    return ["recover", "open", str(kept or lost.kept), lost.operator.file(out), *options]


def altered(lost: Lost, file: str, **changes: Any) -> str:
    """A share's file with other fields."""
    path = lost.operator.file("altered.json")
    Path(path).write_text(json.dumps({**json.loads(Path(file).read_text()), **changes}))
    return path


def copy(lost: Lost, statement: str, *values: Any) -> Path:
    """What the node left, after its host did something to it."""
    path = lost.folder / "copy.db"
    source = sqlite3.connect(lost.kept)
    path.unlink(missing_ok=True)
    target = sqlite3.connect(path)
    source.backup(target)
    source.close()
    with target:
        assert target.execute(statement, values).rowcount > 0
    target.close()
    return path


def test_two_shares_open_the_journal_of_a_board_that_was_lost(
    lost: Lost, shares: list[str]
) -> None:
    for number, pair in enumerate(((0, 1), (2, 0), (1, 2))):
        out = lost.operator.file(f"recovered-{number}.optin")
        chosen = [shares[index] for index in pair]
        found = lost.operator.json(*words(lost, *chosen, out=f"recovered-{number}.optin"))
        assert found["entries"] == lost.entries
        assert found["signed"] >= lost.entries - 1
        report = audit.verify_bundle(out, bytes.fromhex(lost.id))
        assert report.ok, report.failure
        assert report.entries == lost.entries
        assert report.beyond == lost.entries - found["signed"]
        assert "recovered from a dead node" in lost.operator.ok("audit", "verify", out)


def test_no_value_of_a_user_is_in_what_is_recovered(lost: Lost, shares: list[str]) -> None:
    lost.operator.ok(*words(lost, shares[0], shares[1], out="r.optin"))
    content = Path(lost.operator.file("r.optin")).read_bytes()
    for value in VALUES.values():
        assert value.encode() not in content
    assert b"enrol" in content
    places = sqlite3.connect(lost.kept).execute("SELECT place, COUNT(*) FROM boxes GROUP BY place")
    kept = dict(places.fetchall())
    # What the node had of users is there, sealed under a key that died with it.
    assert kept["values"] >= len(VALUES)
    assert kept["recovery"] == 1
    for entry in read_bundle(lost.operator.file("r.optin")).entries:
        assert all(item.label != "values" for item in entry.attachments)


def test_an_auditor_is_given_a_recovered_journal_that_names_no_user(
    lost: Lost, shares: list[str]
) -> None:
    whole, shown = (lost.operator.file(name) for name in ("whole.optin", "shown.optin"))
    lost.operator.ok(*words(lost, shares[0], shares[2], out="whole.optin"))
    lost.operator.ok("recover", "redact", whole, shown)
    assert audit.verify_bundle(shown, bytes.fromhex(lost.id)).ok
    for name in ("anna", "ben", "cleo"):
        user = bytes.fromhex(lost.people.json("keys", "list")["keys"][name])
        assert user in Path(whole).read_bytes()
        assert user not in Path(shown).read_bytes()
    said = lost.operator.fails("audit", "verify", shown, "--predecessor", shown)
    assert "does not show whom" in said


def test_the_recovery_key_opens_neither_values_nor_states(lost: Lost, shares: list[str]) -> None:

    releases = [files.from_json(ceremony.Release, Path(file).read_text()) for file in shares[:2]]

    folder = KeyFolder.open(lost.operator.env["OPTIN_KEYS"])
    session = folder.key(next(name for name in folder.names() if name.startswith("recovery-of-")))
    secret = ceremony.combine(releases, session).secret
    with Kept(lost.kept) as left:
        left.unlock(secret)
        roots = [secret, *[age.key for age in left._ages]]
        rows = left._db.execute(
            "SELECT DISTINCT place, number FROM boxes WHERE place IN ('values', 'record', "
            "'checkpoint')"
        ).fetchall()
        assert {place for place, _ in rows} >= {"values", "record"}
        for place, number in rows:
            for root in roots:
                with pytest.raises(NotOpened):
                    left._opened([place, number], lambda mark, root=root: root)


def test_one_share_opens_nothing(lost: Lost, shares: list[str]) -> None:
    assert "1 shares" in lost.operator.fails(*words(lost, shares[0]))
    said = lost.operator.fails(*words(lost, shares[0], shares[0]))
    assert "two, of different witnesses" in said
    with Kept(lost.kept) as left:
        assert left.is_sealed
        with pytest.raises(NotOpened, match="does not open"):
            left.unlock(bytes(32))


def test_a_share_that_was_changed_is_named(lost: Lost, shares: list[str]) -> None:
    form = json.loads(Path(shares[1]).read_text())
    sealed = form["share"][:-2] + ("00" if form["share"][-2:] != "00" else "01")
    said = lost.operator.fails(*words(lost, shares[0], altered(lost, shares[1], share=sealed)))
    assert lost.witnesses[1].id[:16] in said
    assert "was changed" in said


def test_a_share_that_its_holder_forged_is_named(lost: Lost, shares: list[str]) -> None:

    session = files.from_json(
        ceremony.Session, Path(lost.operator.file("session.json")).read_text()
    )
    witness = lost.witnesses[1]
    key = KeyFolder.open(witness.env["OPTIN_KEYS"]).key(witness.name)
    honest = files.from_json(ceremony.Release, Path(shares[1]).read_text())
    forged = seal(Crypto(), session.kem_key, commands.RECOVERY_SHARE, bytes(32))
    lie = honest._replace(share=canonical(forged))
    lie = lie._replace(signature=key.sign(commands.RECOVERY_RELEASE, lie.signed()))
    path = Path(lost.operator.file("forged.json"))
    path.write_text(files.to_json(lie))
    said = lost.operator.fails(*words(lost, shares[0], str(path)))
    assert witness.id[:16] in said
    assert "forged or mixed up" in said


def test_a_share_goes_to_nobody_but_the_operator(lost: Lost) -> None:
    session = lost.partner.file("session.json")
    lost.partner.ok("recover", "begin", session, "--node", lost.id, "--operator", "acme")
    witness = lost.witnesses[0]
    out = witness.file("nothing.json")
    said = witness.fails("witness", "release-share", witness.name, session, out, "--yes")
    assert "not signed by the operator" in said
    assert not Path(out).exists()


def test_a_witness_without_a_share_says_so(lost: Lost) -> None:
    witness = lost.witnesses[3]
    session = lost.operator.file("session.json")
    said = witness.fails("witness", "release-share", witness.name, session, "-", "--yes")
    assert "holds no share" in said


def test_a_file_that_lost_its_end_is_refused(lost: Lost, shares: list[str]) -> None:
    last = lost.entries - 3
    older = copy(lost, "DELETE FROM boxes WHERE place = 'entry' AND number >= ?", last)
    said = lost.operator.fails(*words(lost, shares[0], shares[1], kept=older))
    assert f"the file has {last} entries and the node signed for" in said


def test_a_box_that_is_missing_changed_or_moved_is_named(lost: Lost, shares: list[str]) -> None:
    for statement in (
        "DELETE FROM boxes WHERE place = 'entry' AND number = 7",
        "UPDATE boxes SET box = zeroblob(200) WHERE place = 'entry' AND number = 7",
        "UPDATE boxes SET box = (SELECT box FROM boxes WHERE place = 'entry' AND number = 8) "
        "WHERE place = 'entry' AND number = 7",
        "UPDATE boxes SET box = (SELECT box FROM boxes WHERE place = 'record' LIMIT 1) "
        "WHERE place = 'entry' AND number = 7",
    ):
        said = lost.operator.fails(*words(lost, shares[0], shares[1], kept=copy(lost, statement)))
        assert "entry 7 is" in said


def test_what_is_no_node_s_file_is_refused(lost: Lost, shares: list[str], tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("nothing of a node")
    assert "kept.db of the folder" in lost.operator.fails(*words(lost, *shares[:2], kept=text))
    none = copy(lost, "DELETE FROM boxes WHERE place = 'recovery'")
    said = lost.operator.fails(*words(lost, *shares[:2], kept=none))
    assert "nothing for a recovery key" in said
