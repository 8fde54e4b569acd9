"""What a node is made of: said signed to whoever asks, and left beside the journal when it changes.

A measurement differs between kinds of node, so it is never in a body: the first entry after a
change has it as an attachment, signed over that entry's leaf.
"""

from runtime.wire import records
from runtime.wire.commands import MEASUREMENTS
from runtime.wire.schema import canonical

KEY = ("meta", b"measured")


class Made:
    """The measurements of a node.

    Args:
        node: Node; its store is there.
        measurements: Measurement of each thing that it is made of.

    Attributes:
        is_news: whether they are not in the journal yet.
    """

    def __init__(self, node, measurements: tuple) -> None:
        self._node = node
        self._measurements = measurements
        self.reload()

    def reload(self) -> None:
        """Return to what is durable."""
        kept = self._node.store.get(*KEY)
        self.is_news = self._measurements != () and kept != canonical(self._measurements)

    def signed(self, nonce: bytes):
        """A function that gives the MeasurementsReply once it is signed.

        Args:
            nonce: 32 bytes of whoever asks, or the leaf of the entry that it is left beside.
        """
        node = self._node
        measured = records.Measured(node.id, self._measurements, nonce)
        signing = node.signing(MEASUREMENTS, canonical(measured))
        return lambda: records.MeasurementsReply(measured, signing.result())

    def leave(self, leaf: bytes):
        """As `signed`, and it is no news once the caller commits."""
        self._node.store.put(KEY[0], KEY[1], canonical(self._measurements))
        self.is_news = False
        return self.signed(leaf)
