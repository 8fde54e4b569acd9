"""The simulator itself: equal runs, the line, the control socket, the flash and a power failure."""

import random
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from soc.sim.build import build
from soc.software.build import image

PROGRAMS = Path(__file__).parent / "programs"
SECTOR, PAGE = 4096, 256
POWER_CUT = 125


def command(program: str, *options: object) -> list[str]:
    """Words that run a program of this folder, on the system without cores."""
    made = image(program, [PROGRAMS / f"{program}.c"], build(cores=()).headers)
    words = [sys.executable, "-m", "soc.sim", "run", "--cores", "", made, *options]
    return [str(word) for word in words]


def run(program: str, *options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(program, *options), capture_output=True, text=True)


def port(process: subprocess.Popen[str], name: str) -> int:
    """Where a simulator listens, as it says."""
    assert process.stderr
    found = re.match(rf"{name} tcp://127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found
    return int(found[1])


def cycles(text: str) -> int:
    found = re.search(r"^(\d+) cycles", text, re.MULTILINE)
    assert found, text
    return int(found[1])


def test_equal_runs_take_equal_cycles_and_end_with_the_firmwares_exit_status(
    tmp_path: Path,
) -> None:
    script = tmp_path / "script"
    script.write_text("500 uart 68656c6c6f  # hello\n30000 uart 00\n")
    first, second = (run("echo", "--script", script, "--max-cycles", 1000000) for _ in range(2))
    assert (first.returncode, first.stdout) == (42, "hello")
    assert cycles(first.stderr) == cycles(second.stderr) > 30000


def test_the_line_loses_nothing_when_its_reader_is_slow() -> None:
    sent = bytes(random.Random(1).randrange(1, 256) for _ in range(20_000))
    words = command("echo", "--uart", 0)
    with (
        subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sim,
        socket.create_connection(("127.0.0.1", port(sim, "uart"))) as line,
    ):
        got = bytearray()
        for at in range(0, len(sent), 5000):  # more than any buffer on the way holds
            line.sendall(sent[at : at + 5000])
            while len(got) < at:
                got += line.recv(100)
        while len(got) < len(sent):
            got += line.recv(4096)
        line.sendall(b"\0")
        assert sim.wait(60) == 42
    assert bytes(got) == sent


def test_a_paused_simulation_runs_as_far_as_it_is_told() -> None:
    words = command("echo", "--control", 0, "--paused")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sim:
        with socket.create_connection(("127.0.0.1", port(sim, "control"))) as control:
            lines = control.makefile("rw")

            def ask(text: str) -> str:
                lines.write(text + "\n")
                lines.flush()
                return lines.readline().strip()

            assert ask("cycle") == "ok 0"
            assert ask("run 12345") == "ok 12345"
            while ask("cycle") != "ok 12345":
                pass
            assert ask("uart 4") == "error expected uart HEX, two digits a byte"
            assert ask("fly").startswith("error no command 'fly'; there are")
            assert ask("uart 6800") == "ok"
            assert ask("resume") == "ok"
            assert sim.wait(60) == 42
        assert sim.stdout
        assert sim.stdout.read() == "h"


def test_the_flash_is_kept_in_its_file(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    done = run("write_flash", "--flash", flash, "--flash-fast", "--max-cycles", 3_000_000)
    assert done.returncode == 0, done.stderr
    contents = flash.read_bytes()
    pages = b"".join(bytes([page + 1]) * PAGE for page in range(SECTOR // PAGE))
    assert contents[:SECTOR] == pages
    assert set(contents[SECTOR:]) == {0xFF}


def test_time_and_flash_are_what_they_were_made_at_the_start_or_later(tmp_path: Path) -> None:
    flash, script = tmp_path / "flash", tmp_path / "script"
    script.write_text("2000 uart 00\n")
    started = run("tell_time", "--time", 0x123456789ABCDEF, "--script", script)
    assert (started.returncode, started.stdout) == (0, "0123456789abcdef")
    script.write_text("1000 time 4660\n1000 flash 4094 c0ffee\n2000 uart 00\n")
    later = run("tell_time", "--flash", flash, "--script", script)
    assert (later.returncode, later.stdout) == (0, "0000000000001234")
    assert flash.read_bytes()[4092:4100].hex() == "ffffc0ffeeffffff"


@pytest.mark.parametrize(
    "line",
    [
        "flash 99999999 00",
        "flash x 00",
        "flash 0 0",
        "time",
        "seed -1",
        "button",
        "run",
        "flip main_ram",
        "flip main_ram 67108864",
        "spoil no_register 0",
        "nonsense",
    ],
)
def test_a_command_that_makes_no_sense_ends_the_script(line: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"1000 {line}\n")
    done = run("echo", "--script", script)
    assert done.returncode == 1
    assert "the script at cycle 1000: error" in done.stderr


def test_a_waveform_is_written_on_request(tmp_path: Path) -> None:
    trace = tmp_path / "trace.fst"
    done = run("echo", "--trace", trace, "--trace-to", 200, "--max-cycles", 300)
    assert done.returncode == 124
    assert trace.stat().st_size > 1000


@pytest.mark.parametrize("cut", random.Random(2).sample(range(2_300_000, 3_100_000), 3))
def test_a_power_failure_leaves_pages_whole_half_and_not_begun_in_their_order(
    tmp_path: Path, cut: int
) -> None:
    flash = tmp_path / "flash"
    flash.write_bytes(b"\xee" * 0x10000)
    done = run("write_flash", "--flash", flash, "--cut", cut)
    assert done.returncode == POWER_CUT
    contents = flash.read_bytes()[:SECTOR]
    told = [int(line) for line in done.stdout.split()]  # pages that firmware knows are done
    known = len(told) - 1  # the first line speaks of the erasure
    for page in range(SECTOR // PAGE):
        found = contents[page * PAGE : (page + 1) * PAGE]
        written = found.rstrip(b"\xff")
        assert written == bytes([page + 1]) * len(written)
        if page < known:
            assert len(written) == PAGE
        if page > known:
            assert written == b""


def test_half_an_erasure_is_the_first_half(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    flash.write_bytes(b"\xee" * 0x10000)
    done = run("write_flash", "--flash", flash, "--cut", 1_000_000)  # an erasure takes 2,250,000
    assert done.returncode == POWER_CUT
    contents = flash.read_bytes()
    erased = len(contents) - len(contents.lstrip(b"\xff"))
    assert 0 < erased < SECTOR
    assert contents == b"\xff" * erased + b"\xee" * (len(contents) - erased)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_bytes(b"x")
    odd = run("echo", "--flash", small)
    assert odd.returncode == 1
    assert "its size is not a power of two" in odd.stderr
    script = tmp_path / "script"
    script.write_text("uart 00\n")
    unclear = run("echo", "--script", script)
    assert unclear.returncode == 1
    assert f"line 1 of {script}: expected a cycle and a command" in unclear.stderr
    endless = run("echo", "--max-cycles", 1000)
    assert endless.returncode == 124


def test_without_verilator_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    words = [sys.executable, "-m", "soc.sim", "build"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "error: verilator is missing; install the Debian packages verilator, make and g++\n"
    )
