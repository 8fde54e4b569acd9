"""The node on MicroPython."""
