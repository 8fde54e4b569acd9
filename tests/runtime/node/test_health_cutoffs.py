"""The cutoffs of the health tests are those of SP 800-90B for what is claimed of the sources."""

from fractions import Fraction

import pytest

from runtime.node.health import RINGS, SYSTEM, WINDOW, Claim
from soc.gateware.entropy.health import (
    ALPHA_BITS,
    ENTROPY,
    proportion_cutoff,
    repetition_cutoff,
)


@pytest.mark.parametrize("claim", [RINGS, SYSTEM])
def test_the_cutoffs_follow_from_the_claim(claim: Claim) -> None:
    byte = Fraction(claim.tenths, 10)
    assert claim.row == repetition_cutoff(byte, ALPHA_BITS)
    assert claim.window == proportion_cutoff(byte, ALPHA_BITS, WINDOW)
    assert claim.bits == proportion_cutoff(byte / 8, ALPHA_BITS, 8 * WINDOW)


def test_a_board_claims_what_its_gateware_claims() -> None:
    assert Fraction(RINGS.tenths, 10) == 8 * ENTROPY
