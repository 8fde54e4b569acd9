"""The command line against a node process on a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from runtime.host.cli import cli, main
from runtime.host.cli.offer import EXAMPLE
from runtime.host.cli.show import (
    Unreadable,
    amount_text,
    parse_amount,
    parse_share,
    percent,
    plain,
)
from runtime.host.client import BlockingClient
from runtime.host.keyfolder import KeyFolder
from runtime.wire import records
from runtime.wire.commands import node_id
from runtime.wire.schema import canonical
from tests.runtime.host.served import node_process

ROOT = Path(__file__).parents[3]
FIELDS = ("full_name", "email", "phone")
SECRETS = ("Anna Berg", "anna@example.org", "+49 30 5550101")


class Terminal:
    """Somebody typing commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "OPTIN_KEYS": str(folder / "keys"),
            "OPTIN_LINE": str(folder / "node" / "tty"),
            "OPTIN_PASSPHRASE": "",
            "COLUMNS": "100",
        }

    def run(self, *words: str, stdin: str | None = None, **env: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(cli, words, env={**self.env, **env}, input=stdin)

    def ok(self, *words: str, stdin: str | None = None) -> str:
        """Output of a command that succeeds."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return result.stdout

    def json(self, *words: str) -> Any:
        """The JSON value of a command that succeeds."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, *words: str, status: int = 1, stdin: str | None = None, **env: str) -> str:
        """What a command says that fails."""
        result = self.run(*words, stdin=stdin, **env)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        if status == 1:
            assert result.stderr.startswith("error: ")
        return result.stderr


def node_of(terminal: Terminal) -> AbstractContextManager[Any]:
    """A node that awaits an operator whose key is made here."""
    made = terminal.json("--insecure-no-passphrase", "keys", "create", "operator")
    return node_process(terminal.folder / "node", made[0]["id"])


class Walk(Terminal):
    """The whole path, walked once by commands; what they printed stays here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        names = ("operator", "acme", "witness-1", "witness-2", "witness-3", "auditor", "blog")
        self.ok("--insecure-no-passphrase", "keys", "create", *names[1:])
        self.new = self.ok("node", "status")
        self.provisioned = self.json("node", "provision")
        for name, role in zip(
            names[1:], ("partner", *["witness"] * 3, "auditor", "publisher"), strict=True
        ):
            self.registered = self.ok("party", "register", name, "--role", role)
        for index, (name, kind) in enumerate(
            (("full_name", "text"), ("email", "email"), ("phone", "phone"))
        ):
            forms = ("--form", "exact", "--form", "presence")
            self.ok("field", "add", str(index), name, kind, *forms)
        shares = ("--platform", "20%", "--user", "40%", "--affiliate", "2000", "--publisher", "20%")
        self.rules = self.ok("rules", "define", *shares, "--name", "usual")
        self.deposit = self.ok("escrow", "deposit", "acme", "500.00", "EUR", "--reference", "R-1")
        form = json.loads(EXAMPLE)
        form["publisher"] = "blog"
        (folder / "offer.json").write_text(json.dumps(form))
        self.published = self.ok("offer", "publish", str(folder / "offer.json"), "--name", "call")
        values = [f"--field={n}={v}" for n, v in zip(FIELDS, SECRETS, strict=True)]
        self.enrolled = self.ok("user", "enrol", "anna", *values)
        (folder / "people.csv").write_text(
            "name,full_name,phone,referrer\nben,Ben Chu,,anna\nada,Ada Lund,+46 8 1,\n"
        )
        self.many = self.json("user", "enrol", "--csv", str(folder / "people.csv"))
        self.codes = self.json("code", "generate", "call", "anna", "ben", "ada")
        self.code, self.other, self.left = (row["code"] for row in self.codes)
        self.seen = self.ok("user", "view", "ben", self.other[:8])
        self.ok("user", "view", "anna", self.code)
        self.activated = self.ok(
            "user", "activate", "ben", self.other[:8], "--also", "email", "--yes"
        )
        self.ok("user", "activate", "anna", self.code, "--also", "email", "--yes")
        self.views = self.json("view", "list", "--partner", "acme")
        self.record = next(row["record"] for row in self.views if row["code"] == self.code)
        self.looked = self.ok("view", "fetch", self.record[:10], "--partner", "acme")
        self.ok("user", "revoke", "ben", self.other[:8])
        self.files = [str(folder / f"{n}.json") for n in (1, 2)]
        for number, file in enumerate(self.files, 1):
            name = f"witness-{number}"
            self.signed = self.ok(
                "witness", "sign", self.code[:8], "--witness", name, "--out", file
            )
        self.settled = self.json(
            "settle", self.code[:8], "--signature", self.files[0], "--signature", self.files[1]
        )
        self.record_file = str(folder / "record.json")
        self.settlement = self.ok("settlement", "show", self.code[:8], "--out", self.record_file)
        self.journal = str(folder / "journal.optin")
        self.exported = self.ok("audit", "export", self.journal, "--as", "auditor")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("cli")
    with node_of(Terminal(folder)):
        yield Walk(folder)


# --------------------------------------------------------------------------------- the path


def test_what_is_journaled_comes_with_its_entry_and_a_checked_receipt(walk: Walk) -> None:
    for said in (walk.registered, walk.rules, walk.deposit, walk.published, walk.activated):
        assert re.search(r"^entry \d+, receipt checked$", said, re.MULTILINE)
    assert walk.provisioned["position"] == 0
    assert walk.provisioned["receipt_checked"] is True


def test_money_is_written_as_people_write_it(walk: Walk) -> None:
    assert "acme: 500.00 EUR received, 500.00 EUR available" in walk.deposit
    assert "platform 20 %, user 40 %" in walk.rules


def test_an_offer_is_shown_as_a_person_reads_it(walk: Walk) -> None:
    for words in (
        "who asks         acme",
        "full_name: as it is",
        "phone: only whether there is one",
        "you may add      email: as it is",
        "30 days, law of DE",
        "1.50 EUR",
        "We call you back once",
    ):
        assert words.replace(" ", "") in walk.seen.replace(" ", "")


def test_the_partner_sees_what_was_consented_to_and_nothing_else(walk: Walk) -> None:
    assert re.search(r"^full_name +Anna Berg$", walk.looked, re.MULTILINE)
    assert re.search(r"^phone +yes$", walk.looked, re.MULTILINE)
    one = walk.json("view", "fetch", walk.record, "--partner", "acme", "--field", "phone")
    assert one["values"] == {"phone": True}


def test_values_are_said_to_the_partner_alone(walk: Walk) -> None:
    others = (walk.enrolled, walk.seen, walk.activated, walk.settlement, walk.exported)
    for said in others:
        assert not any(value in said for value in SECRETS)


def test_money_goes_where_the_rules_say(walk: Walk) -> None:
    assert walk.settled["amounts"] == {
        "platform": 300_000,
        "user": 900_000,  # the affiliate's part too: nobody brought anna
        "affiliate": 0,
        "publisher": 300_000,
    }
    assert "nobody: its 20 % went to the user" in walk.settlement
    assert walk.json("user", "earned", "anna", "EUR")["balance_text"] == "0.90 EUR"
    assert walk.json("payee", "show", "blog", "EUR", "--as", "blog")["earned"] == 300_000


def test_the_conservation_line_adds_up(walk: Walk) -> None:
    totals = walk.json("escrow", "totals", "EUR")
    parts = ("available", "reserved", "expired", "balances", "withdrawn")
    assert totals["conserved"] is True
    assert totals["deposited"] == sum(totals[part] for part in parts) == 500_000_000
    assert re.search(r"500\.00 = +497\.00 \+ +1\.50 \+", walk.ok("escrow", "totals", "EUR"))


def test_consent_that_was_taken_back_early_returns_the_money(walk: Walk) -> None:
    assert walk.json("code", "show", walk.other)["status"] == "revoked"
    shown = walk.json("escrow", "show", "acme", "EUR")
    assert (shown["reserved"], shown["released"]) == (1_500_000, 1_500_000)
    record = next(row["record"] for row in walk.views if row["code"] == walk.other)
    assert "took the consent back" in walk.fails("view", "fetch", record, "--partner", "acme")


def test_a_settlement_is_verified_by_the_node_and_without_it(walk: Walk) -> None:
    said = walk.ok("settlement", "verify", walk.code[:8])
    assert said.count("valid ") == 2
    offline = ("--line", "", "settlement", "verify", walk.record_file, "--journal", walk.journal)
    assert walk.ok(*offline).startswith("valid offline")


def test_a_settlement_record_that_was_changed_is_not_valid(walk: Walk, tmp_path: Path) -> None:
    form = json.loads(Path(walk.record_file).read_text())
    raw = form["record"]
    form["record"] = raw[:-20] + ("00" if raw[-20:-18] != "00" else "11") + raw[-18:]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(form))
    said = walk.fails("settlement", "verify", str(changed), "--journal", walk.journal)
    assert "signature is not valid" in said


def test_an_exported_journal_is_verified_without_node_or_keys(walk: Walk) -> None:
    nothing = ("--line", "", "--keys", "/nowhere", "audit", "verify", walk.journal)
    assert "entries of node" in walk.ok(*nothing)
    found = walk.json(*nothing)
    assert found["valid"] is True
    assert found["node"] == walk.provisioned["node"]
    assert walk.ok(*nothing, "--node", found["node"])
    assert "node" in walk.fails(*nothing, "--node", "00" * 32)


def test_a_journal_that_was_changed_does_not_hold(walk: Walk, tmp_path: Path) -> None:
    data = bytearray(Path(walk.journal).read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.optin"
    changed.write_bytes(data)
    assert "the journal does not hold" in walk.fails("audit", "verify", str(changed))


def test_ids_are_understood_by_their_first_digits_and_by_name(walk: Walk) -> None:
    assert walk.json("code", "show", walk.code[:6])["code"] == walk.code
    assert walk.json("offer", "show", "call") == walk.json("offer", "list")[0]
    whole = walk.json("offer", "show", "call")["offer"]
    assert walk.json("offer", "show", whole[:5])["offer"] == whole


def test_a_name_that_could_be_the_start_of_an_id_is_still_a_name(walk: Walk) -> None:
    known = walk.json("keys", "list")["keys"]
    assert walk.json("party", "show", "ada")["party"] == known["ada"]


def test_users_list_their_own_codes_and_the_operator_lists_all(walk: Walk) -> None:
    assert [row["code"] for row in walk.json("user", "codes", "anna")] == [walk.code]
    listed = walk.json("code", "list")
    assert {row["code"] for row in listed} == {walk.code, walk.other, walk.left}
    assert {row["status"] for row in listed} == {"settled", "revoked", "generated"}


def test_a_user_reads_the_offers_that_wait_and_no_others(walk: Walk) -> None:
    (offered,) = walk.json("user", "offers", "ada")
    assert (offered["code"], offered["status"]) == (walk.left, "generated")
    text = walk.ok("user", "offers", "ada")
    for words in ("who asks", "they see", "they pay", "opt in before", walk.left[:8]):
        assert words in text
    assert walk.json("user", "offers", "anna") == []
    assert "no offer waits for anna" in walk.ok("user", "offers", "anna")


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_shells_complete_commands(walk: Walk, shell: str) -> None:
    assert "_OPTIN_COMPLETE" in walk.ok("completion", shell)
    words = {"_OPTIN_COMPLETE": "bash_complete", "COMP_WORDS": "optin us", "COMP_CWORD": "1"}
    command = (sys.executable, "-m", "runtime.host.cli")
    found = subprocess.run(command, env=os.environ | words, capture_output=True, text=True)
    assert "user" in found.stdout


def test_the_head_of_the_last_visit_is_proved_a_part_of_the_next(walk: Walk) -> None:
    first = walk.json("audit", "head")
    again = walk.json("audit", "head")
    assert again["known_size"] == first["size"] > 20
    assert walk.json("audit", "prove", "3")["position"] == 3


def test_an_update_replaces_values_without_showing_them(walk: Walk) -> None:
    said = walk.ok("user", "update", "ada", "--field", "phone=+46 8 555", "--no-receipt")
    assert "ada has 1 value now" in said
    assert "receipt not fetched" in said
    assert "555" not in said


def test_the_reference_and_the_example_are_printed_as_they_are(walk: Walk) -> None:
    assert walk.ok("node", "reference").startswith("# Message reference")
    assert json.loads(walk.ok("offer", "example")) == json.loads(EXAMPLE)


def test_a_closed_offer_takes_no_new_codes(walk: Walk) -> None:
    form = json.loads((walk.folder / "offer.json").read_text()) | {"serial": 2}
    offer = json.loads(
        walk.ok("offer", "publish", "-", "--name", "second", "--json", stdin=json.dumps(form))
    )["offer"]
    assert walk.json("offer", "close", "second")["offer"] == offer
    assert walk.json("offer", "show", "second")["open"] is False
    walk.fails("code", "generate", "second", "anna")


# --------------------------------------------------------------------------- the JSON shapes

SHAPES: list[tuple[tuple[str, ...], set[str]]] = [
    (("keys", "list"), {"keys", "nodes"}),
    (("node", "status"), {"node", "operator", "entries", "fingerprint", "time", "boot"}),
    (("party", "show", "acme"), {"party", "roles"}),
    (("field", "list"), {"index", "name", "kind", "transforms"}),
    (("escrow", "show", "acme", "EUR"), {"partner", "currency", "available", "available_text"}),
    (("escrow", "totals", "EUR"), {"conserved", "deposited", "balances", "withdrawn_text"}),
    (("offer", "list"), {"offer", "open", "amount", "amount_text", "currency", "required"}),
    (("code", "list"), {"code", "status", "offer", "amount", "amount_text", "record"}),
    (("user", "codes", "ada"), {"code", "status", "expires_at"}),
    (("view", "list", "--partner", "acme"), {"record", "pairwise", "fields", "visible", "open"}),
    (("payee", "show", "operator", "EUR"), {"party", "balance", "balance_text", "earned"}),
    (("user", "score", "anna"), {"user", "composite", "flagged", "model"}),
    (("graph", "anna"), {"id", "kind", "has_code"}),
    (("audit", "head"), {"node", "size", "root", "nonce", "signature"}),
    (("audit", "prove", "0"), {"position", "leaf", "inclusion", "signed", "size", "measured"}),
]


@pytest.mark.parametrize(("words", "fields"), SHAPES, ids=[" ".join(s[0][:2]) for s in SHAPES])
def test_json_is_one_value_with_hex_and_whole_micro_units(
    walk: Walk, words: tuple[str, ...], fields: set[str]
) -> None:
    found = walk.json(*words)
    row = found[0] if isinstance(found, list) else found
    assert fields <= set(row)
    for name, value in row.items():
        if f"{name}_text" in row:
            assert isinstance(value, int)


def verbs(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command under its full name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{path}{name} ")
        else:
            yield path + name, command


VERBS = dict(verbs(cli))


@pytest.mark.parametrize("name", VERBS)
def test_every_command_has_json_and_an_example_that_it_understands(name: str) -> None:
    command = VERBS[name]
    assert command.help
    assert any("--json" in option.opts for option in command.params)
    examples = re.findall(rf"^  optin {name}\b(.*)$", command.epilog or "", re.MULTILINE)
    assert examples
    for example in examples:
        words = shlex.split(example.partition(">")[0])
        assert command.make_context(name, words).params["as_json"] is False


@pytest.mark.parametrize(
    "name", ["", *sorted(n for n, c in cli.commands.items() if hasattr(c, "commands"))]
)
def test_every_command_is_summed_up_in_a_line_of_80_columns(name: str) -> None:
    said = CliRunner().invoke(cli, [*name.split(), "--help"], terminal_width=80).output
    summaries = said.partition("Commands:")[2].splitlines()
    assert len(summaries) > 1
    assert [line for line in summaries if line.endswith("...")] == []
    assert max(map(len, said.splitlines())) <= 80


# ------------------------------------------------------------------------------- wrong input

OFFER_ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"partner": "nobody"}, "nobody: not known"),
    ({"purpose": 5}, "purpose of the offer is a whole number"),
    ({"required": {"shoe_size": "exact"}}, "no field of this node"),
    ({"required": {"phone": "blurred"}}, "is to be shown as 'blurred'"),
    ({"amount": "1,50 EUR"}, "amount of the offer is not clear"),
    ({"budget": "100.00 USD"}, "two currencies"),
    ({"compensation": "Money"}, "compensation is 'Money'"),
    ({"retention_days": 0}, "retention_days is 0"),
    ({"view_until": "tomorrow"}, "view_until of the offer is not clear"),
    ({"witnesses": [1, 2, 3]}, "witnesses has what is no name"),
    ({"witnesses": ["witness-1"] * 3}, "1 different witnesses"),
    ({"complete_by": "soon"}, "complete_by of the offer is not clear"),
    ({"complete_by": 7}, "complete_by of the offer is a whole number"),
    ({"least_score": 101}, "least_score is 101"),
    ({"least_score": "40"}, "least_score of the offer is text"),
    ({"accept_flagged": 1}, "accept_flagged of the offer is a whole number"),
    ({"required": {"phone": "metro"}}, "phone is not shown as MetroAreaOnly"),
    ({"extra": 1}, "the offer has extra"),
    ({"serial": True}, "serial of the offer is true or false"),
]


@pytest.mark.parametrize(("change", "words"), OFFER_ERRORS, ids=[e[1] for e in OFFER_ERRORS])
def test_an_offer_file_that_is_wrong_is_explained(
    walk: Walk, change: dict[str, Any], words: str
) -> None:
    form = json.dumps({**json.loads(EXAMPLE), "serial": 9, **change})
    assert words in walk.fails("offer", "publish", "-", stdin=form)


FAILURES: list[tuple[str, str]] = [
    ("keys create bad/name", "not a name"),
    ("keys create anna", "the name is taken"),
    ("keys remember x 123", "the id is not whole"),
    ("node provision", "provisioned"),
    ("node run x --json", "no JSON"),
    ("party register nobody --role partner", "optin keys create nobody"),
    ("party register acme --role witness", "party that is registered"),
    ("party register auditor --role partner", "party that is registered"),
    ("party show nobody", "nobody: not known"),
    ("field add 0 other text --form exact", "field 0 is full_name"),
    ("rules define --platform 1% --user 1% --affiliate 1% --publisher 1%", "add up to 4 %"),
    ("escrow deposit acme 5 EUR --reference R-1", "credited before"),
    ("escrow deposit acmee 5 EUR --reference R-2", "did you mean acme"),
    ("escrow deposit acme 5 EUR --reference " + 65 * "x", "1 to 64"),
    ("escrow show acme USD", "no such account"),
    ("escrow show acme EUR --as anna", "another partner's"),
    ("offer show 00000000", "no offer that can be seen"),
    ("offer publish no-such-file", "No such file"),
    ("offer close nothing", "nothing: not known"),
    ("user enrol anna", "enrol on a profile"),
    ("user enrol zoe --field shoe=1", "'shoe' is no field of this node"),
    ("user enrol zoe --referrer nobody", "nobody: not known"),
    ("user enrol --csv no-such-file", "No such file"),
    ("user codes nobody", "optin keys create nobody"),
    ("user view anna zz", "not known"),
    ("user view anna 12345678", "no code that can be seen"),
    ("user activate ada {left} --yes", "generated"),
    ("user activate ada {left} --also phone", "nobody is there to agree"),
    ("user activate ada {left} --also shoe --yes", "no field of this node"),
    ("user revoke ada {left}", "generated"),
    ("user earned nobody EUR", "optin keys create nobody"),
    ("code generate call nobody", "nobody: not known"),
    ("code generate call anna", "already has a code"),
    ("code generate call acme", "the user is not enrolled"),
    ("code show {code} --as ben", "the code is not yours"),
    ("code show xyz", "not known"),
    ("view fetch 123456 --partner acme", "no view record"),
    ("view fetch {record} --partner acme --field shoe", "no field of this node"),
    ("view list --partner anna", "partner"),
    ("witness sign {code} --witness anna", "witness"),
    ("witness sign {left} --witness witness-1", "no view was granted"),
    ("settle {code} --witness witness-1", "1 witness"),
    ("settle {code} --signature {offer} --signature {offer}", "is no signature file"),
    ("settle {left} --signature {one} --signature {two}", "for another code"),
    ("settle {code} --signature {one} --signature {one}", "the same witness twice"),
    ("settle {code} --signature {one} --signature {two}", "recorded is final"),
    ("settle {code} --witness witness-1 --witness witness-2", "settled before"),
    ("settlement show {left}", "is not settled"),
    ("settlement verify {offer}", "is no settlement record"),
    ("payee show anna EUR --as ben", "another party's"),
    ("user score nobody", "optin keys create nobody"),
    ("user export nobody x", "optin keys create nobody"),
    ("user export anna /no/where", "No such file"),
    ("view open no-such-file", "No such file"),
    ("view open {offer}", "is no view that was kept"),
    ("party request nobody x --role partner", "optin keys create nobody"),
    ("party request acme /no/where --role partner", "No such file"),
    ("party request acme x --role partner --node 12", "the node's id is not whole"),
    ("party register --request no-such-file", "No such file"),
    ("party register --request {offer}", "is no request"),
    ("code generate call --users no-such-file", "No such file"),
    ("code generate nothing --all-users", "nothing: not known"),
    ("graph nobody", "nobody: not known"),
    ("graph 12345678", "no code that can be seen"),
    ("settle {code} --witness witness-1 --witness nobody", "settled before"),
    ("audit prove 100000", "no entry 100000"),
    ("audit export /no/where --as auditor", "No such file"),
    ("audit export x.optin --as anna", "auditor"),
    ("audit verify no-such-file", "No such file"),
    ("audit verify {offer}", "does not hold"),
    ("score show anna --as ben", "another user's"),
    ("score show nobody", "nobody: not known"),
    ("score record anna ForumPost 5 --source acme", "source"),
    ("score weights x --authentication 1% --engagement 1% --sharing 1%", "add up to 3 %"),
    ("score weights default --authentication 40% --engagement 35% --sharing 25%", "a new name"),
    ("code expire {left}", "is not due to expire"),
    ("code expire {code}", "optin_expire_reservation"),
    ("code expire 12345678", "no due code"),
    ("escrow withdraw acme 10000 EUR", "are available"),
    ("escrow withdraw acme 0 EUR", "of nothing"),
    ("escrow withdraw acme 1 USD", "no such account"),
    ("escrow withdraw anna 1 EUR", "partner"),
    ("payee withdraw anna 10000 EUR", "the balance is"),
    ("payee withdraw nobody 1 EUR", "optin keys create nobody"),
    ("keys rotate nobody", "optin keys create nobody"),
    ("witness replace call anna witness-1 --partner acme", "none of this offer"),
    ("witness replace call witness-1 anna --partner acme", "is no witness here"),
    ("witness replace call witness-1 witness-2 --partner acme", "is a witness of this offer"),
    ("witness sign {code} --witness witness-1 --instead-of anna", "settled before"),
    ("node clock 2020-01-01", "would not move forward"),
    ("node clock 2100-01-01", "too large for the operator alone"),
    ("node clock 2100-01-01 --witness witness-1", "1 witnesses"),
    ("node clock 2100-01-01 --witness anna --witness ben", "signature of witness"),
    ("hop record AdView --party blog --after 12", "no id of a hop"),
    ("hop record AdView --party blog --after {code}", "there is no such hop"),
    ("hop record AdView --party blog --session s --after {code}", "follow the session's last"),
    ("hop show {code}", "there is no such hop"),
    ("user activate ada {left} --hop zz --yes", "no id of a hop"),
    ("--line /no/such/tty node status", "no such port"),
    ("--line tcp://nowhere node status", "not an address"),
    ("--line= node status", "no node was named"),
    ("--keys /no/keys code list", "there is no key folder"),
]


@pytest.mark.parametrize(("words", "said"), FAILURES, ids=[f[0] for f in FAILURES])
def test_what_is_wrong_is_said_in_one_clear_message(walk: Walk, words: str, said: str) -> None:
    filled = words.format(
        code=walk.code,
        left=walk.left,
        record=walk.record,
        offer=walk.folder / "offer.json",
        one=walk.files[0],
        two=walk.files[1],
    )
    assert said in walk.fails(*filled.split())


USAGE = [
    "escrow deposit acme 1e9 EUR --reference x",
    "escrow deposit acme 0.0000001 EUR --reference x",
    "escrow deposit acme -1 EUR --reference x",
    "escrow deposit acme 5 euro --reference x",
    "escrow deposit acme 5 EUR",
    "field add 256 x text --form exact",
    "field add 5 x number --form exact",
    "party register acme --role king",
    "rules define --platform 20 % --user 0 --affiliate 0 --publisher 0",
    "rules define --platform 101% --user 0 --affiliate 0 --publisher 0",
    "user enrol",
    "user enrol x --csv y",
    "node run",
    "audit prove -1",
    "no such",
    "--timeout 0 node status",
    "code expire",
    "code expire 12345678 --due",
    "score record anna Sleeping 5 --source quiz",
    "score record anna ForumPost 0 --source quiz",
    "score record anna ForumPost 1001 --source quiz",
    "node clock soon",
    "hop record OptIn --party acme",
    "escrow withdraw acme 1e9 EUR",
    "payee withdraw anna -1 EUR",
]


@pytest.mark.parametrize("words", USAGE)
def test_wrong_usage_is_status_two(walk: Walk, words: str) -> None:
    assert "Usage:" in walk.fails(*words.split(), status=2)


def test_a_value_that_was_typed_in_the_wrong_place_is_not_repeated(walk: Walk) -> None:
    said = walk.fails("user", "enrol", "zoe", "--field", "secret-value", status=2)
    assert "secret-value" not in said
    bad = "name,full_name\nzoe,secret-value,too-much\n"
    (walk.folder / "bad.csv").write_text(bad)
    said = walk.fails("user", "enrol", "--csv", str(walk.folder / "bad.csv"))
    assert "line 2 does not fit the heading" in said
    assert "secret" not in said
    long = "full_name=" + "secret" * 40
    assert "secret" not in walk.fails("user", "enrol", "zoe", "--field", long)


def test_who_was_enrolled_before_a_line_failed_is_named(walk: Walk) -> None:
    rows = '\ufeffname,full_name\nfaye,"Faye ""F"" Holt\nSenior"\nanna,Anna\ngina,Gina\n'
    (walk.folder / "some.csv").write_text(rows)
    result = walk.run("user", "enrol", "--csv", str(walk.folder / "some.csv"), "--json")
    assert result.exit_code == 1
    assert [row["name"] for row in json.loads(result.stdout)] == ["faye"]
    assert "error: enrol on a profile" in result.stderr


def test_a_rule_name_that_is_taken_stays_who_it_is(walk: Walk) -> None:
    shares = ("--platform", "0%", "--user", "100%", "--affiliate", "0%", "--publisher", "0%")
    before = walk.json("node", "status")["entries"]
    assert "the name is" in walk.fails("rules", "define", *shares, "--name", "usual")
    assert walk.json("node", "status")["entries"] == before


def test_a_changed_node_is_refused_until_it_is_unpinned(walk: Walk, tmp_path: Path) -> None:
    book = KeyFolder.open(walk.folder / "keys", None)
    (tmp_path / "node").symlink_to(walk.folder / "node")
    line = tmp_path / "node" / "tty"
    other = book.create_key("other")
    book.pin_node(str(line), node_id(other.public_key), other.public_key)
    said = walk.fails("--line", str(line), "node", "status")
    assert "THE NODE HAS CHANGED" in said
    walk.ok("--line", str(line), "node", "unpin")
    walk.ok("--line", str(line), "node", "status")


# -------------------------------------------------------------------------- around the path


class Around(Terminal):
    """What happens beside the path, walked once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        names = ("operator", "acme", "quiz", "blog", *(f"witness-{i}" for i in range(1, 5)))
        self.ok("--insecure-no-passphrase", "keys", "create", *names[1:], "auditor")
        self.ok("node", "provision")
        roles = ("partner", "source", "publisher", *["witness"] * 4, "auditor")
        for name, role in zip((*names[1:], "auditor"), roles, strict=True):
            self.ok("party", "register", name, "--role", role)
        fields = (("full_name", "text", "exact"), ("home", "postal_code", "metro"),
                  ("born", "birth_date", "age"))  # fmt: skip
        for index, (name, kind, form) in enumerate(fields):
            self.ok("field", "add", str(index), name, kind, "--form", form)
        shares = ("--platform", "20%", "--user", "40%", "--affiliate", "20%", "--publisher", "20%")
        self.ok("rules", "define", *shares, "--name", "usual")
        self.ok("escrow", "deposit", "acme", "10.00", "EUR", "--reference", "R-1")
        form = json.loads(EXAMPLE) | {
            "budget": "10.00 EUR",
            "required": {"full_name": "exact"},
            "optional": {"home": "metro", "born": "age"},
            "complete_by": "1 minute",
            "least_score": 30,
            "accept_flagged": True,
            "publisher": "blog",
        }
        (folder / "offer.json").write_text(json.dumps(form))
        self.ok("offer", "publish", str(folder / "offer.json"), "--name", "call")
        for name in ("anna", "ben"):
            values = ("full_name=" + name, "home=94110", "born=1984-03-12")
            self.ok("user", "enrol", name, *[f"--field={value}" for value in values])

    def opted_in(self, name: str, *options: str) -> tuple[str, str]:
        """(code, view record) of a user with enough of a score who opted in."""
        code = self.json("code", "generate", "call", name)[0]["code"]
        self.ok("user", "view", name, code)
        done = self.json("user", "activate", name, code, "--yes", *options)
        return code, done["record"]


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    folder = tmp_path_factory.mktemp("around")
    with node_of(Terminal(folder)):
        yield Around(folder)


def test_a_life_beside_the_path(around: Around) -> None:
    said = around.ok("offer", "show", "call")
    for words in (
        "they must look within 1 minute of your opting in",
        "for whom a score of at least 30",
        "home: only the metro area",
        "born: only the age band",
    ):
        assert words.replace(" ", "") in said.replace(" ", "")

    # Without a score there is no code; with one there is.
    assert "at least 30" in around.fails("code", "generate", "call", "anna")
    for name in ("anna", "ben"):
        for event in ("first", "second"):
            said = around.ok("score", "record", name, "ApiVerification", "500", "--source", "quiz",
                             "--event", f"{event} of {name}")  # fmt: skip
            assert re.search(r"^500 points for .*ApiVerification, event", said)
    again = ("score", "record", "anna", "ForumPost", "5", "--source", "quiz")
    assert "counted before" in around.fails(*again, "--event", "first of anna")
    found = around.json("score", "show", "anna", "--as", "anna")
    assert (found["composite"], found["flagged"], found["model"]) == (40, True, "default")
    said = around.ok("score", "weights", "v2", "--authentication", "50%", "--engagement", "25%",
                     "--sharing", "2500")  # fmt: skip
    assert "weights v2: authentication 50 %" in said
    assert re.search(r"^score +50 of 100$", around.ok("score", "show", "anna"), re.MULTILINE)

    # By two hops to the opt-in; degraded values to the partner.
    first = around.json("hop", "record", "AdView", "--party", "blog")
    second = around.json("hop", "record", "FormStart", "--party", "acme", "--after", first["hop"],
                         "--data", "https://acme.example")  # fmt: skip
    assert second["session"] == first["session"]
    assert "by        blog" in around.ok("hop", "show", first["hop"])
    code, record = around.opted_in("anna", "--hop", second["hop"], "--also", "home",
                                   "--also", "born")  # fmt: skip
    looked = around.json("view", "fetch", record, "--partner", "acme")["values"]
    assert looked["home"] == "San Francisco CA metro"
    assert looked["born"] in ("35-44", "45-54", "55-64")
    assert looked["full_name"] == "anna"

    # A witness does not answer; another one has a new key.
    said = around.ok("witness", "replace", "call", "witness-2", "witness-4", "--partner", "acme")
    assert said.startswith("witness-4 stands in for witness-2 at offer call")
    before = around.json("keys", "list")["keys"]["witness-4"]
    assert "its id " in around.ok("keys", "rotate", "witness-4")
    assert around.json("keys", "list")["keys"]["witness-4"] == before
    file = str(around.folder / "signature.json")
    around.ok("witness", "sign", code, "--witness", "witness-4", "--instead-of", "witness-2",
              "--out", file)  # fmt: skip
    around.ok("settle", code, "--witness", "witness-1", "--signature", file)

    # Money leaves.
    assert "acme: 2.00 EUR withdrawn, 6.50 EUR available" in around.ok(
        "escrow", "withdraw", "acme", "2.00", "EUR")  # fmt: skip
    paid = around.json("payee", "withdraw", "anna", "0.50", "EUR")
    assert (paid["amount"], paid["balance_text"]) == (500_000, "0.40 EUR")

    # Nobody looks in time; the clock is moved so that the test need not wait.
    late, record = around.opted_in("ben")
    assert around.ok("code", "expire", "--due").strip() == "nothing is due"
    soon = int(around.json("node", "status")["time"]) // 10**9 + 120
    stamp = datetime.fromtimestamp(soon).isoformat()
    assert "too large" in around.fails("node", "clock", stamp)
    witnesses = ("--witness", "witness-1", "--witness", "witness-4")
    assert "the clock of the node shows" in around.ok("node", "clock", stamp, *witnesses)
    assert "complete_by" in around.fails("view", "fetch", record, "--partner", "acme")
    assert [row["code"] for row in around.json("code", "expire", "--due")] == [late]
    assert around.json("code", "show", late)["status"] == "expired"
    totals = around.json("escrow", "totals", "EUR")
    assert totals["conserved"] is True
    assert (totals["withdrawn"], totals["reserved"], totals["expired"]) == (2_500_000, 0, 0)

    # And all of it holds.
    journal = str(around.folder / "journal.optin")
    around.ok("audit", "export", journal, "--as", "auditor")
    checks = around.json("audit", "verify", journal)["checks"]
    assert checks["rotation signatures"] == checks["partner signatures"] == checks["clock"] - 2
    kept = str(around.folder / "record.json")
    around.ok("settlement", "show", code, "--out", kept)
    around.ok("keys", "rotate", "witness-1")
    around.ok("audit", "export", journal, "--as", "auditor")
    nothing = ("--line", "", "--keys", "/nowhere")
    said = around.ok(*nothing, "settlement", "verify", kept, "--journal", journal)
    assert said.startswith("valid offline")


def test_a_rotation_that_was_interrupted_is_finished(around: Around) -> None:
    book = KeyFolder.open(around.folder / "keys", None)
    old, (successor, _) = book.key("quiz"), book.successor("quiz")
    # Interrupted before the node heard of it: the same successor follows.
    assert around.json("keys", "rotate", "quiz")["key"] == successor.id.hex()
    # Interrupted after the node had accepted it.
    following, _ = book.successor("quiz")
    with BlockingClient(around.env["OPTIN_LINE"]) as client:
        held = book.key("quiz")
        agreed = canonical([client.identity.node, held.id, following.id])
        own = following.sign(b"optin/v1/rotation", agreed)
        client.command(held, records.RotateKey(following.id), (following.public_key, own))
    assert "had accepted it before" in around.ok("keys", "rotate", "quiz")
    found = book.key("quiz")
    assert (found.id, found.public_key) == (old.id, following.public_key)
    assert "quiz.next" not in book.names()
    around.ok("score", "record", "anna", "ForumPost", "5", "--source", "quiz")


# ------------------------------------------------------------------------------ passphrases


def test_a_folder_with_a_passphrase_is_opened_with_it_alone(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    made = terminal.run("keys", "create", "anna", OPTIN_PASSPHRASE="right")
    assert made.exit_code == 0
    assert "in clear" not in made.stdout
    again = ("keys", "create", "ben")
    assert "passphrase is wrong" in terminal.fails(*again, OPTIN_PASSPHRASE="wrong")
    assert "OPTIN_PASSPHRASE" in terminal.fails(*again)
    # Names need no passphrase.
    assert set(terminal.json("keys", "list")["keys"]) == {"anna"}


def test_a_passphrase_is_changed_and_a_folder_in_clear_gets_its_first(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    made = terminal.json("--insecure-no-passphrase", "keys", "create", "anna")
    change = ("keys", "passphrase")
    assert "OPTIN_NEW_PASSPHRASE" in terminal.fails(*change)
    said = terminal.run(*change, OPTIN_NEW_PASSPHRASE="first")
    assert (said.exit_code, said.stdout) == (0, "1 key sealed under the new passphrase\n")
    wrong = {"OPTIN_PASSPHRASE": "wrong", "OPTIN_NEW_PASSPHRASE": "second"}
    assert "passphrase is wrong" in terminal.fails(*change, **wrong)
    right = {"OPTIN_PASSPHRASE": "first", "OPTIN_NEW_PASSPHRASE": "second"}
    assert terminal.run(*change, **right).exit_code == 0
    assert "passphrase is wrong" in terminal.fails("keys", "create", "b", OPTIN_PASSPHRASE="first")
    key = KeyFolder.open(tmp_path / "keys", "second").key("anna")
    assert key.id.hex() == made[0]["id"]


def test_a_name_that_was_given_can_be_taken_back(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.ok("--insecure-no-passphrase", "keys", "create", "anna")
    terminal.ok("keys", "remember", "bob", "11" * 32)
    assert "the name is that of" in terminal.fails("keys", "remember", "bob", "22" * 32)
    assert terminal.ok("keys", "forget", "bob") == "bob is nobody's name now\n"
    terminal.ok("keys", "remember", "bob", "22" * 32)
    assert "expected" in terminal.fails("keys", "forget", "anna")


def test_without_a_terminal_a_new_folder_needs_a_passphrase_or_a_clear_word(tmp_path: Path) -> None:
    said = Terminal(tmp_path).fails("keys", "create", "anna")
    assert "--insecure-no-passphrase" in said
    assert not (tmp_path / "keys").exists()


# ------------------------------------------------------------------------- a real terminal


def start(*words: str, **options: Any) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OPTIN_KEYS": "/no/keys",
        **options.pop("env", {}),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "runtime.host.cli", *words], env=env, cwd=ROOT, **options
    )


def test_ctrl_c_ends_a_command_with_130_and_no_words(tmp_path: Path) -> None:
    node_end, line = pty.openpty()
    tty.setraw(line)
    command = start(
        "--line", os.ttyname(line), "node", "status", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert os.read(node_end, 1)  # it has asked, and waits
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=20)
    finally:
        command.kill()
        os.close(node_end)
        os.close(line)
    assert command.returncode == 130
    assert out == b""
    assert b"Traceback" not in err


def test_a_run_node_ends_cleanly_with_ctrl_c(tmp_path: Path) -> None:
    command = start("node", "run", str(tmp_path / "node"), stdout=subprocess.PIPE)
    assert command.stdout is not None
    try:
        assert b" ready on " in command.stdout.readline()
        found = Terminal(tmp_path).json("node", "status")
        assert found["operator"] is None
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=20) == 0
    finally:
        command.kill()
        command.stdout.close()
    assert not (tmp_path / "node" / "tty").exists()


def on_terminal(columns: int, *words: str, env: dict[str, str]) -> str:
    """Output of a command on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = {"TERM": "xterm-256color", "NO_COLOR": "", "COLUMNS": "", **env}
    env = {name: value for name, value in env.items() if value}
    for name in ("COLUMNS", "NO_COLOR"):
        os.environ.pop(name, None)
    command = start(*words, stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    output = b""
    try:
        while piece := os.read(master, 65536):
            output += piece
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(master)
        command.wait(timeout=20)
    return output.decode()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_keep_to_the_width_of_the_terminal(walk: Walk, columns: int) -> None:
    said = on_terminal(columns, "code", "list", env=walk.env | {"COLUMNS": ""})
    assert "\x1b[" in said
    rows = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said).splitlines()
    assert len(rows) >= 4
    assert max(len(row.rstrip("\r")) for row in rows) <= columns


def test_there_is_no_colour_where_there_is_no_terminal(walk: Walk) -> None:
    for words in (("code", "list"), ("escrow", "totals", "EUR"), ("--help",)):
        assert "\x1b" not in walk.ok(*words)


# ------------------------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00 EUR"),
        (1, "0.000001 EUR"),
        (1_000_003, "1.000003 EUR"),
        (1_500_000, "1.50 EUR"),
        ((1 << 64) - 1, "18446744073709.551615 EUR"),
    ],
)
def test_amounts_are_exact_both_ways(amount: int, text: str) -> None:
    assert amount_text(amount, b"EUR" + bytes(5)) == text
    assert parse_amount(text.split()[0]) == amount


@pytest.mark.parametrize(
    "text", ["", "1.", ".5", "1,5", "-1", "1e3", "1.0000001", "٣", "99999999999999"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="expected"):
        parse_amount(text)


def test_shares_are_percentages_or_basis_points() -> None:
    assert [parse_share(text) for text in ("20%", "12.25%", "0.5 %", "1225", "100%")] == [
        2000,
        1225,
        50,
        1225,
        10000,
    ]
    assert percent(1225) == "12.25 %"
    for text in ("12.255%", "100.01%", "10001", "-1", "a"):
        with pytest.raises(Unreadable):
            parse_share(text)


def test_text_of_others_cannot_drive_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x9bc\u202ed\n") == "a\ufffd[2Jb\ufffdc\ufffdd\ufffd"


def test_a_failure_that_nobody_foresaw_shows_no_trace_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("secret value")

    monkeypatch.delenv("OPTIN_DEBUG", raising=False)
    monkeypatch.setattr(cli, "main", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "RuntimeError in test_cli.py" in said
    assert "secret" not in said
    assert "Traceback" not in said
