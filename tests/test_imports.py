"""Imports point one way: a table of who may import whom, held against the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each layer and what it may import of the project, beside itself.
MAY_IMPORT = {
    "actors": {"runtime.actor"},
    "runtime.wire": set(),
    "runtime.actor": {"runtime.wire"},
    "runtime.node": {"runtime.actor", "runtime.wire"},
    "runtime.host": {"runtime.wire"},
    # Composes the software node; the crypto port on `cryptography` is the host tools' too, as is
    # what forbids dumps.
    "runtime.cpython": {
        "actors", "runtime.actor", "runtime.node", "runtime.wire", "runtime.host.crypto",
        "runtime.host.dumps",
    },
    "firmware": set(),
    # Builds into the same cache; the C that runs on the system is the firmware's.
    "soc": {"firmware"},
    # Composes the firmware's node.
    "firmware.node": {"actors", "runtime.actor", "runtime.node", "runtime.wire"},
}  # fmt: skip
PROJECT = ("actors", "runtime", "firmware", "soc", "tests")

# What portable code may import from outside: there on CPython and on MicroPython.
PORTABLE = ("actors", "runtime.actor", "runtime.node", "runtime.wire")
PORTABLE_OUTSIDE = {"binascii", "cobs", "collections", "hashlib", "msgpack", "pykka", "struct"}
# The board's entry point.
BOOT = ROOT / "firmware/port/boot.py"
# What the firmware has in C of it, and the one file that looks for it.
NATIVE = {"_wire": ROOT / "runtime/wire/native.py"}


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports; names of `from x import y` as x.y."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # firmware/pykka is also imported as plain `pykka`
                assert "firmware" in path.parts, f"{path}: relative import"
                continue
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(layer: str) -> list[Path]:
    """Files of a layer, without those of another within it."""
    inner = [other for other in MAY_IMPORT if other.startswith(layer + ".")]
    found = sorted((ROOT / layer.replace(".", "/")).rglob("*.py"))
    apart = {ROOT / other.replace(".", "/") for other in inner}
    return [path for path in found if not apart & set(path.parents)]


def is_in(module: str, layer: str) -> bool:
    return module == layer or module.startswith(layer + ".")


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_the_layers_below_it(layer: str) -> None:
    assert files(layer)
    for path in files(layer):
        for module in imports(path):
            if module.split(".")[0] not in PROJECT or is_in(module, layer):
                continue
            allowed = any(is_in(module, other) for other in MAY_IMPORT[layer])
            assert allowed, f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("layer", PORTABLE)
def test_portable_code_imports_only_what_both_pythons_have(layer: str) -> None:
    for path in files(layer):
        for module in imports(path):
            top = module.split(".")[0]
            known = top in PROJECT or top in PORTABLE_OUTSIDE or NATIVE.get(top) == path
            assert known, f"{path.relative_to(ROOT)} imports {module}"


def test_nothing_but_entry_points_and_tests_imports_a_composed_node() -> None:
    for layer in MAY_IMPORT:
        if layer in ("runtime.cpython", "firmware.node"):
            continue
        for path in files(layer):
            if path == BOOT:
                continue
            for module in imports(path):
                assert not is_in(module, "runtime.cpython"), path
                assert not is_in(module, "firmware.node"), path
