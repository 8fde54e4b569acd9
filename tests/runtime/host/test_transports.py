"""Transports on real pseudo-terminals and loopback TCP."""

import asyncio
import os
import socket
import termios
import tty
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.host.transports import SerialPort, Tcp, Transport, TransportError, open_transport

ALL_BYTES = bytes(range(256))


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; a test that hangs fails instead."""

    async def limited() -> None:
        async with asyncio.timeout(20):
            await work

    asyncio.run(limited())


async def read_exactly(transport: Transport, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await transport.read()
        assert piece, f"the line ended after {len(data)} of {count} bytes"
        data += piece
    return data


class Terminal:
    """A pseudo-terminal; `master` is the node's side, `path` the client's."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        self.path = os.ttyname(slave)
        tty.setraw(slave)
        os.close(slave)

    def close(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_every_byte_value_passes_a_terminal_unchanged(terminal: Terminal) -> None:
    async def work() -> None:
        port = await open_transport(terminal.path)
        assert port.name == terminal.path
        os.write(terminal.master, ALL_BYTES)
        assert await read_exactly(port, 256) == ALL_BYTES
        await port.write(ALL_BYTES)
        assert os.read(terminal.master, 1000) == ALL_BYTES
        await port.close()

    run(work())


def test_a_terminal_is_made_raw_at_the_speed_asked_for(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path, 1_000_000)
        _, oflag, cflag, lflag, _, speed, _ = termios.tcgetattr(terminal.master)
        assert not lflag & (termios.ECHO | termios.ICANON | termios.ISIG)
        assert not oflag & termios.OPOST
        assert not cflag & termios.CRTSCTS
        assert speed == termios.B1000000
        await port.close()

    run(work())


def test_a_write_waits_until_a_slow_reader_has_taken_it(terminal: Terminal) -> None:
    data = ALL_BYTES * 1000

    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        writing = asyncio.create_task(port.write(data))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not writing.done()
        os.set_blocking(terminal.master, False)
        taken = bytearray()
        while len(taken) < len(data):
            try:
                taken += os.read(terminal.master, 4096)
            except BlockingIOError:
                await asyncio.sleep(0)
        await writing
        assert taken == data
        await port.close()

    run(work())


def test_reading_and_writing_go_on_at_once(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        reading = asyncio.create_task(port.read())
        await asyncio.sleep(0)
        await port.write(b"there")
        assert os.read(terminal.master, 100) == b"there"
        os.write(terminal.master, b"back")
        assert await reading == b"back"
        await port.close()

    run(work())


def test_a_terminal_whose_node_went_away_ends(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        reading = asyncio.create_task(port.read())
        await asyncio.sleep(0)
        terminal.close()
        assert await reading == b""
        with pytest.raises(TransportError, match="the line broke.*open it again"):
            await port.write(b"x")
        await port.close()

    run(work())


def test_closing_ends_a_waiting_read(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        reading = asyncio.create_task(port.read())
        await asyncio.sleep(0)
        await port.close()
        await port.close()
        assert await reading == b""
        assert await port.read() == b""
        with pytest.raises(TransportError, match="closed"):
            await port.write(b"x")

    run(work())


def test_closing_ends_a_waiting_write(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        writing = asyncio.create_task(port.write(ALL_BYTES * 1000))
        await asyncio.sleep(0)
        await port.close()
        with pytest.raises(TransportError, match="closed"):
            await writing

    run(work())


def test_a_second_client_on_one_line_is_told_so(terminal: Terminal) -> None:
    async def work() -> None:
        port = await SerialPort.open(terminal.path)
        with pytest.raises(TransportError, match="in use by another client"):
            await SerialPort.open(terminal.path)
        await port.close()
        await (await SerialPort.open(terminal.path)).close()

    run(work())


def expect_refusal(address: str, *words: str) -> None:
    async def work() -> None:
        with pytest.raises(TransportError) as caught:
            await open_transport(address)
        for word in (address, *words):
            assert word in str(caught.value)

    run(work())


def test_what_is_not_there_or_no_terminal_is_named(tmp_path: Path) -> None:
    expect_refusal(str(tmp_path / "ttyNone"), "no such port", "start the node")
    plain = tmp_path / "file"
    plain.write_bytes(b"")
    expect_refusal(str(plain), "not a terminal", "expected a serial port")
    expect_refusal(str(tmp_path), "a folder", "expected a serial port")


@pytest.mark.parametrize(
    ("number", "words"),
    [(13, "not allowed"), (16, "another program"), (5, "cannot be opened")],
)
def test_each_refusal_of_the_system_is_explained(
    number: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr("runtime.host.transports.os.open", refuse)
        expect_refusal("/dev/ttyUSB7", words)


def test_a_speed_that_does_not_exist_is_refused(terminal: Terminal) -> None:
    async def work() -> None:
        for baud in (12345, 0, -1):
            with pytest.raises(TransportError, match="not a speed.*115200"):
                await SerialPort.open(terminal.path, baud)

    run(work())


@pytest.mark.parametrize(
    "address",
    ["http://host:1", "tcp://", "tcp://host", "tcp://:80", "tcp://host:port", "tcp://host:99999"],
)
def test_a_malformed_address_is_refused_with_an_example(address: str) -> None:
    expect_refusal(address, "expected tcp://host:port")


def test_nobody_listening_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        expect_refusal(f"tcp://127.0.0.1:{unused.getsockname()[1]}", "nothing listens")


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def with_server(serve: Serve, client: Callable[[Tcp], Coroutine[Any, Any, None]]) -> None:
    async def work() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = await open_transport(f"tcp://127.0.0.1:{port}")
        assert isinstance(transport, Tcp)
        assert transport.name == f"tcp://127.0.0.1:{port}"
        await client(transport)
        await transport.close()
        server.close()

    run(work())


def test_bytes_pass_tcp_both_ways_under_back_pressure() -> None:
    data = ALL_BYTES * 20_000

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(10_000):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def client(transport: Tcp) -> None:
        reading = asyncio.create_task(read_exactly(transport, len(data)))
        await transport.write(data)
        assert await reading == data

    with_server(echo, client)


def test_a_tcp_connection_that_the_node_closes_ends() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def client(transport: Tcp) -> None:
        assert await transport.read() == b""
        with pytest.raises(TransportError, match="has ended"):
            await transport.write(b"x")

    with_server(hang_up, client)


def test_closing_ends_a_waiting_read_of_tcp() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def client(transport: Tcp) -> None:
        reading = asyncio.create_task(transport.read())
        await asyncio.sleep(0)
        await transport.close()
        assert await reading == b""
        with pytest.raises(TransportError, match="has ended"):
            await transport.write(b"x")

    with_server(listen, client)
