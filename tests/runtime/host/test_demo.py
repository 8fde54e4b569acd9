"""The demo, as `make run` starts it: one run, looked at from several sides."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.host import audit, steps
from runtime.host.audit.turn import Turn
from runtime.host.cli.show import amount_text
from runtime.host.client import Client
from runtime.host.demo import cast
from runtime.host.demo.folder import clear, start, stop
from runtime.host.keyfolder import KeyFolder
from runtime.wire import records
from runtime.wire.schema import unpack

ROOT = Path(__file__).parents[3]
COLUMNS = 80
PEOPLE = ROOT / "runtime" / "host" / "people.csv"

# (offer, what became of the code): how many. Revoked late and settled is paid.
ENDS = {
    ("callback", "settled"): 40,
    ("callback", "revoked, paid"): 4,
    ("callback", "revoked"): 3,
    ("callback", "viewed"): 8,
    ("callback", "generated"): 5,
    ("commute", "settled"): 26,
    ("commute", "revoked, paid"): 4,
    ("commute", "revoked"): 2,
    ("commute", "viewed"): 4,
    ("commute", "generated"): 4,
    ("preview", "settled"): 6,
    ("preview", "viewed"): 1,
    ("flash", "settled"): 6,
    ("flash", "expired"): 6,
    ("flash", "expired, activated"): 4,
}
REFUSED = (  # in the node's words
    "the user's score is 21",
    "the user's score jumped within a day",
    "required field 3 has no value that can be shown as MetroAreaOnly",
    "the user took the consent back",
    "there is no such view record for you",
    "you are no witness of this code",
    "optin_settle_engagement on a settlement that is recorded",
    "the step is too large for the operator alone",
    "the code has expired",
    "no view was asked for before the offer's complete_by",
    "the balance is 0 micro-units",
    "4500000 micro-units are available",
    "the user already has a code of this offer",
    "this event was counted before",
)


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end; its node goes on."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPTIN")}
    return subprocess.run(
        [sys.executable, "-m", "runtime.host.demo", str(folder)],
        cwd=ROOT,
        env=env | {"COLUMNS": str(COLUMNS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Run:
    """A demo that ran: what it printed, and its node and keys, which are still there."""

    def __init__(self, folder: Path, printed: subprocess.CompletedProcess[str]) -> None:
        self.folder = folder
        self.printed = printed

    def ask(self, question: Callable[[Client, KeyFolder], Awaitable[Any]]) -> Any:
        """Ask the demo's node something."""

        async def connected() -> Any:
            keys = KeyFolder.open(self.folder / "keys")
            line = str(self.folder / "node" / "tty")
            async with await Client.connect(line, host=keys.key("operator")) as client:
                return await question(client, keys)

        return asyncio.run(connected())

    @property
    def bundle(self) -> Path:
        """The journal it exported."""
        return self.folder / "journal.optin"

    def events(self) -> Counter[str]:
        """How often each event is in the journal."""
        found: Counter[str] = Counter()
        for entry in audit.read_bundle(self.bundle).entries:
            found.update(event.name for event in Turn(entry).events)
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    ran = Run(folder, demo(folder))
    yield ran
    if (folder / "demo.json").exists():
        clear(folder)


@pytest.fixture(scope="module")
def events(run: Run) -> Counter[str]:
    return run.events()


def test_it_ends_well_and_fits_two_screens(run: Run) -> None:
    assert (run.printed.returncode, run.printed.stderr) == (0, "")
    lines = run.printed.stdout.splitlines()
    assert len(lines) <= 110  # 90 of 100 columns
    told = [line for line in lines if str(run.folder) not in line and "alias" not in line]
    assert max(len(line) for line in told) <= COLUMNS
    assert "\N{HORIZONTAL ELLIPSIS}" not in run.printed.stdout  # nothing is cut off


def test_each_code_ends_where_its_path_leads(run: Run) -> None:
    async def ends(client: Client, keys: KeyFolder) -> Counter[tuple[str, str]]:
        operator = keys.key("operator")
        found: Counter[tuple[str, str]] = Counter()
        for code in await steps.all_codes(client, operator):
            reply = await client.query(operator, records.GetCode(code))
            end = reply.status
            if end == "revoked" and reply.settlement != records.ZEROS:
                end = "revoked, paid"
            if end == "expired" and reply.consent_hash != records.ZEROS:
                end = "expired, activated"
            found[keys.name_of(reply.offer) or "", end] += 1
        return found

    assert run.ask(ends) == ENDS


@pytest.mark.parametrize("currency", [cast.USD, cast.EUR])
def test_the_money_of_a_currency_adds_up(run: Run, currency: bytes) -> None:
    async def money(client: Client, keys: KeyFolder) -> tuple[steps.Totals, int]:
        operator = keys.key("operator")
        payees = await steps.balances(client, operator, currency)
        return await steps.totals(client, operator, currency), sum(p.earned for p in payees)

    totals, earned = run.ask(money)
    offers = [offer for offer in cast.OFFERS if offer.currency == currency]

    def worth(*ends: str) -> int:
        return sum(ENDS.get((o.name, end), 0) * o.amount for o in offers for end in ends)

    assert totals.conserved
    assert totals.deposited == sum(d[1] for d in cast.DEPOSITS if d[2] == currency)
    assert totals.reserved == worth("generated", "viewed")
    assert earned == worth("settled", "revoked, paid")
    assert totals.withdrawn > 0
    row = r"{} +{} = +{} \+ +{} \+ +{} \+ +{} \+ +{}"
    amounts = [re.escape(amount_text(amount, currency).split()[0]) for amount in totals]
    name = currency.rstrip(b"\0").decode()
    assert re.search(row.format(name, *amounts), run.printed.stdout)


def test_the_journal_has_all_that_is_told(events: Counter[str]) -> None:
    partners = sum(cast.PARTIES[name] == "partner" for name, _, _ in cast.WITHDRAWALS)
    expected = {
        "enrolled": 200,
        "offer_published": 4,
        "deposited": 4,
        "activity_recorded": sum(len(seen) for seen in cast.ACTIVE.values()),
        "code_generated": sum(ENDS.values()),
        "code_expired": 10,
        "code_revoked": 13,
        "settlement_recorded": 86,
        "witness_replaced": 1,
        "clock_set": 1,
        "funds_withdrawn": partners,
        "payee_paid": len(cast.WITHDRAWALS) - partners + 1,
        # Everybody who opts in gets a hop; one came by three more.
        "hop_recorded": events["code_activated"] + len(cast.HOPS),
    }
    assert {name: events[name] for name in expected} == expected


def test_the_new_witness_signed_in_the_place_of_the_lost_one(run: Run) -> None:
    names = KeyFolder.open(run.folder / "keys")
    signed: Counter[str | None] = Counter()
    for entry in audit.read_bundle(run.bundle).entries:
        turn = Turn(entry)
        if turn.method == "optin_settle_engagement":
            witnesses = unpack(turn.command.params)[2]
            signed.update(names.name_of(bytes(witness)) for witness in witnesses)
    assert signed == {"witness-1": 86, "witness-2": 56, "witness-4": 30}


def test_a_person_is_another_for_each_partner_and_shown_in_every_form(run: Run) -> None:
    rows = {
        words[0]: words[1:]
        for words in (re.split(r"  +", line.strip()) for line in run.printed.stdout.splitlines())
        if len(words) == 5
    }
    assert len(set(rows["known as"])) == 4
    assert rows["full_name"] == ["Anna Berg", "Anna Berg", "nothing", "nothing"]
    assert rows["phone"] == ["+1 208 555-0100", "there is one", "nothing", "nothing"]
    assert rows["postal_code"] == ["83702", "nothing", "Boise ID metro", "nothing"]
    held, *bands = rows["birth_date"]
    assert held == "1984-03-12"
    assert len(bands) == 3
    assert all(re.fullmatch(r"\d\d-\d\d", band) for band in bands)
    assert "Hugo Ivarsson, there is none" in run.printed.stdout


def test_refusals_are_told_in_the_nodes_words(run: Run) -> None:
    lines = run.printed.stdout.splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.endswith("the node says")]
    column = lines[head].index("the node says")
    said = " ".join(line[column:] for line in lines[head + 1 : lines.index("", head)])
    for words in REFUSED:
        assert words in said


def test_the_journal_holds_offline(run: Run) -> None:
    (pinned,) = KeyFolder.open(run.folder / "keys").pinned().values()
    report = audit.verify_bundle(run.bundle, pinned.node)
    assert report.ok, report.failure
    assert f"{report.entries} journal entries" in run.printed.stdout
    assert f"{sum(report.checks.values())} checks" in run.printed.stdout
    # What has no receipt was refused: looks, which are journaled.
    receipts = int(re.search(r"(\d+) receipts checked", run.printed.stdout)[1])  # type: ignore[index]
    assert report.entries - receipts == 3


def test_its_last_words_work(run: Run) -> None:
    # Say the printed commands as a shell would.
    said = run.printed.stdout.partition("To look around:\n")[2].splitlines()
    commands = [line for line in said if line.startswith("  ")]
    assert len(commands) >= 6
    script = "shopt -s expand_aliases\nset -e\n" + "\n".join(commands)
    walked = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (walked.returncode, walked.stderr) == (0, "")
    assert "entries of node" in walked.stdout


def test_it_is_stopped_as_printed_and_another_takes_its_place(run: Run) -> None:
    mark = run.folder / "demo.json"
    pid = int(re.search(r"To stop it: kill (\d+)", run.printed.stdout)[1])  # type: ignore[index]
    assert pid == json.loads(mark.read_text())["pid"]
    os.kill(pid, signal.SIGTERM)
    stop(run.folder)  # returns once it has ended
    clear(run.folder)
    run.folder.mkdir()
    second = start(run.folder, bytes(32))
    clear(run.folder)  # of one that still runs
    assert second.process.wait(timeout=10) == 0
    assert not run.folder.exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = demo(tmp_path)
    assert ran.returncode == 1
    assert "holds something that is no demo" in ran.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_only_one_folder_is_taken() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "runtime.host.demo", "a", "b"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "usage" in ran.stderr


def test_the_people_are_nobody() -> None:
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["name"] for row in rows}) == 200
    for row in rows:
        assert re.fullmatch(r"(\+1 [2-9]\d\d 555-01\d\d)?", row["phone"])
        assert re.fullmatch(r"(\w+@example\.(org|net|com))?", row["email"])
        assert re.fullmatch(r"(\d{5}(-\d{4})?)?", row["postal_code"])
    for column in ("phone", "email"):
        values = [row[column] for row in rows if row[column]]
        assert len(values) == len(set(values))
