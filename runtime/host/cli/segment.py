"""Codes for many users: a bounded number under way, and an answer for each of them."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from runtime.host import steps
from runtime.host.cli.context import App, Problem, problem_of, read_file, receipt_line
from runtime.host.cli.show import short, table, time_text
from runtime.host.client import Client
from runtime.host.keyfolder import Key, UnknownName
from runtime.wire import records
from runtime.wire.errors import Missing, NodeError

AT_ONCE = 16  # users under way; half of what a client has under way at most
LONGEST = 1 << 26  # bytes of a file of users
WIDEST = 100  # columns of running text

Person = tuple[str, bytes | None, str]  # as typed, id, why there is none


def read_segment(path: str) -> list[str]:
    """Names or ids of a file, one a line; empty lines and those that start with # are skipped."""
    text = read_file(path, "names or ids of users, one a line", LONGEST)
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def named(app: App, texts: Iterable[str]) -> list[Person]:
    """Each user once, in the order given; whom nobody here knows comes with the reason."""
    found: dict[bytes | str, Person] = {}
    for text in texts:
        try:
            party = app.party(text)
            found.setdefault(party, (text, party, ""))
        except UnknownName as error:
            found.setdefault(text, (text, None, str(error)))
    return list(found.values())


async def users_named_here(app: App, client: Client) -> list[Person]:
    """Whoever has a name here and no role on the node, where users have none, and is no offer."""
    known = app.book.known() if app.book else {}
    by_id = {identity: name for name, identity in reversed(known.items())}
    for offer in await steps.all_offers(client):
        by_id.pop(offer, None)
    users: list[Person] = []

    async def look(identity: bytes) -> None:
        if (await client.read(records.GetParty(identity))).roles:
            return
        try:
            await client.read(records.GetRules(identity))
        except Missing:
            users.append((by_id[identity], identity, ""))

    await each(by_id, look)
    return sorted(users)


async def each(items: Iterable[Any], work: Callable[[Any], Awaitable[None]]) -> None:
    """Do something with each item, AT_ONCE of them under way; the first failure ends it all."""
    waiting = iter(items)

    async def one_after_the_other() -> None:
        for item in waiting:
            await work(item)

    workers = [asyncio.create_task(one_after_the_other()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


class Issue:
    """Codes of one offer for a segment of users.

    Args:
        only_users: whoever is not enrolled was not meant, and not asked for by name.

    Attributes:
        rows: what came of each user, for JSON: a code, or why there is none.
    """

    def __init__(
        self,
        app: App,
        client: Client,
        operator: Key,
        offer: bytes,
        segment: list[Person],
        *,
        only_users: bool = False,
    ) -> None:
        self.rows: list[dict[str, Any]] = []
        self._app = app
        self._client = client
        self._operator = operator
        self._offer = offer
        self._segment = segment
        self._only_users = only_users
        self._skipped = 0
        self._problem: Exception | None = None  # the last refusal

    async def run(self, tick: Callable[[], None]) -> None:
        """Ask for all codes.

        Raises:
            ConnectionLost, NodeLied: there is no use in asking on.
        """
        terms = await steps.offer_terms(self._client, self._offer)

        async def one(person: Person) -> None:
            await self._one(terms, person)
            tick()

        await each(self._segment, one)

    async def _one(self, terms: records.Terms, person: Person) -> None:
        text, user, unknown = person
        if user is None:
            self._refuse(text, None, UnknownName(unknown))
            return
        try:
            done = await steps.generate_code(self._client, self._operator, self._offer, user, terms)
        except NodeError as error:
            if self._only_users and "not enrolled" in error.wrong:
                self._skipped += 1
            else:
                self._refuse(text, user, error)
            return
        row = {"user": user, **done.reply._asdict()}
        self.rows.append(row)  # it exists, whatever comes of its receipt
        row.update({"receipt_checked": False, "position": done.accepted.position})
        row.update(await self._app.proved(self._client, done))

    def _refuse(self, text: str, user: bytes | None, error: Exception) -> None:
        self._problem = error
        problem = problem_of(error)
        wrong, expected = (problem.lines[0][1], problem.lines[1][1]) if problem else ("", "")
        reason = wrong + (f"; expected {expected}" if expected else "")
        self.rows.append({"user": user or text, "name": text, "refused": reason})

    def say(self) -> None:
        """Answer: the codes, then who has none and why."""
        order = {user or text: place for place, (text, user, _) in enumerate(self._segment)}
        self.rows.sort(key=lambda row: order[row["user"]])
        made = [row for row in self.rows if "code" in row]
        refused = [row for row in self.rows if "refused" in row]
        if len(self._segment) == 1 and refused:
            return  # the error says it
        if not self.rows and self._segment and not self._skipped:
            return  # something failed before the first answer
        lines = [*self._codes(made), *self._refusals(refused)]
        self._app.say(self.rows, *(lines or ["nobody to generate a code for"]))

    def _codes(self, made: list[dict[str, Any]]) -> list[Any]:
        name = self._app.name
        if len(self._segment) <= 3:
            return [
                f"code {row['code'].hex()}\n  for {name(row['user'])}, "
                f"until {time_text(row['expires_at'])}; {receipt_line(row)}"
                for row in made
            ]
        rows = [
            (name(row["user"]), short(row["code"]), time_text(row["expires_at"]), row["position"])
            for row in made
        ]
        checked = sum(row["receipt_checked"] for row in made)
        return [
            *([table("user", "code", "opt in before", "entry>", rows=rows)] if made else []),
            f"{len(made)} code{'' if len(made) == 1 else 's'}, receipts of {checked} checked",
        ]

    def _refusals(self, refused: list[dict[str, Any]]) -> list[Any]:
        lines: list[Any] = []
        reasons: dict[str, list[str]] = {}
        for row in refused:
            reasons.setdefault(row["refused"], []).append(row["name"])
        for reason, names in sorted(reasons.items()):
            lines += self._wrapped(f"no code for {len(names)}: {reason}", "")
            lines += self._wrapped(" ".join(sorted(names)), "  ")
        left = len(self._segment) - self._skipped - len(self.rows)
        if left:
            lines.append(f"{left} not asked, or their answer is not known: say it again")
        return lines

    def _wrapped(self, text: str, indent: str) -> list[str]:
        width = min(self._app.console.width, WIDEST)
        return textwrap.wrap(
            text,
            width,
            initial_indent=indent,
            subsequent_indent="  ",
            break_on_hyphens=False,
            break_long_words=False,
        )

    def complain(self) -> None:
        """Fail if anybody was refused."""
        refused = sum("refused" in row for row in self.rows)
        if not refused:
            return
        if len(self._segment) == 1 and self._problem:
            raise self._problem
        raise Problem(
            f"{refused} of {len(self._segment) - self._skipped} users got no code",
            todo="see the reasons above"
            + ("; the others have theirs" if len(self.rows) > refused else ""),
        )
