"""The firmware's node on CPython with the host's cryptography."""

import sys

from firmware.node.main import main
from runtime.host.crypto import Crypto

if __name__ == "__main__":
    sys.exit(main(Crypto()))
