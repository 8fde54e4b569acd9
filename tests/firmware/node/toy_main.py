"""TOY CRYPTOGRAPHY, FOR TESTS OF THE PLUMBING: the node with crypto that protects nothing.

It takes every signature for valid, so that commands of real keys go through.
"""

import sys

from firmware.node.main import main
from tests.portable.toy_crypto import ToyCrypto


class Trusting(ToyCrypto):
    """Toy crypto that believes everybody."""

    def verify(self, public_key, purpose, message, signature):
        return True


if __name__ == "__main__":
    sys.exit(main(Trusting()))
