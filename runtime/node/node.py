"""A node: its identity, its journal, its entities and the sequencer that drives them."""

from hashlib import shake_256

from runtime.actor import Directory
from runtime.node.accelerator import Accelerator
from runtime.node.admission import Admission
from runtime.node.checkpoint import Checkpoints
from runtime.node.custody import Custody
from runtime.node.journal import Journal
from runtime.node.made import Made
from runtime.node.places import Places
from runtime.node.ports import InlineWorkers, Packaged, Sound
from runtime.node.presence import Presence
from runtime.node.queries import Queries
from runtime.node.retention import Retention
from runtime.node.sequencer import Sequencer
from runtime.wire import records
from runtime.wire.commands import node_id
from runtime.wire.errors import Refused
from runtime.wire.hkdf import hmac_sha3
from runtime.wire.records import SINGLETON, STATES
from runtime.wire.schema import spec_of
from runtime.wire.sealing import seal

MAX_KEYS = 256  # public keys of parties kept at hand


class Node:
    """Everything a kind of node has in common; the ports make the difference.

    Attributes:
        verified: entries that were checked one by one at the start, behind the last checkpoint.

    Args:
        seed: 32 secret bytes from which all of the node's own keys and randomness come.
        kinds: {kind: entity class}, or what loads a class when it is asked for it.
        store, crypto: ports, see `ports.py`.
        clock: function from the journal's last time to a Clock.
        workers, accelerator: ports; those of a node with one thread by default.
        places: port; one that knows no place by default.
        max_live: entities in memory at most.
        measurements: Measurement of each thing that the node is made of.
        presence: Presence; by default of a node that cannot ask anybody.
        updater: takes updates of the firmware; see Packaged in `ports.py`.
        randomness: Entropy from which the crypto port draws; it says when nothing may be signed.
    """

    def __init__(
        self,
        seed: bytes,
        kinds,
        store,
        crypto,
        clock,
        workers=None,
        accelerator=None,
        places=None,
        max_live: int = 512,
        measurements: tuple = (),
        presence=None,
        randomness=None,
        updater=None,
    ):
        self._seed = seed
        self.store = store
        self.crypto = crypto
        self.workers = workers or InlineWorkers()
        self.accelerator = accelerator or Accelerator()
        self.places = places or Places()
        self.randomness = randomness or Sound()
        self.updater = updater or Packaged()
        self.identity_seed = self.entropy("identity", 0)
        self.kem_seed = self.entropy("kem", 0, 64)
        self.address_key = self.entropy("address", 0)
        self.public_key = crypto.public_key(self.identity_seed)
        self._kem_public_key: bytes | None = None
        self.id = node_id(self.public_key)
        self._keys: dict[bytes, bytes] = {}
        self._operator: bytes | None = None
        self.journal = Journal(store, self.entropy, self.id)
        charter = self.state_of("charter", SINGLETON)
        self.clock = clock(max(self.journal.time, charter.clock if charter else 0))
        self.boot_nonce = self.entropy(f"boot/{self.clock.now()}", self.journal.size, 8)
        self.directory = Directory(kinds, self.load, max_live)
        self.admission = Admission(crypto, self.workers, self.id, self.kem_seed, self.key_of)
        self.presence = presence or Presence()
        self.custody = Custody(self, seed)
        self.made = Made(self, measurements)
        self.queries = Queries(self)
        self.checkpoints = Checkpoints(self)
        self.retention = Retention(self)
        self.verified = self.checkpoints.verify()
        self.sequencer = Sequencer(self)

    def entropy(self, label: str, sequence: int, size: int = 32) -> bytes:
        """Random bytes as a function, not a stream: SHAKE256(seed, sequence, label).

        The same on every kind of node, so that bodies and ids are; unguessable without the seed.
        """
        data = self._seed + sequence.to_bytes(8, "big") + label.encode()
        return shake_256(data).digest(size)

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """The node's own ML-DSA-87 signature under context `purpose`."""
        return self.crypto.sign(self.identity_seed, purpose, message)

    def signing(self, purpose: bytes, message: bytes):
        """Have it signed beside the sequencer; returns an object whose `result()` is `sign`'s."""
        return self.workers.submit(self.sign, purpose, message)

    @property
    def kem_public_key(self) -> bytes:
        """ML-KEM-1024 encapsulation key (1,568 bytes), made when it is first asked for."""
        if self._kem_public_key is None:
            self._kem_public_key = self.crypto.kem_public_key(self.kem_seed)
        return self._kem_public_key

    def load(self, entity_class, entity_id: bytes):
        """State of an entity as stored, or its blank one."""
        data = self.store.get(entity_class.kind, entity_id)
        if data is None:
            return entity_class.blank
        return spec_of(type(entity_class.blank)).decode_own(data)

    def state_of(self, kind: str, entity_id: bytes):
        """State of another entity, for readers of an index; None if there is none."""
        data = self.store.get(kind, entity_id)
        return None if data is None else spec_of(STATES[kind]).decode_own(data)

    @property
    def operator(self) -> bytes | None:
        """Id of the operator; None until provisioned."""
        if self._operator is None:
            state = self.state_of("charter", SINGLETON)
            self._operator = state and state.operator
        return self._operator

    def key_of(self, party: bytes) -> bytes | None:
        """Public key of a party, or None."""
        key = self._keys.get(party)
        if key is None:
            state = self.state_of("party", party)
            if state is None:
                return None
            key = state.public_key
            if len(self._keys) >= MAX_KEYS:
                self._keys.clear()
            self._keys[party] = key
        return key

    def forget_key(self, party: bytes) -> None:
        """Look a party's key up anew when it is needed next."""
        self._keys.pop(party, None)

    def seal(self, public_key: bytes, purpose: bytes, content: bytes, size: int) -> records.Sealed:
        """Seal to somebody's ML-KEM key."""
        return seal(self.crypto, public_key, purpose, content, size)

    def address_hash(self, address: bytes) -> bytes:
        """Keyed hash of a network address, under a key that only the node has."""
        return hmac_sha3(self.address_key, address)

    def page(
        self, index: str, prefix: bytes, message, until: bytes | None = None
    ) -> tuple[list[bytes], bytes]:
        """One page of an index: ([ids], cursor for the next page, empty on the last).

        Args:
            message: a request with `after`, the cursor of the page before, and `limit`.
            until: the last key of interest; None for all.
        """
        if message.limit == 0:
            raise Refused("a page of nothing", "a limit of 1 to 255")
        after = (message.after[:-32], message.after[-32:]) if message.after else None
        rows = self.store.scan(index, prefix, after, message.limit)
        wanted = [row for row in rows if until is None or row[0] <= until]
        more = wanted and len(wanted) == message.limit
        return [row[1] for row in wanted], wanted[-1][0] + wanted[-1][1] if more else b""

    def submit(self, method: str, params: list, reply) -> None:
        """Queue a request; see Sequencer.submit."""
        self.sequencer.submit(method, params, reply)

    def run(self) -> int:
        """See whether a question was answered; execute and answer a batch of what waits."""
        self.custody.step()
        return self.sequencer.run()

    def reload(self) -> None:
        """Return to what is durable: drop drafts, live entities and all that was not committed."""
        self.store.rollback()
        self.directory.passivate_all()
        self._keys.clear()
        self._operator = None
        self.journal.reload()
        self.made.reload()

    def stop(self) -> None:
        """Passivate every entity, sign a checkpoint and close the store."""
        self.directory.passivate_all()
        if not self.sequencer.failure:
            self.checkpoints.keep(1)
            self.store.commit()
        self.store.close()
