"""The firmware's node; its memory is full from its first new field until it is asked its status."""

import board
from ramstore import RamStore

from firmware.node import serve
from firmware.node.board import main, prepare
from runtime.node.node import Node
from runtime.wire.errors import StorageFailed

PIECES = [65536 >> step for step in range(12)]  # bytes


class Crowded(Node):
    """A node with something else in its memory."""

    taken = None
    pieces = 0

    def submit(self, method, params, reply):
        if method == "define_field" and not self.pieces:
            self._fill()
        elif method == "status" and self.taken:
            # One by one: what is dropped can be taken back, and that needs memory, until a commit.
            for number in range(self.pieces):
                self.taken.drop("piece", number.to_bytes(4, "big"))
                self.taken.commit()
            self.taken = None
        Node.submit(self, method, params, reply)

    def _fill(self):
        self.taken = RamStore(StorageFailed)
        for size in PIECES:
            piece = bytes(size)
            try:
                while True:
                    self.taken.put("piece", self.pieces.to_bytes(4, "big"), piece)
                    self.taken.commit()
                    self.pieces += 1
            except StorageFailed:
                self.taken.rollback()


serve.Node = Crowded
measurement = prepare()
board.prepared()
main(measurement)
board.reset()
