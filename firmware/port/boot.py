"""What runs after reset: the node; a host that has said `stop` may find it anew."""

import board

from firmware.node.board import main, prepare

measurement = prepare()
board.prepared()
main(measurement)
board.reset()
