"""The store of a node without a disk: state in RAM, its changes and the journal kept by the host.

`commit` seals the changes as one *record*, has the host store it, then writes the anchor. Records
are chained. A *checkpoint* is all of the RAM, sealed; records before it are dropped. Entries of the
journal are objects of their own, fetched when asked for; RAM has the mark of each, so that
only its newest version is the entry. Users' values lie apart from them, so that whoever recovers a
dead node's journal does not get these. README.md has the whole.
"""

from hashlib import sha3_256

from firmware.node.anchor import Anchor
from firmware.node.seal import ENTRY, HEAD, MARK, TAG, NotAuthentic
from runtime.node.merkle import Tree
from runtime.wire.errors import Refused, StorageFailed
from runtime.wire.schema import canonical, unpack_own

RECORD, CHECKPOINT, VALUES, RECOVERY = "record", "checkpoint", "values", "recovery"
START = bytes(32)  # chain hash before the first record
PART = 60 * 1024  # bytes of a part at most: a box must fit into a message with what is around it
LEAST = 256 * 1024  # bytes of records that are worth a checkpoint
RECENT = 4  # entries kept at hand
PAGE = 64  # rows of a checkpoint read at a time

MARKS = "kept"  # kind under which the RAM has the marks of entries, and of the values of some
AGES = "ages"  # kind under which it has, by number, the marks at which ages of the journal began
PRIVATE = b"\xa6values"  # the label, as attachments that are values have it
PUT, DROP, ADD_KEY, DROP_KEY, CHAIN = range(5)  # a change is [one of these, its arguments...]


class KeptStore:
    """The store port, see runtime/node/ports.py.

    Making one is the power-up: it reads the anchor, has the host bring the last checkpoint and all
    records since, checks them, and starts a new boot.

    Args:
        ram: store of states and indexes that keeps nothing: `ram.py` or its like; empty.
        keeper: the host, see `keeper.py`.
        anchor: AnchorLog.
        sealer: Sealer.
        root: function of this store to the 32-byte root of its journal.
        least: bytes of records between two checkpoints, at least; more if the last one was larger.

    Attributes:
        record: number of the last record.
        checkpoint: number of the record that the last checkpoint is of.
        behind: bytes of records since.

    Raises:
        Refused: what the host brought is not what this node left with it.
        StorageFailed: the host or the anchor does not work.
    """

    def __init__(self, ram, keeper, anchor, sealer, root, least: int = LEAST) -> None:
        self._ram = ram
        self._keeper = keeper
        self._anchor = anchor
        self._sealer = sealer
        self._root = root
        self._least = least
        self._weight = 0  # bytes of the last checkpoint
        self.record = self.checkpoint = self.behind = 0
        self._chain = START
        self._recent: list = []  # [(sequence, entry)], the newest last
        self._count = 0  # entries in the last commit
        self._erased = False  # something is still in a record that is in no state any more
        self._doubt = None  # why nobody knows what the last commit is
        self._forget()
        try:
            self._power_up()
        except NotAuthentic as error:
            raise _refused(str(error), "what this node left with its host")

    def _forget(self):
        self._changes: list = []
        self._fresh: dict = {}  # entries since the last commit
        self._size = self._count
        self._erasing = False
        self._secret = None  # recovery key that the next commit makes a box for

    # ------------------------------------------------------------------------------ states

    def get(self, kind, key):
        return self._ram.get(kind, key)

    def put(self, kind, key, value):
        self._check()
        self._ram.put(kind, key, value)
        self._changes.append((PUT, kind, key, value))

    def drop(self, kind, key):
        if self._ram.get(kind, key) is not None:
            self._check()
            self._ram.drop(kind, key)
            self._changes.append((DROP, kind, key))
            self._erasing = True

    def states(self, kind, after, limit):
        return self._ram.states(kind, after, limit)

    def add_key(self, index, key, entity_id):
        self._check()
        self._ram.add_key(index, key, entity_id)
        self._changes.append((ADD_KEY, index, key, entity_id))

    def drop_key(self, index, key, entity_id):
        self._check()
        self._ram.drop_key(index, key, entity_id)
        self._changes.append((DROP_KEY, index, key, entity_id))

    def scan(self, index, prefix, after, limit):
        return self._ram.scan(index, prefix, after, limit)

    # ----------------------------------------------------------------------------- entries

    def count(self):
        return self._size

    def append(self, sequence, header, salt, body, attachments):
        self._check()
        if sequence != self._size:
            raise StorageFailed(f"entry {sequence} after {self._size} entries")
        self._fresh[sequence] = (header, salt, body, attachments)
        self._size += 1

    def replace(self, sequence, salt, body, attachments):
        self._check()
        self._fresh[sequence] = (self.entry(sequence)[0], salt, body, attachments)
        self._erasing = True

    def entry(self, sequence):
        if sequence in self._fresh:
            return self._fresh[sequence]
        if not 0 <= sequence < self._size:
            return None
        for known, entry in self._recent:
            if known == sequence:
                return entry
        mark = self._ram.get(MARKS, _key(sequence))
        content = unpack_own(self._opened(ENTRY, sequence, mark[:MARK]))
        if len(content) == 2:  # erased: header and leaf
            content = [content[0], None, None, None]
        elif len(mark) > MARK:
            content[3] = self._opened(VALUES, sequence, mark[MARK:])
        entry = tuple(content)
        self._remember(sequence, entry)
        return entry

    def _opened(self, place, sequence, mark):
        try:
            chunks = list(self._sealer.open([place, sequence], self._boxes(place, sequence), mark))
        except NotAuthentic as error:
            raise StorageFailed(
                f"the host did not bring the journal back: {error}",
                "the newest version of every entry",
                "restore the host's folder from a backup that is not older than the last answer",
            )
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _remember(self, sequence, entry):
        self._recent = [pair for pair in self._recent if pair[0] != sequence][-RECENT + 1 :]
        self._recent.append((sequence, entry))

    def _boxes(self, place, number):
        return lambda part: self._keeper.fetch(place, number, part)

    # ------------------------------------------------------------------------------ commit

    def recoverable(self, secret):
        self._check()
        self._secret = secret

    def commit(self):
        self._check()
        if not self._changes and not self._fresh:
            return
        try:
            drops, boxes = self._sealed_entries()
            if self._secret:
                self._begin_age(drops, boxes)
            name = [RECORD, self.record + 1, self._chain]
            record = list(self._sealer.seal(name, _parts_of(self._changes)))
            boxes.extend(_placed(RECORD, self.record + 1, record))
            self._keeper.keep(drops, lambda: boxes)
        except StorageFailed:
            self.rollback()
            raise
        # The host has it. Whatever fails now, only the next start can tell what counts.
        try:
            self._take(record)
            self._write_anchor(self._anchor.read().boot)
        except Exception as error:
            self._doubt = StorageFailed(
                f"what the last commit is, is not known: {error}", todo="start the node anew"
            )
            raise self._doubt
        self._ram.commit()
        self._count = self._size
        for sequence in sorted(self._fresh):
            self._remember(sequence, self._fresh[sequence])
        self._erased = self._erased or self._erasing
        self._forget()
        if self._erased or self.behind >= max(self._least, self._weight):
            self.keep_checkpoint()

    def _sealed_entries(self):
        """What of the journal is kept anew, and what it takes the place of."""
        drops, boxes = [], []
        for sequence in sorted(self._fresh):
            header, salt, body, attachments = self._fresh[sequence]
            if body is None:
                shown, whole = [header, Tree(self, self._size).leaf(sequence)], None
            else:
                beside, whole = _apart(attachments)
                shown = [header, salt, body, beside]
            if sequence < self._count:
                drops.append((ENTRY, sequence, sequence + 1))
                drops.append((VALUES, sequence, sequence + 1))
            mark = self._seal(boxes, ENTRY, sequence, canonical(shown))
            if whole is not None:
                mark += self._seal(boxes, VALUES, sequence, whole)
            self.put(MARKS, _key(sequence), mark)
        return drops, boxes

    def _seal(self, boxes, place, number, content, root=None):
        """Add the boxes of an object; returns its mark."""
        parts = list(self._sealer.seal([place, number], _chunks(content), root))
        boxes.extend(_placed(place, number, parts))
        return bytes(parts[0][:MARK])

    def _begin_age(self, drops, boxes):
        """Have what the journal is sealed under, so far and from now on, kept for the secret."""
        sealer = self._sealer
        age = len(sealer.ages) + 1
        sealer.ages.append(sealer.mark())
        self.put(AGES, _key(age), sealer.mark())
        drops.append((RECOVERY, 0, age))
        self._seal(boxes, RECOVERY, age, canonical(sealer.age_keys()), self._secret)

    def _take(self, boxes):
        """Go on to the next record, which is in these boxes."""
        digest = sha3_256(self._chain)
        for box in boxes:
            # Head and tag say which box it is: no other was ever sealed under that counter.
            digest.update(box[:HEAD] + box[-TAG:])
            self.behind += len(box)
        self._chain = digest.digest()
        self.record += 1

    def _write_anchor(self, boot):
        root = self._root(self)
        self._anchor.write(Anchor(boot, self.record, self._chain, self._size, root))

    def rollback(self):
        self._check()
        self._ram.rollback()
        self._sealer.ages = [row[1] for row in self._ram.states(AGES, None, len(self._sealer.ages))]
        self._forget()

    def close(self):
        """Nothing is open; what was not committed is dropped."""
        if not self._doubt:
            self.rollback()

    def _check(self):
        if self._doubt:
            raise self._doubt

    # -------------------------------------------------------------------------- checkpoint

    def keep_checkpoint(self):
        """Have the host keep all of the RAM, and drop the records that led to it.

        The commit before it is durable: a host that cannot is asked again after the next one.
        """
        drops = [(CHECKPOINT, 0, self.record + 1), (RECORD, 0, self.record + 1)]
        try:
            self._weight = self._keeper.keep(drops, self._sealed_checkpoint)
        except StorageFailed:
            return
        self.checkpoint, self.behind = self.record, 0
        self._erased = False

    def _sealed_checkpoint(self):
        parts = _parts(self._everything())
        boxes = self._sealer.seal([CHECKPOINT, self.record], parts)
        return _placed(CHECKPOINT, self.record, boxes)

    def _everything(self):
        """The changes that make an empty RAM this one."""
        yield [CHAIN, self._chain, self._size]
        for kind in self._ram.kinds():
            rows = self._ram.states(kind, None, PAGE)
            while rows:
                for row in rows:
                    yield [PUT, kind, row[0], row[1]]
                rows = self._ram.states(kind, rows[-1][0], PAGE)
        for index in self._ram.indexes():
            rows = self._ram.scan(index, b"", None, PAGE)
            while rows:
                for row in rows:
                    yield [ADD_KEY, index, row[0], row[1]]
                rows = self._ram.scan(index, b"", (row[0], row[1]), PAGE)

    # ---------------------------------------------------------------------------- power-up

    def _power_up(self):
        anchor = self._anchor.read()
        if anchor is None:
            raise _refused("the anchor is lost", "a flash that holds one")
        self._load_checkpoint(self._keeper.newest(CHECKPOINT), anchor)
        self._compare(anchor)
        while self._load_record():
            self._compare(anchor)
        if self.record < anchor.record:
            raise _refused(
                f"the host has records up to {self.record} only",
                f"all up to {anchor.record}, which this node was told are stored",
            )
        # The boot's number is durable before anything is sealed under it.
        self._write_anchor(anchor.boot + 1)
        self._sealer.begin(anchor.boot + 1)

    def _load_checkpoint(self, number, anchor):
        if number is None:
            return
        if number > anchor.record:
            raise _refused(
                f"the host has a checkpoint of record {number}",
                f"one of record {anchor.record} or before, where the anchor is",
            )
        boxes = self._boxes(CHECKPOINT, number)
        for chunk in self._sealer.open([CHECKPOINT, number], boxes):
            self._weight += len(chunk)
            self._replay(chunk)
        self.record = self.checkpoint = number

    def _load_record(self):
        """Apply the next record; False if there is none."""
        number = self.record + 1
        if self._keeper.fetch(RECORD, number, 0) is None:
            return False
        boxes = []

        def fetch(part):
            boxes.append(self._keeper.fetch(RECORD, number, part))
            return boxes[part]

        for chunk in self._sealer.open([RECORD, number, self._chain], fetch):
            self._replay(chunk)
        self._take(boxes)
        return True

    def _replay(self, chunk):
        for change in unpack_own(chunk):
            what, arguments = change[0], change[1:]
            if what == CHAIN:
                self._chain, self._size = arguments
            elif what == PUT:
                self._ram.put(*arguments)
                if arguments[0] == AGES:
                    self._sealer.ages.append(arguments[2])
                if arguments[0] == MARKS:
                    sequence = int.from_bytes(arguments[1], "big")
                    self._erased = self._erased or sequence < self._size
                    self._size = max(self._size, sequence + 1)
            elif what == DROP:
                self._ram.drop(*arguments)
                self._erased = True
            elif what == ADD_KEY:
                self._ram.add_key(*arguments)
            else:
                self._ram.drop_key(*arguments)
        self._ram.commit()
        self._count = self._size

    def _compare(self, anchor):
        """Hold the record that the anchor names against it."""
        if self.record != anchor.record:
            return
        held = (self._chain, self._size, self._root(self))
        if held != (anchor.chain, anchor.size, anchor.root):
            raise _refused(
                f"record {self.record} does not lead to where this node was",
                "the records that this node was told are stored, in their order",
            )


def _key(sequence):
    return sequence.to_bytes(8, "big")


def _apart(attachments):
    """(canonical attachments without values, all of them); the latter None if there are none."""
    if PRIVATE in attachments:
        items = unpack_own(attachments)
        others = [item for item in items if item[0] != "values"]
        if len(others) < len(items):
            return canonical(others), attachments
    return attachments, None


def _chunks(content):
    """Content by parts; mostly one, which is not copied."""
    if len(content) <= PART:
        return [content]
    return [content[at : at + PART] for at in range(0, len(content), PART)]


def _placed(place, number, boxes):
    """(place, number, part, box) of an object's boxes."""
    for part, box in enumerate(boxes):
        yield place, number, part, box


def _parts_of(changes):
    """As `_parts`, of a list that mostly fits into one and is packed once then."""
    whole = canonical(changes)
    return [whole] if len(whole) <= PART else _parts(changes)


def _parts(changes):
    """Yield canonical lists of changes, each within a part.

    Raises:
        StorageFailed: a change does not fit into one.
    """
    part, room = [], PART
    for change in changes:
        size = len(canonical(change))
        if size > PART:
            raise StorageFailed(
                f"a {change[1]} has {size} bytes", f"at most {PART}, what fits into a message"
            )
        if size > room:
            yield canonical(part)
            part, room = [], PART
        part.append(change)
        room -= size
    yield canonical(part)


def _refused(wrong, expected):
    return Refused(
        wrong,
        expected,
        "restore the host's folder from a backup that is not older than the last answer",
    )
