"""The firmware's node, whose signing fails with the key in the text of the exception."""

import os
import sys

from firmware.node import main
from firmware.node.crypto import Crypto
from runtime.node.entropy import Entropy
from runtime.node.health import SYSTEM


class Dying(Crypto):
    """Cryptography that cannot sign."""

    def sign(self, seed, purpose, message):
        raise RuntimeError("no signature under " + seed.hex())


sys.exit(main.main(Dying(Entropy(os.urandom, SYSTEM))))
