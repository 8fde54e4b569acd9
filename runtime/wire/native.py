"""What the firmware has of this package in C; None elsewhere.

The Python beside it is the definition: both give the same bytes, and for whatever is wrong the C
gives None, so that it is Python that says what.
"""

try:
    import _wire as in_c
except ImportError:
    in_c = None

native = in_c
