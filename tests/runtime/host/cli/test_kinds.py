"""What `optin` becomes to run each kind of node."""

from __future__ import annotations

import os
import sys

import pytest
from click.testing import CliRunner

from runtime.host.cli import cli, kinds

BUILT = {
    "soc.sim": ["/cache/firmware/firmware.bin"],
    "firmware.micropython": ["/cache/micropython", "/cache/mpy-cross"],
}


class Became(Exception):
    """Where a process would be replaced."""


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was built, in order; this process stays what it is."""
    asked: list[tuple[str, ...]] = []

    def build(what: str, *words: str) -> list[str]:
        asked.append(words)
        return BUILT[words[0]]

    def execv(program: str, words: list[str]) -> None:
        raise Became(*words)

    monkeypatch.setattr(kinds, "_built", build)
    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("MICROPYPATH", "")
    return asked


def became(line: str) -> list[str]:
    """Words of the process that takes the place of `optin LINE`, without the interpreter."""
    result = CliRunner().invoke(cli, line.split())
    assert isinstance(result.exception, Became), result.output
    interpreter, *words = result.exception.args
    assert interpreter == sys.executable
    return words


def test_a_simulated_node_gets_the_options_that_were_given(built: list[tuple[str, ...]]) -> None:
    words = became(
        "sim run --memory sdram --fast --engines hash --flash-fast --paced --seed 7 "
        "--time 2027-03-01T12:00 --control 0 /n"
    )
    gateware = ["--memory", "sdram", "--fast"]
    assert built == [("soc.sim", "firmware", *gateware, "--engines", "hash")]
    assert words[:4] == ["-m", "runtime.host.keeper", "--simulator", "/n"]
    assert words[4:] == [
        sys.executable, "-m", "soc.sim", "run", *gateware,
        "--seed", "7", "--time", "1803902400000000000", "--control", "0",
        "--flash-fast", "--paced",
        "--uart", "0", "--flash", "{device}/flash", "/cache/firmware/firmware.bin",
    ]  # fmt: skip


def test_the_simulator_knows_all_of_these_options(
    built: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = pytest.importorskip("soc.sim.__main__")._parser()
    words = became("sim run --fast --flash-fast --paced --seed 7 --time now --control 0 /n")
    options = parser.parse_args(words[words.index("run") :])
    assert options.fast and options.flash_fast and options.paced
    assert (options.uart, options.control, options.seed) == (0, 0, 7)


def test_a_simulated_node_has_other_noise_each_time_unless_a_seed_is_given(
    built: list[tuple[str, ...]],
) -> None:
    for line in ("sim run /n", "node run --kind sim /n"):
        words = became(line)
        assert words[words.index("--seed") + 1] == "{seed}"


def test_a_board_is_attached_at_the_usual_speed_unless_another_is_given(
    built: list[tuple[str, ...]],
) -> None:
    keeper = ["-m", "runtime.host.keeper", "--serial", "/dev/ttyUSB0", "--baud"]
    assert became("node attach /dev/ttyUSB0 /n") == [*keeper, "115200", "/n"]
    fast = became("node attach --baud 2000000 /dev/ttyUSB0 /n")
    assert fast == [*keeper, "2000000", "/n"]
    assert not built


@pytest.mark.parametrize("line", ["node run /n", "sim run /n", "node attach /dev/ttyUSB0 /n"])
def test_what_runs_until_it_is_stopped_has_no_json(line: str) -> None:
    result = CliRunner().invoke(cli, [*line.split(), "--json"])
    assert result.exit_code == 1
    assert "a running node has no JSON" in result.output


def test_a_speed_that_no_board_has_is_refused() -> None:
    result = CliRunner().invoke(cli, ["node", "attach", "--baud", "9600", "/dev/ttyUSB0", "/n"])
    assert result.exit_code == 2
    assert "115200" in result.output


def test_what_does_not_build_is_an_error_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    result = CliRunner().invoke(cli, ["sim", "run", str(tmp_path)])
    assert result.exit_code == 1
    assert "there is no firmware to run the node on" in result.output
