"""Boards: reports within their budgets, of the gateware that is here, and the command line."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from migen.fhdl.verilog import convert

from soc.boards import report as reports
from soc.boards.build import BUILD, measurement
from soc.boards.catalogue import BOARDS
from soc.boards.rom import ROM_BYTES, packed, rom
from soc.boards.tools import ToolError, logic_cells, tool
from soc.gateware.entropy.noise import RING_LENGTHS, RingOscillators

ROOT = Path(__file__).parents[3]
every_board = pytest.mark.parametrize("name", BOARDS)


def optin(*words):
    """Run `optin board ...`; returns (exit status, output, errors)."""
    done = subprocess.run(
        [sys.executable, "-m", "runtime.host.cli", "board", *words],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


# Boards that differ in the size of their FPGA have the same Verilog.
SAME = {"ulx3s_85f": "ulx3s_45f", "arty_a7_100t": "arty_a7_35t"}


@every_board
def test_the_last_report_is_of_the_gateware_that_is_here(name):
    last = reports.read(BOARDS[name])
    assert last.device == BOARDS[name].device.name
    assert last.placed == (BOARDS[name].device.family == "ecp5")
    if name in SAME:
        assert last.measurement == reports.read(BOARDS[SAME[name]]).measurement
    else:
        assert last.measurement == measurement(BOARDS[name]), "run: make bitstream"


@every_board
def test_the_last_report_is_within_its_budget(name):
    assert reports.over_budget(reports.read(BOARDS[name])) == []


@every_board
def test_a_report_reads_as_it_was_written_for_people_too(name):
    board = BOARDS[name]
    assert (reports.REPORTS / f"{name}.md").read_text() == reports.read(board).markdown(board)


def test_what_is_beyond_its_budget_is_named():
    last = reports.read(BOARDS["ulx3s_45f"])
    small = replace(last, fmax_mhz=50.0, used=dict.fromkeys(last.used, 1))
    assert reports.over_budget(small) == []
    slow = replace(small, fmax_mhz=49.9)
    assert reports.over_budget(slow) == ["ulx3s_45f: 49.9 MHz, expected 50 at least"]
    large = replace(small, used={**small.used, "block_ram": 100})
    assert reports.over_budget(large) == ["ulx3s_45f: 100 block ram, expected 60 at most"]
    assert reports.over_budget(replace(small, fmax_mhz=None))


@pytest.mark.parametrize(
    ("family", "command", "cell"),
    [("ecp5", "synth_ecp5 -nowidelut", "LUT4"), ("artix", "synth_xilinx -family xc7", "LUT1")],
)
def test_synthesis_keeps_every_inverter_of_the_rings(family, command, cell, tmp_path):
    rings = RingOscillators(family)
    (tmp_path / "top.v").write_text(convert(rings, {rings.noise}, name="top").main_source)
    script = f"read_verilog top.v; {command} -top top; check -assert; tee -o cells stat -json"
    tool("yosys", "-q", "-p", script, folder=tmp_path)
    cells = json.loads((tmp_path / "cells").read_text())["design"]["num_cells_by_type"]
    assert cells[cell] >= sum(RING_LENGTHS)


def test_cells_are_counted_by_what_they_take():
    ecp5 = {"LUT4": 10, "CCU2C": 3, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 7, "DP16KD": 4}
    assert logic_cells(ecp5, "ecp5") == {
        "logic": 24, "flip_flops": 7, "block_ram": 4, "multipliers": 0,
    }  # fmt: skip
    artix = {"LUT6": 5, "LUT2": 1, "RAM32M": 2, "FDRE": 3, "FDSE": 1, "FDRE_1": 1}
    artix |= {"RAMB18E1": 3, "RAMB36E1": 1, "DSP48E1": 4, "MUXF7": 9}
    assert logic_cells(artix, "artix") == {
        "logic": 14, "flip_flops": 5, "block_ram": 3, "multipliers": 4,
    }  # fmt: skip


def test_a_tool_that_fails_shows_the_end_of_its_log(tmp_path):
    with pytest.raises(ToolError, match="nothing.v"):
        tool("yosys", "-p", "read_verilog nothing.v", folder=tmp_path)
    with pytest.raises(ToolError, match=r"yowasp-nothing is missing; pip install"):
        tool("nothing", folder=tmp_path)


@pytest.mark.parametrize("name", ["ulx3s_45f", "arty_a7_35t"])
def test_the_boot_rom_wakes_the_memory_and_knows_where_its_firmware_is(name):
    board = BOARDS[name]
    words = rom(board)
    assert len(words) == ROM_BYTES // 4
    image = struct.pack(f"<{len(words)}I", *words)
    for text in (b"no firmware in the flash", b"firmware is damaged", b"main RAM does not answer"):
        assert text in image
    other = replace(board, firmware_at=board.firmware_at + 0x1_0000)
    assert rom(other) != words
    assert rom(replace(board, title="the same")) == words


def test_a_firmware_is_packed_with_its_length_and_checksum():
    assert packed(b"123456789") == b"optn" + bytes.fromhex("09000000 2639f4cb") + b"123456789"


def test_boards_are_listed():
    status, output, _ = optin("list")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines()] == list(BOARDS)
    assert list(json.loads(optin("list", "--json")[1])) == list(BOARDS)


def test_a_report_is_printed():
    status, output, errors = optin("report", "ulx3s_45f")
    beyond = reports.over_budget(reports.read(BOARDS["ulx3s_45f"]))
    assert output == (reports.REPORTS / "ulx3s_45f.md").read_text()
    assert status == bool(beyond)
    assert all(line in errors for line in beyond)
    made = json.loads(optin("report", "ulx3s_45f", "--json")[1])
    assert made["ulx3s_45f"] == json.loads((reports.REPORTS / "ulx3s_45f.json").read_text())


def test_an_unknown_board_is_named_with_those_there_are():
    status, _, errors = optin("report", "ulx4m")
    assert status == 1
    assert "no board 'ulx4m'" in errors
    assert "ulx3s_45f" in errors


def test_flashing_says_what_is_to_be_made_first():
    if (BUILD / "arty_a7_100t/optin.bit").exists():
        pytest.skip("Vivado was here")
    status, _, errors = optin("flash", "arty_a7_100t")
    assert status == 1
    assert "optin board build arty_a7_100t" in errors
    assert "vivado -mode batch" in errors
