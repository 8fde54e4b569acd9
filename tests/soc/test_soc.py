"""The system: what is generated of it is fresh, and it measures equal where it is equal."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from soc import docs
from soc.sim.system import make
from soc.soc import CORES, measurement

PRINT = """
from soc.sim.system import make
from soc.soc import measurement
print(measurement(make))
"""


@pytest.mark.parametrize(
    "path,text", docs.documents().items(), ids=lambda value: value.parent.name
    if isinstance(value, Path) else "",
)  # fmt: skip
def test_a_readme_has_the_registers_and_addresses_that_there_are(path: Path, text: str) -> None:
    assert path.read_text() == text, "run: python -m soc.docs"


def test_every_core_has_its_registers_and_its_interrupt_in_the_system() -> None:
    _, system = make(0)
    system.finalize()
    assert set(CORES) <= set(system.csr.regions)
    assert set(CORES) - set(system.irq.locs) == {"uptime"}
    assert system.bus.regions["ntt_window"].origin >= 0x8000_0000  # the CPU does not cache it


def test_another_process_with_another_order_of_sets_measures_the_same() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout.splitlines()[-1]) == measurement(make)


def test_another_system_measures_another_value() -> None:
    values = {
        measurement(partial(make, variant=variant, memory=memory, cores=cores))
        for variant, memory, cores in (
            ("full", "block", None), ("secure", "block", None), ("full", "sdram", None),
            ("full", "block", ("uptime",)),
        )
    }  # fmt: skip
    assert len(values) == 4


def test_a_core_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no core \['warp'\]: expected some of \['keccak', "):
        make(0, cores=("warp",))
