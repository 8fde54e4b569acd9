"""The samplers' model against the C that they take the place of."""

import ctypes
import random
from struct import pack, unpack

from firmware.crypto.build import build
from soc.gateware.sampler.model import Q, sampled
from tests.firmware.crypto.native import Library


def test_the_model_agrees_with_the_firmware():
    library, material = Library(), random.Random(1)
    for _ in range(100):
        rho, secret = material.randbytes(32), material.randbytes(64)
        row, column, nonce = material.randrange(8), material.randrange(7), material.getrandbits(16)
        place, ones = column | row << 8, pack("<I", 1) * 256
        pairs = [
            ("uniform", rho, place, "mldsa_sample_uniform", (rho, row, column, ones)),
            ("eta", secret, nonce, "mldsa_sample_eta", (secret, nonce)),
            ("mask", secret, nonce, "mldsa_sample_mask", (secret, nonce)),
            ("cbd2", rho, nonce & 255, "mlkem_sample_noise", (rho, nonce & 255)),
        ]
        for kind, seed, number, operation, arguments in pairs:
            firmware = [c % Q for c in unpack("<256i", library.get(operation, *arguments))]
            assert sampled(kind, seed, number) == firmware


def test_the_model_agrees_with_the_firmware_on_the_matrix_of_mlkem():
    crypto, material = ctypes.CDLL(str(build("libcrypto.so"))), random.Random(2)
    polynomial = (ctypes.c_uint32 * 264)()  # struct mlkem_poly: coefficients, then its stagger
    for _ in range(100):
        rho, first, second = material.randbytes(32), material.randrange(4), material.randrange(4)
        crypto.mlkem_sample_uniform(polynomial, rho, first, second)
        assert sampled("uniform_kem", rho, first | second << 8) == polynomial[:256]
