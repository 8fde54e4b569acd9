"""The node on MicroPython, as its keeper starts it.

    micropython -m firmware.node.main DEVICE PLACES [operator=ID] [terminal=TTY]

DEVICE is the folder that stands for what is soldered to a board: `key`, the device key, and
`anchor`, the flash. PLACES is the folder of the table of metro areas. ID is who may become operator
of a new node. At TTY the node asks whoever is at it; the keeper only says which it is, and nothing
of it passes the line. That is standard input and output, both non-blocking; what goes wrong is said
on standard error. The node ends when its line ends, or when the host says `stop`.
"""

import io
import os
import select
import sys
import time
from hashlib import sha3_256

from firmware.node.anchor import SECTORS, Anchor, AnchorLog
from firmware.node.flash import BLANK, SECTOR, FlashFile
from firmware.node.places import read_places
from firmware.node.serve import serve
from firmware.node.store import START
from runtime.node.entropy import Entropy
from runtime.node.health import SYSTEM
from runtime.node.terminal import Terminal
from runtime.wire.errors import NodeError, Refused
from runtime.wire.proofs import EMPTY_ROOT
from runtime.wire.records import Measurement

READ = 16384
PROGRAM = "/proc/self/exe"  # the interpreter, and the frozen code in it


class LineEnded(Exception):
    """The host closed the line."""


class Pipe:
    """The line on two open files.

    Args:
        source, sink: unbuffered and non-blocking.
    """

    def __init__(self, source, sink) -> None:
        self._source = source
        self._sink = sink
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)
        self._writing = select.poll()
        self._writing.register(source, select.POLLIN)
        self._writing.register(sink, select.POLLOUT)

    def wait(self, ms, writing: bool) -> None:
        (self._writing if writing else self._poll).poll(-1 if ms is None else ms)

    def read(self) -> bytes:
        data = self._source.read(READ)
        if data == b"":
            raise LineEnded
        return data or b""

    def write(self, data: bytes) -> int:
        try:
            return self._sink.write(data) or 0
        except OSError:
            raise LineEnded


class Typing:
    """A terminal; one that was closed has nothing to read, and takes whatever is written.

    Args:
        path: of its device.
    """

    def __init__(self, path: str) -> None:
        self._source = open(path, "rb", 0)  # noqa: SIM115
        self._sink = open(path, "wb", 0)  # noqa: SIM115
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)

    def read(self) -> bytes:
        """The bytes at hand, perhaps none."""
        typed = b""
        try:
            while self._poll.poll(0):
                byte = self._source.read(1)
                if not byte:
                    break
                typed += byte
        except OSError:
            pass
        return typed

    def write(self, data: bytes) -> None:
        """Show it."""
        try:
            self._sink.write(data)
        except OSError:
            pass


class Device:
    """The folder of what is soldered to a board; what is not there is made, once.

    Args:
        path: text.
        sync: function of an open file that makes what was written to it durable.
        random: function of a number to so many random bytes.

    Attributes:
        key: the device key, 32 bytes.
        anchor: AnchorLog.

    Raises:
        Refused: there is a key without the anchor that belongs to it.
    """

    def __init__(self, path: str, sync, random=os.urandom) -> None:
        self._sync = sync
        if not _is_there(path):
            os.mkdir(path)
        key, anchor = path + "/key", path + "/anchor"
        if not _is_there(key):
            # The anchor comes first: a key that was in use is never without one.
            self._make(anchor, BLANK * (SECTORS * SECTOR))
            AnchorLog(FlashFile(anchor, sync)).write(Anchor(0, 0, START, 0, EMPTY_ROOT))
            self._make(key, random(32))
        if not _is_there(anchor):
            raise Refused(
                f"{path} has a device key and no anchor",
                "both, or neither on a new node",
                "restore the anchor; with a new one the key would seal twice with one nonce",
            )
        with open(key, "rb") as file:
            self.key = file.read()
        if len(self.key) != 32:
            raise Refused(f"{key} has {len(self.key)} bytes", "32", "restore it")
        self.anchor = AnchorLog(FlashFile(anchor, sync))

    def _make(self, path, content):
        """A file that is there whole, or not at all."""
        with open(path + ".new", "wb") as file:
            file.write(content)
            self._sync(file)
        os.rename(path + ".new", path)


def _is_there(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def digest_of(path) -> bytes:
    """SHA3-256 of a file."""
    digest = sha3_256()
    with open(path, "rb") as file:
        data = file.read(READ)
        while data:
            digest.update(data)
            data = file.read(READ)
    return digest.digest()


def main(crypto=None) -> int:
    """Run the node; returns the exit status.

    Args:
        crypto: port; by default the firmware's own.
    """
    named = dict([word.split("=", 1) for word in sys.argv[3:] if "=" in word])
    if len(sys.argv) != 3 + len(named) or not set(named) <= {"operator", "terminal"}:
        words = (
            "usage: micropython -m firmware.node.main DEVICE PLACES [operator=ID] [terminal=TTY]"
        )
        print(words, file=sys.stderr)
        return 2
    try:
        operator = bytes.fromhex(named.get("operator", ""))
        places = read_places(sys.argv[2])
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    try:
        measured = (Measurement("program", digest_of(PROGRAM)),)
        random = Entropy(os.urandom, SYSTEM)
        crypto, pipe = crypto or _own_crypto(random), _standard_pipe()
        serve(
            lambda: Device(sys.argv[1], _sync, random.lasting),
            crypto,
            pipe,
            Uptime,
            places,
            random,
            measured,
            operator,
            _terminal(named["terminal"]) if "terminal" in named else None,
        )
    except LineEnded:
        return 0
    except (NodeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        # Where it failed, not what it held: the text of an exception may quote a value.
        print(f"error: the node failed with {type(error).__name__}{_trace(error)}", file=sys.stderr)
        return 1
    return 0


def _trace(error) -> str:
    """The lines of a traceback that tell places; nothing where CPython plays the firmware."""
    text = io.StringIO()
    getattr(sys, "print_exception", lambda error, file: None)(error, text)
    places = [line for line in text.getvalue().split("\n") if line.startswith("  File ")]
    return " in\n" + "\n".join(places) if places else ""


def _own_crypto(random):
    try:
        from firmware.node.crypto import Crypto
    except ImportError:
        raise Refused(
            "this MicroPython has no cryptography",
            "one that was built with the modules of firmware/",
            "build it with python -m firmware.micropython",
        )
    return Crypto(random)


def _terminal(path):
    """Presence at a terminal."""
    terminal = Typing(path)
    return Terminal(terminal.read, terminal.write)


def _standard_pipe():
    return Pipe(open(0, "rb", 0), open(1, "wb", 0))  # noqa: SIM115


# What the two Pythons have different.

if hasattr(time, "monotonic_ns"):
    _uptime_ns = time.monotonic_ns
else:

    def _uptime_ns():
        return time.ticks_us() * 1000


class Uptime:
    """Time since some moment before the start."""

    uptime_ns = staticmethod(_uptime_ns)

    @staticmethod
    def uptime_ms() -> int:
        return _uptime_ns() // 10**6


if hasattr(os, "fsync"):

    def _sync(file):
        file.flush()
        os.fsync(file.fileno())

else:

    def _sync(file):
        file.flush()  # it is fsync there


if __name__ == "__main__":
    sys.exit(main())
