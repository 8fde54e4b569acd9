"""Faults of the engines while a node works: a bit of a register flips at some cycle."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from struct import pack
from typing import NamedTuple

from firmware import engines
from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import image
from tests.firmware.crypto.native import Library

FOLDER = Path(__file__).parent
PORT = crypto.FOLDER.parent / "port"
SEED = b"the seed of the node's own key".ljust(32, b"\0")
CONTEXT, MESSAGE = b"sign", b"\x01"  # signed in one attempt
SHARES = {"selftest": 10, "keygen": 4, "sign": 12, "verify": 3, "forgery": 3}  # of flips
GIVEN_OFFSET = 0x400000  # behind the image in main RAM: the step, a public key, a signature
PATIENCE = 2  # a step that takes so many times its usual cycles hangs: then the watchdog acts
HANGS = 124

# Registers of soc/sim/harness/faults.vlt and how many bits they have.
PLACES = {
    **{f"make_keccakengine_keccak_lane{i}": 64 for i in range(25)},
    "make_keccakengine_writer_word": 32,
    "make_keccakengine_keccakengine_csrfield_error": 4,
    "keccakengine_fsm_state": 3,
    "make_samplerengine_sampler0_gearbox_held": 28,
    "make_samplerengine_sampler0_select_source_payload_data": 23,
    "make_samplerengine_writer_word": 32,
    "make_samplerengine_samplerengine_csrfield_error": 3,
    "samplerengine_fsm_state": 2,
    "make_nttengine_core_datapath_total": 23,
    "make_nttengine_core_datapath_difference": 23,
    "make_nttengine_core_exceeds": 1,
    "make_nttengine_writer_word": 32,
    "make_nttengine_nttengine_csrfield_error": 3,
    "ntt_state": 3,
    "memory_2": 23 * 128 * 10,  # slots: two banks of 128 words for each of the ten in use
    "memory_3": 23 * 128 * 10,
}
ENGINES = ("keccak", "sampler", "ntt", "memory")  # a flip is in each of them equally often


class Flip(NamedTuple):
    """A fault: at that cycle, or of what the register next becomes."""

    cycle: int
    how: str  # "flip" or "spoil"
    place: str
    bit: int


class Outcome(NamedTuple):
    """What a step came to."""

    said: str  # a word of faults.c, or "hangs"
    began: int = 0
    ended: int = 0
    made: bytes = b""


class Node:
    """Steps of a node on a simulated system of which engines may fail."""

    def __init__(self) -> None:
        self._simulator = build(faulty=True)
        self._program = image(
            "faults",
            [FOLDER / "faults.c", PORT / "memory.c",
             *engines.sources(engines.CONFIGURATIONS["all"])],
            self._simulator.headers,
            [f"-DMESSAGE={MESSAGE[0]}"],
            [crypto.FOLDER, engines.FOLDER, PORT],
        )  # fmt: skip
        self._library = library = Library()
        self.public_key = library.get("mldsa_keygen", SEED)
        self.signature = library.get("mldsa_sign", SEED, bytes(32), CONTEXT, MESSAGE)
        self.usual = {step: self.run(step) for step in SHARES}

    def run(self, step: str, flip: Flip | None = None) -> Outcome:
        """Do a step from reset on.

        Args:
            step: one of SHARES
            flip: what goes wrong
        """
        with tempfile.TemporaryDirectory() as folder:
            loaded, script = Path(folder) / "image", Path(folder) / "script"
            loaded.write_bytes(self._loaded(step))
            options = {}
            if flip:
                script.write_text(" ".join(map(str, flip)) + "\n")
                most = flip.cycle + PATIENCE * self.usual[step].ended
                options = {"script": script, "max-cycles": most}
            command = self._simulator.command(loaded, options)
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == HANGS:
            return Outcome("hangs")
        assert done.returncode in (0, 1) and done.stdout, done.stderr
        said, began, ended, *made = done.stdout.split()
        if said == "failed":
            return Outcome(f"{began} failed")
        return Outcome(said, int(began), int(ended), bytes.fromhex("".join(made)))

    def _some_flip(self, step: str, rng: Random) -> Flip:
        """A flip at a random place and cycle of a step."""
        engine = rng.choice(ENGINES)
        place = rng.choice([name for name in PLACES if engine in name])
        usual = self.usual[step]
        cycle = rng.randrange(usual.began, usual.ended)
        how = "flip" if "error" in place else rng.choice(("flip", "spoil"))
        return Flip(cycle, how, place, rng.randrange(PLACES[place]))

    def some_flips(self, count: int, seed: int) -> Iterator[tuple[str, Flip]]:
        """Flips of all steps, about so many, and the step each is in."""
        rng = Random(seed)
        for step, share in SHARES.items():
            for _ in range(-(-count * share // sum(SHARES.values()))):
                yield step, self._some_flip(step, rng)

    def effect(self, step: str, outcome: Outcome) -> str:
        """What a fault did.

        Returns:
            "none"; "noticed", where the step did not come to an end or refused; "another
            signature", which is valid; or what must not be
        """
        usual = self.usual[step]
        if (outcome.said, outcome.made) == (usual.said, usual.made):
            return "none"
        if step == "forgery" and outcome.said == "accepted":
            return "a forgery was accepted"
        if outcome.said == "key":
            return "a wrong key"
        if outcome.said == "signature":
            signed = outcome.made, CONTEXT, MESSAGE
            valid = self._library.accepts("mldsa_verify", self.public_key, *signed)
            return "another signature" if valid else "a wrong signature"
        return "noticed"

    def _loaded(self, step: str) -> bytes:
        signature = bytearray(self.signature)
        if step == "forgery":
            signature[1000] ^= 1
        steps = list(SHARES)
        number = min(steps.index(step), steps.index("verify"))
        given = pack("<I", number) + self.public_key + signature
        return self._program.read_bytes().ljust(GIVEN_OFFSET, b"\0") + given
