"""The ports for CPython and the software node's main."""
