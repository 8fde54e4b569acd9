"""A new node takes over from one whose board is gone: money exact, and marked for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.host import audit
from tests.runtime.host.cli.market import VALUES, Machine
from tests.runtime.host.recovery.lost import Lost
from tests.runtime.host.served import node_process

AMOUNT = 1_500_000  # of an engagement of the market, micro-units


class Heir:
    """The new node, a software one, and everybody who dealt with the dead one."""

    def __init__(self, lost: Lost, folder: Path) -> None:
        self.lost, self.folder = lost, folder
        self.machines = [lost.operator, lost.partner, lost.people, *lost.witnesses]
        self.journal = lost.operator.file("estate.optin")
        shares = lost.released(lost.witnesses[0], lost.witnesses[1])
        lost.operator.ok(
            "recover", "open", str(lost.kept), self.journal, "--share", shares[0], "--share",
            shares[1],
        )  # fmt: skip
        for machine in self.machines:
            machine.env["OPTIN_LINE"] = str(folder / "tty")
        self.id: str = lost.operator.json("node", "status")["node"]

    def agreements(self, *witnesses: Machine, node: str | None = None) -> list[str]:
        """Words that name the files of witnesses who agree."""
        words = []
        for witness in witnesses:
            file = witness.file("agreement.json")
            witness.ok("recover", "agree", self.journal, file, "--node", node or self.id,
                       "--witness", witness.name)  # fmt: skip
            words += ["--agreement", file]
        return words

    def provision(self, *words: str) -> list[str]:
        """The command that has the node take over."""
        return ["node", "provision", "--recover", self.journal, *words]

    def exported(self, reader: str = "operator") -> str:
        """The new node's journal, as somebody is shown it."""
        file = self.lost.operator.file(f"heir-{reader}.optin")
        self.lost.operator.ok("audit", "export", file, "--as", reader)
        return file


@pytest.fixture(scope="session")
def heir(lost: Lost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heir]:
    folder = tmp_path_factory.mktemp("heir") / "node"
    with node_process(folder):
        yield Heir(lost, folder)


def holdings(estate: Any) -> dict[str, int]:
    """Sums of what an auditor knows at the end of a journal, by column, of the one currency."""
    (sums,) = [sums for sums in estate.ledger.sums.values() if sums]
    return dict(sums)


def test_what_is_not_agreed_to_by_two_witnesses_is_refused(heir: Heir) -> None:
    operator, witnesses = heir.lost.operator, heir.lost.witnesses
    one = heir.agreements(witnesses[0])
    assert "1 agreements" in operator.fails(*heir.provision(*one))
    assert "1 agreements" not in operator.fails(*heir.provision(*one, *one))
    other = heir.agreements(witnesses[1], node="11" * 32)
    said = operator.fails(*heir.provision(*one, *other))
    assert witnesses[1].id[:16] in said
    assert "not to this takeover" in said
    said = witnesses[3].fails("recover", "agree", heir.journal, "-", "--node", heir.id,
                              "--witness", witnesses[3].name)  # fmt: skip
    assert "holds no share" in said
    assert operator.json("node", "status")["operator"] is None


def test_a_journal_that_was_shortened_gets_no_witness_s_word(heir: Heir) -> None:
    bundle = audit.read_bundle(heir.journal)
    short = heir.lost.operator.file("short.optin")
    audit.write_bundle(short, bundle._replace(entries=list(bundle.entries)[:-4]))
    witness = heir.lost.witnesses[0]
    said = witness.fails("recover", "agree", short, "-", "--node", heir.id,
                         "--witness", witness.name)  # fmt: skip
    assert "head" in said


def test_money_and_parties_go_over_and_the_mark_is_public(heir: Heir) -> None:
    lost = heir.lost
    operator, partner = lost.operator, lost.partner
    agreed = heir.agreements(lost.witnesses[0], lost.witnesses[2])
    done = operator.json(*heir.provision(*agreed))
    assert done["predecessor"] == lost.id
    assert done["size"] == lost.entries
    # Asked again it has nothing left to do.
    assert operator.json(*heir.provision(*agreed))["commands"] == 0
    assert lost.people.json("node", "status")["took_over_from"] == lost.id

    _, before = audit.follow_bundle(heir.journal)
    file = heir.exported()
    report, after = audit.follow_bundle(file)
    assert report.ok, report.failure
    assert report.is_carried
    assert before is not None
    assert after is not None
    old, new = holdings(before), holdings(after)
    # One engagement was completed and not settled: its payees have it now. The other's money and
    # that of nobody's is the partner's again.
    assert new["payees"] == old["payees"] + AMOUNT
    assert new["available"] == old["available"] + old["reserved"] - AMOUNT
    assert new["available"] + new["payees"] == old["deposited"]
    assert set(before.parties) == set(after.parties)
    for party, facts in before.parties.items():
        assert after.parties[party].key == facts.key

    said = operator.ok("audit", "verify", file, "--predecessor", heir.journal)
    assert "it took over from dead node" in said
    assert "is what" in said
    assert partner.json("escrow", "show", "acme", "EUR", "--as", "acme")


def test_parties_act_on_the_new_node_at_once(heir: Heir) -> None:
    operator, people = heir.lost.operator, heir.lost.people
    said = heir.lost.partner.ok("escrow", "withdraw", "acme", "1.00", "EUR")
    assert "receipt checked" in said
    # A user is known by the key and has the money of old, before enrolling anew.
    assert people.json("payee", "show", "anna", "EUR", "--as", "anna")["balance"] > 0
    people.ok("payee", "withdraw", "anna", "0.10", "EUR")
    for index, (name, kind) in enumerate(
        (("full_name", "text"), ("email", "email"), ("phone", "phone"))
    ):
        operator.ok("field", "add", str(index), name, kind, "--form", "exact")
    people.ok("user", "enrol", "anna", *[f"--field={n}={v}" for n, v in VALUES.items()])
    said = people.fails("user", "enrol", "ben", "--field=full_name=Ben", "--referrer", "cleo")
    assert "not enrolled here" in said
    people.ok("payee", "withdraw", "anna", "0.10", "EUR")


def test_a_payment_that_the_dead_node_credited_is_not_credited_again(heir: Heir) -> None:
    operator = heir.lost.operator
    said = operator.fails("escrow", "deposit", "acme", "500.00", "EUR", "--reference", "R-1")
    assert "credited before" in said
    operator.ok("escrow", "deposit", "acme", "1.00", "EUR", "--reference", "R-3")


def test_auditors_verify_what_was_carried_and_see_no_user(heir: Heir) -> None:
    operator = heir.lost.operator
    operator.ok("keys", "create", "auditor")
    operator.ok("party", "register", "auditor", "--role", "auditor")
    for reader in ("operator", "auditor"):
        file = heir.exported(reader)
        said = operator.ok("audit", "verify", file, "--predecessor", heir.journal)
        assert "it took over from dead node" in said
        assert f"is what {heir.journal} comes to" in said
    content = Path(file).read_bytes()
    known = json.loads(heir.lost.people.ok("keys", "list", "--json"))["keys"]
    for name in ("anna", "ben", "cleo"):
        assert bytes.fromhex(known[name]) not in content
    assert bytes.fromhex(known["people"]) not in content


def test_the_journal_of_another_node_is_no_predecessor(heir: Heir) -> None:
    operator = heir.lost.operator
    said = operator.fails("audit", "verify", heir.journal, "--predecessor", heir.journal)
    assert "took over from no other" in said
    file = heir.exported()
    said = operator.fails("audit", "verify", file, "--predecessor", file)
    assert "a node that lived" in said
    bundle = audit.read_bundle(heir.journal)
    entries = list(bundle.entries)
    shorter = operator.file("shorter.optin")
    if len(entries) > bundle.signed.head.size:
        audit.write_bundle(shorter, bundle._replace(entries=entries[:-1]))
        assert "of the takeover is" in operator.fails(
            "audit", "verify", file, "--predecessor", shorter
        )
