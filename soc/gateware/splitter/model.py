"""What the share splitter computes."""

from collections.abc import Sequence

__all__ = ["split"]

WHOLE = 10_000  # basis points


def split(
    amount: int, shares: Sequence[int], has_affiliate: bool, has_publisher: bool
) -> tuple[int, int, int, int]:
    """Parts of platform, user, affiliate and publisher, in micro-units.

    Each is amount * share // 10000, the publisher's the rest; then a part whose party is absent
    goes to the user.

    Args:
        amount: u64, micro-units
        shares: basis points of the four

    Raises:
        ValueError: if the shares do not sum to 10000
    """
    if sum(shares) != WHOLE:
        raise ValueError(f"the shares sum to {sum(shares)} basis points; expected {WHOLE}")
    platform, user, affiliate = (amount * share // WHOLE for share in shares[:3])
    publisher = amount - platform - user - affiliate
    if not has_affiliate:
        user, affiliate = user + affiliate, 0
    if not has_publisher:
        user, publisher = user + publisher, 0
    return platform, user, affiliate, publisher
