"""Two of three shares have the secret, and one has nothing."""

from runtime.wire.shares import HOLDERS, inverse, join, multiply, split

SECRET = bytes(range(32))
SLOPE = bytes([(7 * i + 19) & 255 for i in range(32)])


def test_products_are_those_that_fips_197_prints():
    # FIPS 197, sections 4.2 and 4.2.1.
    for a, b, product in (
        (0x57, 0x83, 0xC1), (0x57, 0x13, 0xFE), (0x57, 0x02, 0xAE), (0x57, 0x04, 0x47),
        (0x57, 0x08, 0x8E), (0x57, 0x10, 0x07),
    ):  # fmt: skip
        assert multiply(a, b) == multiply(b, a) == product


def test_every_byte_but_zero_has_an_inverse():
    assert inverse(0) == 0
    assert inverse(0x53) == 0xCA  # of which the S-box of FIPS 197 makes {ed}
    assert all([multiply(a, inverse(a)) == 1 for a in range(1, 256)])


def test_any_two_shares_have_the_secret():
    shares = split(SECRET, SLOPE)
    for first in range(HOLDERS):
        for second in range(HOLDERS):
            if first != second:
                assert join(first + 1, shares[first], second + 1, shares[second]) == SECRET


def test_a_single_share_is_uniform_whatever_the_secret():
    # Over all slopes each holder's share of each byte takes every value, once: it tells nothing.
    for secret in (0x00, 0x01, 0x5A, 0xFF):
        for holder in range(HOLDERS):
            seen = set([split(bytes([secret]), bytes([slope]))[holder][0] for slope in range(256)])
            assert len(seen) == 256


def test_a_share_with_another_one_changed_gives_another_secret():
    shares = split(SECRET, SLOPE)
    forged = bytes([shares[1][0] ^ 1]) + shares[1][1:]
    assert join(1, shares[0], 2, forged) != SECRET
    assert join(1, shares[0], 3, shares[1]) != SECRET


def test_what_cannot_be_shares_is_refused():
    for words in ((0, 2, SECRET), (4, 2, SECRET), (1, 1, SECRET), (1, 2, SECRET[:31])):
        try:
            join(words[0], SECRET, words[1], words[2])
        except ValueError:
            continue
        raise AssertionError(words)
    try:
        split(SECRET, SLOPE[:31])
    except ValueError:
        return
    raise AssertionError("a slope that is too short")
