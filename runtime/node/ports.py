"""The ports: what a node needs of the machine it runs on.

Each kind of node brings its own; `tests/portable/store_kit.py` is the conformance kit that every
store must pass. These classes state the contract; nothing inherits from them.
"""

from runtime.wire.errors import Refused

UPDATE_PART = 4096  # bytes of a part of an update: it must fit into a signed body


class Store:
    """Keeps state, indexes and journal. Changes are seen at once and durable after `commit`.

    Whatever fails raises StorageFailed.
    """

    def get(self, kind, key):
        """Bytes stored under (kind text, key bytes), or None."""

    def put(self, kind, key, value):
        """Store bytes under (kind, key)."""

    def drop(self, kind, key):
        """Erase what is under (kind, key), if anything: after `commit` no trace of it is left."""

    def states(self, kind, after, limit):
        """[(key, value)] under a kind, ascending by key, behind the key `after`."""

    def add_key(self, index, key, entity_id):
        """Add an entity to an ordered index."""

    def drop_key(self, index, key, entity_id):
        """Remove an entity from an ordered index."""

    def scan(self, index, prefix, after, limit):
        """[(key, id)] with keys that start with `prefix`, ascending by key and id as bytes.

        Args:
            after: (key, id) to continue behind, or None.
            limit: at most so many.
        """

    def count(self):
        """Entries in the journal."""

    def append(self, sequence, header, salt, body, attachments):
        """Add the entry with sequence number `count()`."""

    def replace(self, sequence, salt, body, attachments):
        """Keep these of an entry, None for nothing; after `commit` what was there is erased."""

    def entry(self, sequence):
        """(header, salt, body, attachments) or None."""

    def recoverable(self, secret):
        """Have the journal, as of the next commit, be opened by who has this secret (32 bytes) as
        well. Nothing to do for a store that does not seal it."""

    def commit(self):
        """Make everything since the last commit durable, all or nothing."""

    def rollback(self):
        """Drop everything since the last commit."""


class Crypto:
    """The algorithms. Keys are 32-byte (ML-DSA) and 64-byte (ML-KEM) seeds."""

    def public_key(self, seed):
        """ML-DSA-87 public key (2,592 bytes) of a seed."""

    def sign(self, seed, purpose, message):
        """Hedged ML-DSA-87 signature (4,627 bytes) under context `purpose`."""

    def verify(self, public_key, purpose, message, signature):
        """Whether a signature is valid."""

    def kem_public_key(self, seed):
        """ML-KEM-1024 encapsulation key (1,568 bytes) of a seed."""

    def encapsulate(self, public_key):
        """(shared secret, ciphertext); Malformed for a key that is none."""

    def decapsulate(self, seed, ciphertext):
        """Shared secret; implicit rejection as FIPS 203 says."""

    def aead_seal(self, key, nonce, content, context):
        """ChaCha20-Poly1305 (RFC 8439)."""

    def aead_open(self, key, nonce, box, context):
        """Content, or None if it is not authentic."""


class Sound:
    """Randomness of a node whose crypto port sees to its own; others have an Entropy."""

    failure = ""

    def check(self):
        """It never fails."""


class Packaged:
    """Updates of a node whose program is a package of the machine below: there are none by line."""

    counter = 0  # of the newest firmware that was ever taken

    def begin(self, firmware, signature):
        """Begin an update to a Firmware."""
        raise Refused(
            "this kind of node is not updated over its line",
            "a board",
            "stop the node, install the new version of the package, start the node",
        )

    def put(self, offset, data):
        """Take the next part of the image; returns how many bytes there are."""
        return self.begin(None, b"")

    def finish(self):
        """Have the image started from the next start on."""
        return self.begin(None, b"")


class Workers:
    """Runs functions beside the sequencer where there are threads."""

    def submit(self, function, *arguments):
        """Start it; returns an object whose `result()` gives its value or raises its error."""


class InlineWorkers:
    """Workers of a node with one thread: the work is done when its result is needed."""

    def submit(self, function, *arguments):
        return _Deferred(function, arguments)


class _Deferred:
    def __init__(self, function, arguments):
        self._function = function
        self._arguments = arguments

    def result(self):
        return self._function(*self._arguments)
