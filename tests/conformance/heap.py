"""The firmware's node, which writes down what it takes whenever it is asked for its status.

    micropython tests/conformance/heap.py DEVICE PLACES operator=ID OUT

A line each time: requests so far, bytes of the collected heap in use, and of the store beside it.
"""

import gc
import sys

from firmware.node import main, serve
from runtime.node.node import Node


class Measured(Node):
    """A node that counts its requests."""

    asked = 0

    def submit(self, method, params, reply):
        self.asked += 1
        if method == "status":
            gc.collect()
            with open(OUT, "a") as out:
                print(self.asked, gc.mem_alloc(), self.store._ram.used(), file=out)
        Node.submit(self, method, params, reply)


if __name__ == "__main__":
    OUT = sys.argv.pop()
    serve.Node = Measured
    sys.exit(main.main())
