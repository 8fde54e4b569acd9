"""`python -m firmware.port`: build the node's firmware for the system, print where its image is."""

import argparse
import sys
from pathlib import Path

from firmware.engines import CONFIGURATIONS
from firmware.micropython import ToolchainError
from firmware.port.build import FIRMWARE_AT, image


def main(arguments: list[str] | None = None) -> int:
    """Obey the command line.

    Args:
        arguments: those of the command line

    Returns:
        the exit status
    """
    parser = argparse.ArgumentParser(prog="python -m firmware.port", description=__doc__)
    parser.add_argument(
        "headers", type=Path, nargs="+", metavar="FOLDER",
        help="of the system's headers: generated/csr.h, then those that it includes",
    )  # fmt: skip
    parser.add_argument("--engines", choices=tuple(CONFIGURATIONS), default="all")
    parser.add_argument(
        "--firmware-at", type=lambda text: int(text, 0), default=FIRMWARE_AT, metavar="ADDRESS",
        help=f"where the firmware begins in the flash ({FIRMWARE_AT:#x})",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    headers, *includes = options.headers
    try:
        print(image(headers, tuple(includes), options.engines, options.firmware_at))
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
