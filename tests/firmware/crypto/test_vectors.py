"""NIST's vectors, in this process and under sanitizers."""

import pytest

from tests.firmware.crypto import acvp
from tests.firmware.crypto.material import vectors

FILES = [f"acvp_mldsa87_{name}" for name in acvp.MLDSA]
FILES += [f"acvp_mlkem1024_{name}" for name in acvp.MLKEM]


def failures(native, groups):
    return [
        (group["tgId"], test["tcId"], test.get("reason"))
        for group in groups
        for test in group["tests"]
        if not acvp.play(native, group, test)
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_vector_passes(name, library):
    assert failures(library, vectors(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_every_vector_passes_under_sanitizers(name, sanitized):
    assert failures(sanitized, vectors(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_vector_with_one_bit_changed_fails(name, library):
    result = {
        "keygen": ("pk", "ek"), "siggen": ("signature",), "sigver": ("testPassed",),
        "encapdecap": ("k", "testPassed"),
    }[name.split("_")[2]]  # fmt: skip
    for group in vectors(name):
        test = dict(group["tests"][0])
        for field in set(result) & set(test):
            if field == "testPassed":
                test[field] = not test[field]
            else:
                test[field] = f"{int(test[field][:2], 16) ^ 1:02X}" + test[field][2:]
        assert not acvp.play(library, group, test)
