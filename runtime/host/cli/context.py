"""What every command shares: global options, the key folder, the connection, errors, receipts."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from rich.console import Console

from runtime.host import steps
from runtime.host.cli.show import Unreadable, jsonable, plain, short
from runtime.host.client import Client, Done
from runtime.host.connection import ConnectionLost, NodeLied
from runtime.host.keyfolder import (
    PREFIX_DIGITS,
    Key,
    KeyFolder,
    KeyFolderError,
    UnknownName,
    WrongPassphrase,
    fingerprint,
)
from runtime.host.transports import TransportError
from runtime.wire import records
from runtime.wire.errors import NodeError
from runtime.wire.schema import make_id

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
HEX = re.compile(r"[0-9a-fA-F]+")
LEAST_DIGITS = 4  # of a prefix
NARROW = 100  # columns where there is no terminal


class Problem(click.ClickException):
    """A failure in three short sentences, on standard error; exit status 1."""

    exit_code = 1

    def __init__(self, wrong: str, expected: str = "", todo: str = "") -> None:
        super().__init__(wrong)
        self.lines = (("error", wrong, "red"), ("expected", expected, ""), ("do", todo, ""))

    def show(self, file: IO[Any] | None = None) -> None:
        for label, text, colour in self.lines:
            if text:
                head = click.style(label + ":", fg=colour or None, bold=True)
                click.echo(f"{head} {plain(text)}", file=file or sys.stderr)


def problem_of(error: Exception) -> Problem | None:
    """What a person is told of an error; None for one that nobody foresaw."""
    if isinstance(error, NodeError):
        return Problem(error.wrong, error.expected, error.todo)
    if isinstance(error, NodeLied):
        return Problem(
            f"do not trust this node: {error}",
            "a node that stands by what it signed",
            "keep its key folder as evidence and ask its operator and auditor",
        )
    if isinstance(error, ConnectionLost):
        wrong, _, todo = str(error).partition("; ")
        return Problem(wrong, todo=todo or "see that the node runs, then ask again")
    if isinstance(error, KeyFolderError | TransportError):
        return Problem(*_sentences(str(error)))
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        name = f"{error.filename}: " if error.filename else ""
        return Problem(f"{name}{error.strerror or error}", todo="see the path and its rights")
    return None


def _sentences(text: str) -> tuple[str, str, str]:
    """(wrong, expected, to do) of a message that says all three in one line."""
    wrong, *rest = re.split(r"[;:] expected ", text, maxsplit=1)
    if rest:
        expected, _, todo = rest[0].partition("; ")
        return wrong, expected, todo
    if text.count(": ") > 1:
        wrong, _, todo = text.rpartition(": ")
        return wrong, "", todo
    wrong, _, todo = text.partition("; ")
    return wrong, "", todo


class App:
    """The global options, and what commands do with them."""

    def __init__(
        self, line: str | None, keys: Path, host: str | None, insecure: bool, timeout_s: float
    ) -> None:
        self.line = line
        self.keys = keys
        self.host = host
        self.insecure = insecure
        self.timeout_s = timeout_s
        self.as_json = False
        self.receipts = True
        self._folder: KeyFolder | None = None
        self._passphrase: str | None = None
        self._signer: Key | None = None  # the first that this command asked for
        self._names: dict[bytes, str | None] = {}

    # ---------------------------------------------------------------------- the key folder

    @property
    def book(self) -> KeyFolder | None:
        """The folder without its keys: names, nodes and heads need no passphrase."""
        if self._folder:
            return self._folder
        return KeyFolder(self.keys, "", None) if (self.keys / "folder.json").exists() else None

    @property
    def folder(self) -> KeyFolder:
        """The folder, unlocked."""
        if self._folder is None:
            if self.book is None:
                raise Problem(
                    f"there is no key folder at {self.keys}",
                    "a folder of keys; --keys or OPTIN_KEYS names another",
                    "make one: optin keys create NAME",
                )
            try:
                self._folder = KeyFolder.open(self.keys, None)  # one without a passphrase
            except WrongPassphrase:
                self._passphrase = self.passphrase()
                self._folder = KeyFolder.open(self.keys, self._passphrase)
        return self._folder

    def create_folder(self) -> KeyFolder:
        """The folder, made first if there is none."""
        if self.book is None:
            passphrase = None if self.insecure else self.passphrase(new=True)
            self._folder = KeyFolder.create(self.keys, passphrase)
        return self.folder

    def passphrase(
        self, new: bool = False, variable: str = "OPTIN_PASSPHRASE", what: str = ""
    ) -> str:
        """The folder's passphrase, from the environment or the terminal; asked for once.

        Args:
            what: what else it is of.
        """
        what = what or f"the key folder {self.keys}"
        mine = variable == "OPTIN_PASSPHRASE" and not new
        known = os.environ.get(variable) or (self._passphrase if mine else None)
        if known:
            return known
        if not sys.stdin.isatty():
            raise Problem(
                f"{what} needs its passphrase and there is no terminal",
                f"the passphrase in {variable}, or a terminal to ask on",
                "for a demonstration: --insecure-no-passphrase makes a folder without one"
                if new and variable == "OPTIN_PASSPHRASE"
                else "",
            )
        words = f"{'New passphrase' if new else 'Passphrase'} for {what}"
        answer: str = click.prompt(words, hide_input=True, confirmation_prompt=new, err=True)
        return answer

    def key(self, name: str) -> Key:
        """A key of the folder."""
        try:
            key = self.folder.key(name)
            self._signer = self._signer or key
            return key
        except UnknownName as error:
            wrong, expected, hint = _sentences(str(error))
            raise Problem(wrong, expected, f"optin keys create {name}; {hint}") from error

    def party(self, text: str) -> bytes:
        """Id of a party named by name, id or the start of an id."""
        if self.book is None:
            if re.fullmatch("[0-9a-f]{64}", text):
                return bytes.fromhex(text)
            return self.folder.lookup(text)
        return self.book.lookup(text)

    def name(self, identity: bytes | None) -> str:
        """What people call an id: its name here, or its first digits."""
        if identity is None:
            return "nobody"
        if identity not in self._names:
            self._names[identity] = self.book.name_of(identity) if self.book else None
        return self._names[identity] or short(identity)

    def remember(self, name: str, identity: bytes) -> None:
        """Give an id a name; whoever is called so already stays."""
        if name:
            self.create_folder().remember(name, identity)

    def remember_text(self, text: str) -> bytes:
        """Keep the text of an offer beside the keys; returns its hash."""
        digest: bytes = description_hash(text)
        if self.book is not None:
            texts = self.keys / "texts"
            texts.mkdir(mode=0o700, exist_ok=True)
            (texts / digest.hex()).write_text(text, encoding="utf-8")
        return digest

    def text_of(self, digest: bytes) -> str | None:
        """The text that an offer's terms cite by its hash, if it is here."""
        try:
            text = (self.keys / "texts" / digest.hex()).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return text if description_hash(text) == digest else None

    def note(self, client: Client, name: str, method: str, done: Done, **facts: Any) -> None:
        """Keep where a user's command stands in the journal, and what only its signer knows."""
        if self.book is not None:
            accepted = done.accepted
            self.book.note(
                name,
                client.identity.node,
                method,
                accepted.position,
                accepted.leaf,
                jsonable(facts),
            )

    # ---------------------------------------------------------------------- the connection

    @contextlib.asynccontextmanager
    async def node(self, as_guest: bool = False, accept: bool = False) -> AsyncIterator[Client]:
        """A connection to the node that was met on this line before, if there was one.

        It must be made of what it was, unless `accept` says to take what it is made of now.
        A known head must be a part of the journal still; what is checked now is kept for next time.

        Args:
            as_guest: whether what is asked is nobody's in particular.
        """
        if not self.line:
            raise Problem(
                "no node was named",
                "its line: --line PATH, or OPTIN_LINE; tcp://host:port works too",
                "optin node run FOLDER, then --line FOLDER/tty",
            )
        label, book = self.label, self.book

        def meet(identity: records.IdentityReply) -> None:
            if book is not None:
                is_new = label not in book.pinned()
                book.pin_node(label, identity.node, identity.public_key)
                if is_new and sys.stderr.isatty():
                    click.echo(
                        f"First meeting with node {fingerprint(identity.node)}, which is pinned "
                        "now: compare with what it says at its start, or with its operator.",
                        err=True,
                    )

        async with await Client.connect(
            self.line,
            host=None if as_guest else self._host(),
            meet=meet,
            timeout_s=self.timeout_s,
        ) as client:
            client.on_question = self.tell_of_press
            identity = client.identity
            if book is not None:
                measured = (await steps.measurements(client)).measured.measurements
                book.pin_measurements(label, measured, accept)
                client.head = book.head(identity.node)
                if client.head is not None:
                    await client.latest_head()
            try:
                yield client
            finally:
                if book is not None and client.head is not None:
                    book.save_head(identity.node, client.head, client.head_signature)

    @property
    def label(self) -> str:
        """The address that people use for the node."""
        line = self.line or ""
        return line if "://" in line else os.path.abspath(line)

    def _host(self) -> Key | None:
        """Who asks; None for a guest."""
        if self.host or self.book is None:
            return self.key(self.host) if self.host else None
        names = self.book.names()
        if operator := self.book.host(self.label):
            return self.key(operator)
        return self._signer or (self.key(names[0]) if len(names) == 1 else None)

    def came_as(self, name: str) -> None:
        """Open channels to this node with this key from now on."""
        if self.book is not None:
            self.book.come_as(self.label, name)

    def tell_of_press(self, question: records.Question) -> None:
        """Say what to compare before pressing; not to whoever reads the answer."""
        self.tell_of_code(question.code, question.wait_ms // 1000)

    def tell_of_code(self, code: str, seconds: int) -> None:
        """The same of a code that waits for so many seconds."""
        spaced = " ".join(code[at : at + 3] for at in range(0, len(code), 3))
        click.echo(
            f"The node asks for a press within {seconds} seconds. Its code is "
            f"{spaced}: if the node shows another one, or other words, do not press.",
            err=True,
        )

    async def proved(self, client: Client, done: Done) -> dict[str, Any]:
        """Where a command stands in the journal, after checking the receipt."""
        if self.receipts:
            await client.receipt(done.accepted)
        return {
            "position": done.accepted.position,
            "leaf": done.accepted.leaf,
            "receipt_checked": self.receipts,
        }

    async def done(self, client: Client, done: Done, data: dict[str, Any], *lines: Any) -> None:
        """Answer a journaled command: what came of it, and its receipt."""
        proof = await self.proved(client, done)
        self.say({**data, **proof}, *lines, receipt_line(proof))

    # ----------------------------------------------------------------------------- answers

    @property
    def console(self) -> Console:
        """Standard output, with colours on a terminal only."""
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else NARROW
        return Console(highlight=False, markup=False, emoji=False, width=width)

    def say(self, data: Any, *lines: Any) -> None:
        """Answer: JSON if asked for, else the lines, each a text or something rich can print."""
        if self.as_json:
            click.echo(json.dumps(jsonable(data)))
            return
        console = self.console
        for line in lines:
            if isinstance(line, str):
                for row in line.split("\n"):
                    console.print(plain(row), soft_wrap=True)
            else:
                # Rich fills cells with spaces up to the right edge.
                with console.capture() as captured:
                    console.print(line)
                for row in captured.get().splitlines():
                    print(row.rstrip())

    def confirm(self, question: str, yes: bool) -> None:
        """Ask before what cannot be undone."""
        if yes:
            return
        if self.as_json or not sys.stdin.isatty():
            raise Problem(
                "nobody is there to agree", "a terminal, or --yes", "look, then add --yes"
            )
        if not click.confirm(question):
            raise Problem("not agreed: nothing was done")

    # -------------------------------------------------------------------------- ids by prefix

    async def offer(self, client: Client, text: str) -> bytes:
        """Id of an offer: its name here, all of the id or its start."""
        return self._known(text) or one_of(text, await steps.all_offers(client), "offer")

    async def code(self, client: Client, text: str, signer: Key | None) -> bytes:
        """Id of a code: all of it, or its start if the signer may see it."""
        if known := self._known(text):
            return known
        codes = await steps.codes_seen_by(client, signer) if signer else {}
        return one_of(text, codes, "code")

    async def view_record(self, client: Client, text: str, partner: Key) -> bytes:
        """Id of a partner's view record: all or the start of it, or of its code."""
        views = await steps.all_views(client, partner)
        try:
            found = one_of(text, views, "view record")
        except Problem as problem:
            codes = await steps.codes_seen_by(client, partner)
            matching = [code for code in codes if code.hex().startswith(text.lower())]
            if len(matching) != 1:
                raise problem from None
            found = matching[0]
        if found not in views:
            of_code: bytes = make_id("optin/v1/view", found)
            return of_code if of_code in views else found
        return found

    def _known(self, text: str) -> bytes | None:
        if re.fullmatch(r"[0-9a-fA-F]{64}", text):
            return bytes.fromhex(text)
        if self.book is None or (HEX.fullmatch(text) and len(text) >= PREFIX_DIGITS):
            return None
        try:
            return self.book.lookup(text)
        except UnknownName:
            if HEX.fullmatch(text):
                return None  # not a name like `ada`: the start of an id
            raise


def one_of(text: str, known: Iterable[bytes], what: str) -> bytes:
    """The one id that starts with what was typed."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    if not HEX.fullmatch(text) or len(text) < LEAST_DIGITS:
        raise Problem(
            f"{text!r:.70} is no id of {'an' if what[0] in 'aeio' else 'a'} {what}",
            f"{LEAST_DIGITS} to 64 hex digits",
        )
    found = [identity for identity in known if identity.hex().startswith(text.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(short(identity) + "..." for identity in found[:4])
        raise Problem(f"{len(found)} {what}s start with {text}: {some}", "one", "give more digits")
    raise Problem(
        f"no {what} that can be seen from here starts with {text}",
        "the start of one, or all 64 digits",
    )


def hex_id(text: str, what: str) -> bytes:
    """An id that must be whole."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise Problem(f"the {what}'s id is not whole", "64 hex digits")
    return bytes.fromhex(text)


def identity_of(kind: str, text: str) -> bytes:
    """An id that a person gave: 64 hex digits as they are, anything else by its hash."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    digest: bytes = make_id(f"optin/v1/named-{kind}", text)
    return digest


def receipt_line(proof: dict[str, Any]) -> str:
    """What people read of a receipt."""
    if proof["receipt_checked"]:
        return f"entry {proof['position']}, receipt checked"
    return f"entry {proof['position']}, receipt not fetched"


def description_hash(text: str) -> bytes:
    """What terms cite of the text that people read."""
    digest: bytes = make_id("optin/v1/description", text)
    return digest


# ------------------------------------------------------------------------- declaring commands


JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON value instead.")
NO_RECEIPT = click.Option(
    ["--no-receipt"], is_flag=True, help="Do not fetch and check the receipt."
)


def command(
    group: click.Group, name: str | None = None, *, example: str, journaled: bool = False
) -> Callable[[F], click.Command]:
    """Make a function `f(app, ...)` a command: --json, an example, errors in plain words.

    Args:
        example: command line without `optin`.
        journaled: also --no-receipt.
    """

    def decorate(function: F) -> click.Command:
        @click.pass_obj
        @functools.wraps(function)
        def run(app: App, /, *args: Any, **options: Any) -> None:
            app.as_json = options.pop("as_json")
            app.receipts = not options.pop("no_receipt", False)
            try:
                result = function(app, *args, **options)
                if inspect.iscoroutine(result):
                    asyncio.run(result)
            except click.ClickException:
                raise
            except Exception as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                raise problem from error

        lines = example.splitlines()
        epilog = "\b\nExample:\n" + "\n".join(f"  optin {line}" for line in lines)
        made = group.command(name, epilog=epilog)(run)
        if journaled:
            made.params.append(NO_RECEIPT)
        made.params.append(JSON)
        return made

    return decorate


class Typed(click.ParamType):  # type: ignore[type-arg]
    """A parameter read by a function that raises Unreadable; what was typed is not repeated."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except Unreadable as error:
            self.fail(str(error), param, ctx)


def operator_option(function: F) -> F:
    """--operator: which key of the folder is the operator's."""
    return click.option(
        "--operator", default="operator", show_default=True, help="Name of the operator's key."
    )(function)


def read_file(path: str, what: str, limit: int = 1 << 20) -> str:
    """Text of a small file; `-` is standard input."""
    try:
        data = sys.stdin.buffer.read(limit) if path == "-" else _read(path, limit)
        return data.decode("utf-8-sig")  # spreadsheets put a mark in front
    except UnicodeDecodeError:
        raise Problem(f"{path} is not text", what) from None


def _read(path: str, limit: int) -> bytes:
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Problem(f"{path} has more than {limit} bytes", "a small file")
    return data


def write_file(path: str, text: str) -> None:
    """Write a file, or standard output for `-`."""
    if path == "-":
        click.echo(text, nl=False)
        return
    Path(path).write_text(text, encoding="utf-8")


def write_private(path: str, text: str) -> None:
    """Write a file that its owner alone may read, or standard output for `-`."""
    if path == "-":
        click.echo(text, nl=False)
        return
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        os.fchmod(fd, 0o600)  # it may have been there before
        file.write(text)
