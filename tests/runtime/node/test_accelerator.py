"""The share splitter against exact fractions; the redactor, bit by bit."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.node.accelerator import Accelerator

amounts = st.integers(0, (1 << 64) - 1)
cuts = st.lists(st.integers(0, 10000), min_size=3, max_size=3).map(sorted)


def shares_of(cut):
    """Four shares that sum to the whole."""
    first, second, third = cut
    return first, second - first, third - second, 10000 - third


@settings(derandomize=True, deadline=None, max_examples=500)
@given(amounts, cuts, st.booleans(), st.booleans())
def test_shares_are_exact_and_sum_to_the_amount(amount, cut, affiliate, publisher):
    shares = shares_of(cut)
    exact = [int(Fraction(amount) * share / 10000) for share in shares[:3]]
    exact.append(amount - sum(exact))
    parts = Accelerator().split(amount, shares, affiliate, publisher)
    assert sum(parts) == amount and min(parts) >= 0
    if not affiliate:
        exact[1], exact[2] = exact[1] + exact[2], 0
    if not publisher:
        exact[1], exact[3] = exact[1] + exact[3], 0
    assert list(parts) == exact


@settings(derandomize=True, deadline=None, max_examples=200)
@given(amounts, cuts)
def test_the_rest_of_the_division_is_less_than_four(amount, cut):
    shares = shares_of(cut)
    publisher = Accelerator().split(amount, shares, True, True)[3]
    assert 0 <= publisher - amount * shares[3] // 10000 < 4


def test_each_bit_of_a_mask_keeps_its_own_field():
    contents = [bytes([number]) * (number % 5) for number in range(20)]
    fields = [len(content).to_bytes(2, "little") + content for content in contents]
    record = b"".join(fields)
    for number in range(20):
        mask = bytearray(32)
        mask[number >> 3] |= 1 << (number & 7)
        assert Accelerator().redact(record, bytes(mask)) == fields[number]
    assert Accelerator().redact(record, bytes(32)) == b""
    assert Accelerator().redact(record, b"\xff" * 32) == record
