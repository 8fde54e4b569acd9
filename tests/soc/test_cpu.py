"""The CPU's Verilog with wider caches; `soc/software/tests/caches.c` runs on it."""

import re
import subprocess
from pathlib import Path

import pytest
from litex.soc.cores.cpu.vexriscv.core import CPU_VARIANTS
from pythondata_cpu_vexriscv import data_location

from soc.cpu import CACHE_BYTES, verilog, widened

WIDENED = ("full", "imac", "secure", "standard", "full+debug")
SIZES = [4096 << bits for bits in range(5)]


def prebuilt(variant: str) -> str:
    """VexRiscv's Verilog as it came."""
    return Path(data_location, f"{CPU_VARIANTS[variant]}.v").read_text()


@pytest.mark.parametrize("variant", WIDENED)
def test_the_size_that_the_caches_have_changes_nothing(variant: str) -> None:
    assert widened(prebuilt(variant), 4096) == prebuilt(variant)


@pytest.mark.parametrize("variant", WIDENED)
@pytest.mark.parametrize("size", SIZES)
def test_a_cache_holds_as_many_bytes_as_was_asked(variant: str, size: int) -> None:
    text = widened(prebuilt(variant), size)
    words, parts = f"banks_0 [0:{size // 4 - 1}]", f"ways_0_data_symbol3 [0:{size // 4 - 1}]"
    tags = f"ways_0_tags [0:{size // 32 - 1}]"
    assert (text.count(words), text.count(parts), text.count(tags)) == (1, 1, 2)


@pytest.mark.parametrize("size", SIZES)
def test_no_width_differs_that_did_not_before(size: int, tmp_path: Path) -> None:
    def warnings(text: str) -> list[str]:
        file = tmp_path / "cpu.v"
        file.write_text(text)
        command = ["verilator", "--lint-only", "-Wwarn-WIDTH", "-Wno-fatal", file]
        done = subprocess.run(command, capture_output=True, text=True)
        assert "%Error" not in done.stderr
        return re.findall(r"%Warning-WIDTH: [^ ]*: (.*)", done.stderr)

    assert warnings(widened(prebuilt("full"), size)) == warnings(prebuilt("full"))


def test_what_has_no_such_caches_stays_as_it_is() -> None:
    for variant in ("minimal", "lite", "linux"):
        assert verilog(variant).read_text() == prebuilt(variant)
    assert verilog("full").read_text() == widened(prebuilt("full"), CACHE_BYTES)


def test_a_variant_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no variant 'fast' of VexRiscv: expected one of minimal"):
        verilog("fast")


@pytest.mark.parametrize("size", [0, 2048, 5000])
def test_a_size_that_no_cache_has_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"a cache of {size} bytes: expected 4096"):
        widened(prebuilt("full"), size)


def test_verilog_that_is_not_as_expected_is_refused() -> None:
    other = prebuilt("full").replace("[0:1023]", "[0:2047]")
    with pytest.raises(ValueError, match=r"has no '\[0:1023\]' in a cache"):
        widened(other, CACHE_BYTES)
