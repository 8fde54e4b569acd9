"""A program that gives a sign of life once, and then hangs."""

import board

board.write(b"going to hang\n")
board.wait(1, False)
while True:
    pass
