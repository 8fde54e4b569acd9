"""What the firmware's nodes say they are made of, of what is built: for a list to publish.

Run it as `python -m firmware.measurement`; it prints the measurement of a `unix` node of this
version as JSON, building the program first if need be.
"""

import json
import sys
from hashlib import sha3_256
from pathlib import Path

from firmware.building import CommandFailed, run
from firmware.micropython import ToolchainError, ensure

__all__ = ["of_image", "of_program", "row"]

NM = "riscv64-unknown-elf-nm"
START = 0x4000_0000  # of main RAM


def of_program(program: Path) -> bytes:
    """What a `unix` node says of its program: SHA3-256 of the file."""
    return sha3_256(program.read_bytes()).digest()


def of_image(image: Path) -> bytes:
    """What a board says of its firmware: SHA3-256 of its code and constants in main RAM.

    Args:
        image: as `firmware.port.build.image` gives it; beside it lies the program with names

    Raises:
        ToolchainError: if the names cannot be read
    """
    try:
        named = run([NM, image.with_suffix(".elf")])
    except (CommandFailed, FileNotFoundError) as error:
        raise ToolchainError(f"{NM} cannot read {image.with_suffix('.elf')}: {error}") from None
    lines = [line.split() for line in named.splitlines()]
    places = {words[2]: int(words[0], 16) for words in lines if len(words) == 3}
    begin, end = (places[name] - START for name in ("code_constant", "code_end"))
    return sha3_256(image.read_bytes()[begin:end]).digest()


def row(name: str, digest: bytes, what: str) -> dict[str, str]:
    """A measurement as lists of what is published have it."""
    return {"name": name, "digest": digest.hex(), "what": what}


def main() -> int:
    """Print the measurement of a `unix` node; returns the exit status."""
    try:
        program = ensure(frozen=True).micropython
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps([row("program", of_program(program), "unix")]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
