"""The C library in reach of tests: in this process, or in one under a sanitizer or valgrind."""

import contextlib
import ctypes
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from struct import pack, unpack_from

from firmware.crypto.build import LIBRARY, build

FOLDER = Path(__file__).parent
DRIVER = FOLDER / "driver.c"
EXCHANGE = FOLDER / "exchange.c"
VALGRIND = ("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full")


class Native:
    """Operations of the library; `call` is how they get there."""

    def call(self, name: str, *arguments: bytes | int) -> tuple[int, list[bytes]]:
        """Perform one operation.

        Args:
            name: of the operation, as driver.c has it.
            arguments: bytes, or numbers that become four of them.

        Returns:
            its result, 0 or -1, and its outputs.
        """
        parts = [name.encode()]
        parts += [pack("<I", a) if isinstance(a, int) else bytes(a) for a in arguments]
        reply = self._exchange(b"".join(pack("<I", len(part)) + part for part in parts))
        (result,) = unpack_from("<i", reply)
        outputs, at = [], 4
        while at < len(reply):
            (size,) = unpack_from("<I", reply, at)
            outputs.append(reply[at + 4 : at + 4 + size])
            at += 4 + size
        return result, outputs

    def get(self, name: str, *arguments: bytes | int) -> bytes:
        """The first output of an operation that must succeed."""
        result, outputs = self.call(name, *arguments)
        assert result == 0, f"{name} refused"
        return outputs[0]

    def accepts(self, name: str, *arguments: bytes | int) -> bool:
        """Whether an operation returns 0; anything but 0 and -1 is an error."""
        result, _ = self.call(name, *arguments)
        assert result in (0, -1)
        return result == 0

    def _exchange(self, request: bytes) -> bytes:
        raise NotImplementedError


class Library(Native):
    """The library in this process.

    Args:
        path: of a build that is not the usual one.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = path or build("libdriver.so", LIBRARY, [DRIVER, EXCHANGE])
        self._library = ctypes.CDLL(str(path))
        self._library.drive.restype = ctypes.c_size_t
        self._library.drive.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p),
        ]  # fmt: skip
        self._library.release.argtypes = [ctypes.c_void_p]

    def _exchange(self, request: bytes) -> bytes:
        reply = ctypes.c_void_p()
        size = self._library.drive(request, len(request), ctypes.byref(reply))
        try:
            return ctypes.string_at(reply, size)
        finally:
            self._library.release(reply)


class Process(Native):
    """The library in a process of its own.

    Args:
        options: of gcc.
        command: what runs the program, before its name.
        more: C files that take the place of the library's.
        driver: C file that has the operations.
    """

    def __init__(
        self,
        options: Sequence[str],
        command: Sequence[str] = (),
        more: Sequence[Path] = (),
        driver: Path = DRIVER,
    ) -> None:
        program = build("driver", options, [driver, EXCHANGE, *more])
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [*command, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def _exchange(self, request: bytes) -> bytes:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(pack("<I", len(request)) + request)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(self.finish()[1]) from None
        head = self._process.stdout.read(4)
        if len(head) < 4:
            raise AssertionError(self.finish()[1])
        return self._process.stdout.read(unpack_from("<I", head)[0])

    def finish(self) -> tuple[int, str]:
        """End the process; returns its exit status and what it wrote to standard error."""
        assert self._process.stdin and self._process.stdout
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        status = self._process.wait(timeout=60)
        self._errors.seek(0)
        return status, self._errors.read().decode(errors="replace")
