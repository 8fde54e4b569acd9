"""The model of the NTT engine against the firmware's C, which the engine replaces."""

import random
from struct import pack, unpack

from soc.gateware.ntt import model
from soc.gateware.ntt.model import COEFFICIENTS, Q
from tests.firmware.crypto.native import Library


def packed(polynomial):
    return pack(f"<{COEFFICIENTS}I", *polynomial)


def unpacked(data):
    return list(unpack(f"<{COEFFICIENTS}I", data))


def polynomials(rng):
    yield from ([value] * COEFFICIENTS for value in (0, 1, (Q - 1) // 2, Q - 1))
    yield from ([Q - 1 if i == n else 0 for i in range(COEFFICIENTS)] for n in (0, 1, 128, 255))
    for _ in range(100):
        yield [rng.randrange(Q) for _ in range(COEFFICIENTS)]


def test_the_model_s_transforms_and_products_are_the_firmware_s():
    library = Library()
    every = list(polynomials(random.Random(5)))
    for a, b, d in zip(every, every[1:], every[2:], strict=False):
        assert unpacked(library.get("mldsa_ntt", packed(a))) == model.ntt(a)
        assert unpacked(library.get("mldsa_ntt_inverse", packed(a))) == model.inverse_ntt(a)
        total = library.get("mldsa_multiply_add", packed(d), packed(a), packed(b))
        assert unpacked(total) == model.add(d, model.multiply(a, b))
