"""What a board does in gateware, in Python: redaction and the basis-point distribution."""


class Accelerator:
    """Software side of the redactor and the share splitter."""

    def redact(self, record, mask):
        """The chosen fields of a record, and not a byte of the others.

        The sequence of operations is the same for all masks and contents of equal lengths:
        every field is copied and every copy offered to one of two sinks. CPython's allocator
        and caches may still tell lengths apart; constant time is the gateware's to promise.

        Args:
            record: fields one after the other, each after its u16 little-endian length.
            mask: bytes(32), little-endian: bit i keeps field i.

        Returns:
            The kept fields in the same form.
        """
        sinks = ([], [])
        at = index = 0
        while at < len(record):
            end = at + 2 + (record[at] | record[at + 1] << 8)
            sinks[(mask[index >> 3] >> (index & 7)) & 1].append(record[at:end])
            at = end
            index += 1
        return b"".join(sinks[1])

    def split(self, amount, shares, has_affiliate, has_publisher):
        """Distribute an amount by settlement rules.

        Platform, user and affiliate get amount * bps // 10000, the publisher the rest; then a
        part whose party is absent goes to the user.

        Args:
            amount: u64 micro-units.
            shares: (platform, user, affiliate, publisher) in basis points, sum 10000.

        Returns:
            (platform, user, affiliate, publisher) in micro-units; they sum to `amount`.
        """
        platform = amount * shares[0] // 10000
        user = amount * shares[1] // 10000
        affiliate = amount * shares[2] // 10000
        publisher = amount - platform - user - affiliate
        if not has_affiliate:
            user, affiliate = user + affiliate, 0
        if not has_publisher:
            user, publisher = user + publisher, 0
        return platform, user, affiliate, publisher
