"""Working memory of every operation, measured, is what the README says."""

import re
import subprocess
from pathlib import Path

import pytest

from firmware.crypto.build import FOLDER, PROGRAM, WARNINGS, build, sources

HERE = Path(__file__).parent
FRAME = 1536  # bytes that a single function may take of the stack


@pytest.fixture(scope="module")
def measured():
    program = build("memory", PROGRAM, [HERE / "memory.c"])
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {name: (int(memory), int(stack)) for name, memory, stack in
            (line.split("\t") for line in printed.splitlines())}  # fmt: skip


def stated():
    rows = re.findall(r"^\| `?([^|`]+?)`? \| ([\d,]+) \| ([\d,]+) \|", README, re.MULTILINE)
    return {name: (number(memory), number(stack)) for name, memory, stack in rows}


def number(text):
    return int(text.replace(",", ""))


README = (FOLDER / "README.md").read_text()


def test_memory_is_what_the_readme_says_and_the_stack_no_more(measured):
    told = stated()
    assert told.keys() == measured.keys()
    for name, (memory, stack) in measured.items():
        assert told[name][0] == memory, name
        assert stack <= told[name][1] <= 2 * stack + 256, (name, stack)


def test_signing_takes_less_than_64_kib_with_its_stack(measured):
    assert sum(measured["mldsa_sign"]) < 65536


def test_no_function_has_a_large_frame_or_one_of_unknown_size(tmp_path):
    for source in sources():
        subprocess.run(
            ["gcc", *WARNINGS, "-O2", f"-Wstack-usage={FRAME}", "-c", "-o", tmp_path / "o", source],
            check=True,
        )
