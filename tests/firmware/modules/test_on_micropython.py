"""Tests that run on MicroPython, where the modules are."""

import pytest

from tests.firmware.modules.conftest import FOLDER, ROOT

RUNNER = ROOT / "tests/portable/run.py"
# test_world.py runs that of the world.
FILES = sorted(set((FOLDER / "on_micropython").glob("*.py")) - {FOLDER / "on_micropython/world.py"})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_on_micropython(file, micropython):
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    lines = micropython(RUNNER, arguments=[name])
    print("\n".join(lines))
    assert lines[-1].endswith(" passed, 0 failed") and not lines[-1].startswith("0 ")
