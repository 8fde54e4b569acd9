"""NIST's vectors played against the library. All groups apply to it.

HashML-DSA is not in the library. Its vectors play through the internal interface, with M' put
together here (FIPS 204, algorithms 4 and 5).
"""

import hashlib
from collections.abc import Callable

from tests.firmware.crypto.native import Native

MLDSA = ("keygen", "siggen", "sigver", "siggen_internal_v36", "sigver_internal_v36")
MLKEM = ("keygen", "encapdecap")

# Object identifiers of hash functions: the last number of 2.16.840.1.101.3.4.2.x.
OIDS = {
    "SHA2-256": 1, "SHA2-384": 2, "SHA2-512": 3, "SHA2-224": 4, "SHA2-512/224": 5,
    "SHA2-512/256": 6, "SHA3-224": 7, "SHA3-256": 8, "SHA3-384": 9, "SHA3-512": 10,
    "SHAKE-128": 11, "SHAKE-256": 12,
}  # fmt: skip
OID_PREFIX = bytes.fromhex("06096086480165030402")


def play(native: Native, group: dict, test: dict) -> bool:
    """Whether the library does what one vector says."""
    values = {name: value for name, value in group.items() if name != "tests"} | test
    if group["parameterSet"] == "ML-DSA-87":
        kind: Callable = _verify if "testPassed" in test else _sign if "sk" in values else _keygen
        if "seed" in test:
            kind = _keygen
    else:
        kind = {
            "encapsulation": _encaps,
            "decapsulation": _decaps,
            "encapsulationKeyCheck": _check_public,
            "decapsulationKeyCheck": _check_secret,
        }.get(values.get("function", ""), _kem_keygen)
    return kind(native, values)


def _bytes(values: dict, name: str) -> bytes:
    return bytes.fromhex(values[name])


def _keygen(native: Native, values: dict) -> bool:
    seed, keys = _bytes(values, "seed"), [_bytes(values, "pk"), _bytes(values, "sk")]
    return native.get("mldsa_keygen", seed) == keys[0] and (
        native.call("mldsa_expand", seed) == (0, keys)
    )


def _prehashed(values: dict) -> bytes:
    """M' of HashML-DSA."""
    name, message = values["hashAlg"], _bytes(values, "message")
    if name.startswith("SHAKE"):
        size = {"SHAKE-128": 32, "SHAKE-256": 64}[name]
        digest = hashlib.new(name.lower().replace("-", "_")).copy()
        digest.update(message)
        hashed = digest.digest(size)
    else:
        plain = name.replace("SHA2-", "sha").replace("SHA3-", "sha3_").replace("/", "_")
        hashed = hashlib.new(plain, message).digest()
    context = _bytes(values, "context")
    prefix = bytes([1, len(context)]) + context
    return prefix + OID_PREFIX + bytes([OIDS[name]]) + hashed


def _mu(native: Native, values: dict, tr: bytes) -> bytes:
    if values.get("externalMu"):
        return _bytes(values, "mu")
    if values.get("signatureInterface") != "external":
        return native.get("mldsa_mu_internal", tr, _bytes(values, "message"))
    if values["preHash"] == "preHash":
        return native.get("mldsa_mu_internal", tr, _prehashed(values))
    return native.get("mldsa_mu", tr, _bytes(values, "context"), _bytes(values, "message"))


def _sign(native: Native, values: dict) -> bool:
    secret = _bytes(values, "sk")
    rnd = bytes(32) if values["deterministic"] else _bytes(values, "rnd")
    mu = _mu(native, values, secret[64:128])
    return native.get("mldsa_sign_mu", secret, mu, rnd) == _bytes(values, "signature")


def _verify(native: Native, values: dict) -> bool:
    public, signature = _bytes(values, "pk"), _bytes(values, "signature")
    if values.get("preHash") == "pure":
        context, message = _bytes(values, "context"), _bytes(values, "message")
        accepted = native.accepts("mldsa_verify", public, signature, context, message)
    else:
        mu = _mu(native, values, native.get("mldsa_tr", public))
        accepted = native.accepts("mldsa_verify_mu", public, signature, mu)
    return accepted == values["testPassed"]


def _kem_keygen(native: Native, values: dict) -> bool:
    seed = _bytes(values, "d") + _bytes(values, "z")
    keys = [_bytes(values, "ek"), _bytes(values, "dk")]
    return native.get("mlkem_keygen", seed) == keys[0] and (
        native.call("mlkem_expand", seed) == (0, keys)
    )


def _encaps(native: Native, values: dict) -> bool:
    made = native.call("mlkem_encaps", _bytes(values, "ek"), _bytes(values, "m"))
    return made == (0, [_bytes(values, "c"), _bytes(values, "k")])


def _decaps(native: Native, values: dict) -> bool:
    shared = native.get("mlkem_decaps_expanded", _bytes(values, "dk"), _bytes(values, "c"))
    return shared == _bytes(values, "k")


def _check_public(native: Native, values: dict) -> bool:
    return native.accepts("mlkem_check_public", _bytes(values, "ek")) == values["testPassed"]


def _check_secret(native: Native, values: dict) -> bool:
    return native.accepts("mlkem_check_secret", _bytes(values, "dk")) == values["testPassed"]
