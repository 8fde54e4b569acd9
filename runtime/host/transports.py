"""Byte pipes to a node: a serial port or pseudo-terminal, or TCP; all with one small interface.

A transport moves bytes and knows nothing of frames. Serial ports are set up by termios (POSIX
1003.1, chapter 11) and need no further package.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
import tty
from collections.abc import Callable
from typing import Protocol, Self
from urllib.parse import urlsplit

READ_SIZE = 65536


class TransportError(Exception):
    """A line cannot be opened or has broken; says what was wrong, expected, and to be done."""


class Transport(Protocol):
    """What a client needs of a line. One task may read while another writes."""

    name: str
    """The address, for messages to people."""

    async def read(self) -> bytes:
        """Return the next bytes, at least one, at most 65,536; none at the end of the line."""

    async def write(self, data: bytes) -> None:
        """Write all of data; returns when the line has taken it.

        Raises TransportError when the line has ended.
        """

    async def close(self) -> None:
        """Close the line; a waiting `read` returns no bytes. Closing twice does nothing."""


async def open_transport(address: str, baud: int = 115_200) -> Transport:
    """Open the line to a node.

    address: a path, of a serial port or pseudo-terminal, or tcp://host:port.
    baud: bits a second, for a serial port.
    Raises TransportError.
    """
    if "://" not in address:
        return await SerialPort.open(address, baud)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not address.startswith("tcp://") or not host or not port:
        raise TransportError(
            f"{address}: not an address of a node: expected tcp://host:port, such as "
            "tcp://127.0.0.1:7000, or the path of a serial port, such as /dev/ttyUSB0"
        )
    return await Tcp.open(host, port)


class SerialPort:
    """A serial port or a pseudo-terminal, raw, 8N1, no flow control; locked while open."""

    def __init__(self, path: str, fd: int) -> None:
        """Take a descriptor already set up; `open` is the way to get one."""
        self.name = path
        self._fd = fd
        self._waiting: set[asyncio.Future[None]] = set()

    @classmethod
    async def open(cls, path: str, baud: int = 115_200) -> Self:
        """Open the port at path with baud bits a second; raises TransportError."""
        return cls(path, open_port(path, baud))

    async def read(self) -> bytes:
        while self._fd >= 0:
            try:
                return os.read(self._fd, READ_SIZE)
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._ready(loop.add_reader, loop.remove_reader)
            except OSError:
                # The other side of a pseudo-terminal is gone, or the adapter was unplugged.
                break
        return b""

    async def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if self._fd < 0:
                raise TransportError(f"{self.name}: the port is closed: open it again")
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._ready(loop.add_writer, loop.remove_writer)
            except OSError as error:
                raise TransportError(
                    f"{self.name}: the line broke while writing ({error.strerror}): see that "
                    "the node runs and its cable is plugged in, then open it again"
                ) from error

    async def close(self) -> None:
        if self._fd < 0:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        # The lock goes with the last descriptor of this open file, here with the only one.
        os.close(self._fd)
        self._fd = -1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def _ready(
        self,
        add: Callable[[int, Callable[[], None]], None],
        remove: Callable[[int], bool],
    ) -> None:
        """Wait until the descriptor can be read or written, or is closed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        fd = self._fd

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        add(fd, wake)
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
            # After `close` the number may belong to another file.
            if self._fd == fd:
                remove(fd)


def open_port(path: str, baud: int) -> int:
    """Open a serial port or pseudo-terminal and return its descriptor, non-blocking and locked.

    baud: bits a second. Raises TransportError.
    """
    speed = _speed(path, baud)
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TransportError(_explain_open(path, error)) from error
    try:
        _set_up(path, fd, speed)
    except BaseException:
        os.close(fd)
        raise
    return fd


def set_speed(path: str, fd: int, baud: int) -> None:
    """Change the speed of an open port, once what was written has gone out.

    Raises TransportError.
    """
    speed = _speed(path, baud)
    try:
        mode = termios.tcgetattr(fd)
        mode[4] = mode[5] = speed
        termios.tcsetattr(fd, termios.TCSADRAIN, mode)
    except termios.error as error:
        raise TransportError(
            f"{path}: the port refuses {baud} baud ({error.args[-1]}): take a lower speed"
        ) from error


def _speed(path: str, baud: int) -> int:
    speed: int | None = getattr(termios, f"B{baud}", None)
    if baud <= 0 or speed is None:
        raise TransportError(
            f"{path}: {baud} baud is not a speed of this system's serial ports: "
            "take a usual one, such as 115200 or 1000000"
        )
    return speed


def _set_up(path: str, fd: int, speed: int) -> None:
    if not os.isatty(fd):
        raise TransportError(
            f"{path}: not a terminal: expected a serial port such as /dev/ttyUSB0 or the "
            "pseudo-terminal that a node prints when it starts"
        )
    try:
        # Not TIOCEXCL: it does not stop root, and outlives us while the node holds the port.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TransportError(
            f"{path}: in use by another client: a node's line takes one at a time; "
            "close the other or use another node"
        ) from error
    try:
        tty.setraw(fd, termios.TCSANOW)
        mode = termios.tcgetattr(fd)
        mode[2] |= termios.CLOCAL | termios.CREAD
        mode[2] &= ~(termios.CRTSCTS | termios.CSTOPB | termios.PARENB)
        mode[4] = mode[5] = speed
        termios.tcsetattr(fd, termios.TCSANOW, mode)
    except termios.error as error:
        raise TransportError(
            f"{path}: the port refuses raw mode at this speed ({error.args[-1]}): "
            "try 115200 baud, and see that the device is a serial port"
        ) from error


def _explain_open(path: str, error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"{path}: no such port: plug the board in or start the node, then see its path"
    if error.errno == errno.EACCES:
        return (
            f"{path}: not allowed to read and write it: join the group that owns the port "
            "(often dialout) and log in again, or ask for its rights"
        )
    if error.errno == errno.EBUSY:
        return f"{path}: in use by another program: close that, such as a terminal program"
    if error.errno == errno.EISDIR:
        return f"{path}: a folder: expected a serial port such as /dev/ttyUSB0"
    return (
        f"{path}: cannot be opened ({error.strerror}): expected a serial port or a "
        "pseudo-terminal; see that the node is still there"
    )


class Tcp:
    """A TCP connection, to a simulator or a serial server."""

    def __init__(
        self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take an open connection; `open` is the way to get one."""
        self.name = name
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int, timeout_s: float = 10.0) -> Self:
        """Connect to a port of a host, name or address; raises TransportError."""
        name = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(host, port)
        except TimeoutError as error:
            raise TransportError(
                f"{name}: no answer in {timeout_s:g} s: see that the host is on and reachable"
            ) from error
        except ConnectionRefusedError as error:
            raise TransportError(
                f"{name}: nothing listens there: start the node, then see its port"
            ) from error
        except OSError as error:
            raise TransportError(
                f"{name}: cannot be reached ({error.strerror or error}): see the host's name"
            ) from error
        return cls(name, reader, writer)

    async def read(self) -> bytes:
        try:
            return await self._reader.read(READ_SIZE)
        except OSError:
            return b""  # a connection that was reset has ended as well

    async def write(self, data: bytes) -> None:
        try:
            if self._writer.is_closing() or self._reader.at_eof():
                raise ConnectionResetError
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise TransportError(
                f"{self.name}: the connection has ended: see that the node runs, then open it again"
            ) from error

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
