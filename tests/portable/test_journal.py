"""The journal: what an entry proves, what it hides, and that it comes back as it was."""

from actors.payee import payee_id
from runtime.node.checkpoint import check_chain
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, Missing, Refused, StorageFailed, Unauthorized
from runtime.wire.proofs import (
    body_digest,
    digest_of,
    entry_leaf,
    faces,
    is_consistent,
    is_included,
    leaf_hash,
    part_digest,
    part_salt,
    parts_of,
    shown_leaf,
    shown_part,
)
from runtime.wire.schema import canonical, decode, evolve, unpack
from tests.portable.world import START, Use, refused, stage, toy_world

NONCE = bytes(range(32))


def raises(error, action, *arguments):
    try:
        result = action(*arguments)
    except error as found:
        return found
    raise AssertionError(f"answered {result!r}")


def entries(world):
    return [world.node.journal.entry(at) for at in range(world.node.journal.size)]


def seen(shown):
    """The events of a Shown that are shown."""
    return [part for part in shown.events if part.salt is not None]


def leaf_of(parts):
    return shown_leaf(parts.header, parts.salt, parts.shown)


def body_of(world, position):
    return decode(records.Body, world.node.journal.entry(position)[2])


def test_every_leaf_is_computed_from_its_entry():
    world = stage("settled")
    check_chain(world.node.journal)
    for position in range(world.node.journal.size):
        header, salt, body, _ = world.node.journal.entry(position)
        assert entry_leaf(header, salt, body) == world.node.journal.tree.leaf(position)
        assert header.sequence == position


def test_an_entry_changed_in_the_store_is_found():
    for part in range(3):
        world = stage("ready")
        row = list(world.store.entries[5])
        row[part] = row[part][:-1] + bytes([row[part][-1] ^ 1])
        world.store.entries[5] = tuple(row)
        raises((Missing, Refused, Malformed), check_chain, world.node.journal)


def test_attachments_are_not_hashed():
    world = stage("settled")
    for position in range(len(world.store.entries)):
        world.store.entries[position] = world.store.entries[position][:3] + (canonical([]),)
    check_chain(world.fork().node.journal)


def test_a_leaf_outlives_its_erased_body():
    world = stage("ready")
    header, salt, body, _ = world.node.journal.entry(7)
    content = decode(records.Body, body)
    digest = body_digest(header, content.method, *parts_of(content))
    assert leaf_hash(salt, header, digest) == world.node.journal.tree.leaf(7)


def test_header_and_body_must_agree():
    world = stage("ready")
    header, salt, body, _ = world.node.journal.entry(7)
    for changes in ({"schema": header.schema + 1}, {"sequence": 8}, {"time": 0}):
        raises(Refused, entry_leaf, evolve(header, **changes), salt, body)
    raises(Malformed, entry_leaf, header, salt, body + b"\x00")


def test_an_entry_says_what_was_asked_by_whom_and_what_came_of_it():
    world = stage("ready")
    body = body_of(world, world.node.journal.size - 1)
    command = decode(records.Command, body.command)
    assert (body.method, command.method) == ("publish_offer", "publish_offer")
    assert command.party == world.partner.id
    kinds = [tuple(unpack(event)[:3]) for event in body.events]
    assert kinds == [
        ("party", world.partner.id, "command_accepted"),
        ("offer", world.offer, "offer_published"),
    ]


def test_a_receipt_proves_an_acknowledged_command():
    world = stage("ready")
    deposit = world.deposit(5, b"payment 2")
    assert deposit.available == 50_000_005
    receipt = world.read("journal_receipt", world.accepted.position, NONCE)
    head = receipt.signed.head
    assert receipt.inclusion.leaf == world.accepted.leaf
    assert is_included(receipt.inclusion, head)
    assert head.node == world.node.id and head.nonce == NONCE and head.time == START
    assert world.crypto.verify(
        world.node.public_key, commands.HEAD, canonical(head), receipt.signed.signature
    )
    assert not is_included(evolve(receipt.inclusion, position=3), head)
    assert not is_included(receipt.inclusion, evolve(head, size=head.size + 1))


def test_heads_only_ever_append():
    world = stage("ready")
    heads = [world.read("journal_head", NONCE).signed.head]
    for i in range(3):
        world.deposit(5, b"more" + bytes([i]))
        heads.append(world.read("journal_head", NONCE).signed.head)
    for first in heads:
        for second in heads:
            if first.size <= second.size:
                path = world.read("journal_consistency", first.size, second.size).path
                assert is_consistent(first.size, first.root, second.size, second.root, path)


def test_questions_leave_no_entry():
    world = stage("settled")
    before = world.store.content()
    world.read("identity")
    world.read("status")
    world.read("journal_head", NONCE)
    world.do(world.user, "get_code", world.code)
    world.do(world.partner, "list_views", b"", 9)
    assert world.store.content() == before


def test_part_of_an_entry_is_shown_and_bound_to_its_leaf():
    world = stage("generated")
    journal = world.node.journal
    parts = journal.open_parts(journal.size - 1, ("reservation_made",), journal.size)
    assert [unpack(part.content)[2] for part in seen(parts.shown)] == ["reservation_made"]
    assert leaf_of(parts) == parts.inclusion.leaf == journal.tree.leaf(journal.size - 1)
    assert len(parts.shown.events) > 1 and parts.shown.command.salt is None


def test_a_part_that_was_not_hashed_is_found():
    world = stage("generated")
    journal = world.node.journal
    parts = journal.open_parts(journal.size - 1, ("reservation_made",), journal.size)
    shown, part = parts.shown, seen(parts.shown)[0]
    at = list(shown.events).index(part)

    def other(**changes):
        events = list(shown.events)
        events[at] = evolve(part, **changes)
        return evolve(parts, shown=evolve(shown, events=tuple(events)))

    for wrong in (
        other(content=part.content + b"\x00"), other(salt=NONCE), other(hidden=NONCE),
        evolve(parts, salt=NONCE), evolve(parts, header=evolve(parts.header, time=1)),
        evolve(parts, shown=evolve(shown, method="enrol")),
        evolve(parts, shown=evolve(shown, events=shown.events[:-1])),
        evolve(parts, shown=evolve(shown, events=shown.events[1:])),
        evolve(parts, shown=evolve(shown, command=evolve(shown.command, hidden=NONCE))),
    ):  # fmt: skip
        assert leaf_of(wrong) != parts.inclusion.leaf
    raises(Malformed, leaf_of, other(salt=None))


def test_what_is_shown_of_an_entry_does_not_let_the_rest_be_guessed():
    # A witness that suspects who the user is must not be able to confirm it.
    world = stage("activated")
    journal = world.node.journal
    parts = journal.open_parts(journal.size - 1, ("code_activated",), journal.size)
    content = body_of(world, journal.size - 1)
    shown = parts.shown
    for salt in [parts.salt] + [part.salt for part in seen(shown)]:
        assert part_digest(part_salt(salt, 0), content.command) != shown.command.hidden
        for index in range(len(content.events)):
            if shown.events[index].salt is None:
                guessed = digest_of(shown_part(salt, index + 1, content.events[index]))
                assert guessed != shown.events[index].hidden, unpack(content.events[index])[2]


def test_salts_are_all_different():
    world = stage("settled")
    salts = [entry[1] for entry in entries(world)]
    assert len(set(salts)) == len(salts)
    made = [part_salt(salt, index) for salt in salts for index in range(3)]
    assert len(set(made + salts)) == len(made) + len(salts)


def test_equal_commands_give_equal_bodies_whatever_the_attachments():
    worlds = []
    for extra in range(2):
        world = toy_world()
        for _ in range(extra):  # as hedged as a toy can be: other ciphertexts
            world.crypto.encapsulate(world.node.kem_public_key)
        world.ready()
        user = world.enrol(world.person("Ada"), (b"Ada",))
        code = world.generate(user)
        world.viewed(user, code)
        world.view(world.activate(user, code, (Use(0, "ExactValue"),
                                               Use(2, "BooleanOnly"))).record)  # fmt: skip
        world.settle(code)
        worlds.append(world)
    one, two = worlds
    assert [entry[:3] for entry in one.store.entries] == [entry[:3] for entry in two.store.entries]
    assert one.node.journal.tree.root() == two.node.journal.tree.root()
    assert one.sealed_reply.ciphertext != two.sealed_reply.ciphertext


def test_another_seed_gives_another_journal():
    one, two = toy_world(seed=bytes(32)), toy_world(seed=bytes(31) + b"\x01")
    assert one.node.id != two.node.id
    assert one.node.entropy("salt", 0) != two.node.entropy("salt", 0)


def test_entropy_is_a_function_of_label_and_sequence():
    node = stage("provisioned").node
    assert node.entropy("salt", 1) == node.entropy("salt", 1)
    drawn = [node.entropy(label, i) for label in ("salt", "code", "kem") for i in range(3)]
    assert len(set(drawn)) == len(drawn)
    assert len(node.entropy("kem", 0, 64)) == 64


def test_a_node_that_starts_again_goes_on_from_its_journal():
    world = stage("completed")
    size, root = world.node.journal.size, world.node.journal.tree.root()
    world.uptime.ns = 0
    world.boot()
    assert (world.node.journal.size, world.node.journal.tree.root()) == (size, root)
    check_chain(world.node.journal)
    world.settle(world.code)
    assert world.node.journal.size == size + 1


def test_time_in_the_journal_only_moves_forward():
    world = stage("ready")
    world.uptime.ns = 10**12
    world.deposit(5, b"later")
    world.uptime.ns = 0  # the power was cut and the uptime starts anew
    world.boot()
    world.deposit(5, b"after the cut")
    times = [entry[0].time for entry in entries(world)]
    assert times == sorted(times)
    assert times[-1] == START + 10**12


def journal_as_seen_by(world, reader):
    start, pages = 0, []
    while start < world.node.journal.size:
        page = world.do(reader, "journal_entries", start, 5).entries
        assert 1 <= len(page) <= 5
        pages.extend(page)
        start += len(page)
    return pages


VALUES = (b"Ada Lovelace", b"ada@example.org", b"+4930123456", b"1815-12-10")


def test_the_operator_reads_everything_but_field_values():
    world = stage("completed")
    entries = journal_as_seen_by(world, world.operator)
    for at in range(len(entries)):
        entry = entries[at]
        leaf = world.node.journal.tree.leaf(at)
        assert entry_leaf(entry.header, entry.salt, entry.body) == entry.leaf == leaf
        for secret in VALUES:
            assert secret not in canonical(entry)


def auditors_world():
    """A world with a referred user who is scored, shown twice and paid; and an auditor."""
    world = stage("settled")
    auditor = world.register(world.person("an auditor"), ("auditor",))
    world.source = world.register(world.person("source"), ("source",))
    world.record_event(world.user, "ForumPost", 10, world.now)
    world.update(world.user, (b"Ada King",))
    world.withdraw_balance(world.user, 1)
    world.hop(world.user, NONCE, type="FormStart")
    world.rotate(world.user, "another key of Ada")
    world.generate(world.other)
    world.revoke(world.user, world.code)
    return world, auditor


def test_an_auditor_can_check_every_leaf():
    world, auditor = auditors_world()
    entries = journal_as_seen_by(world, auditor)
    for at in range(len(entries)):
        entry = entries[at]
        assert entry.body == b""
        leaf = world.node.journal.tree.leaf(at)
        assert shown_leaf(entry.header, entry.salt, entry.shown) == entry.leaf == leaf


def test_an_auditor_sees_nothing_that_names_a_user():
    world, auditor = auditors_world()
    named = []
    for person in (world.user, world.other):
        named += [person.id, person.key[:32], payee_id(person.id, b"EUR" + bytes(5))]
    named += [world.state("code", world.code).nonce]
    whole = b"".join([canonical(entry) for entry in journal_as_seen_by(world, world.operator)])
    shown = b"".join([canonical(entry) for entry in journal_as_seen_by(world, auditor)])
    for name in named:
        assert name not in shown
    assert len([name for name in named if name in whole]) >= 5
    for secret in VALUES:
        assert secret not in shown
    for seen_by_all in (world.partner.id, world.operator.id, world.code, world.offer):
        assert seen_by_all in shown


def test_private_fields_cannot_be_guessed():
    # Who suspects who the user is must not be able to confirm it.
    world, auditor = auditors_world()
    entries = journal_as_seen_by(world, auditor)
    guessed = 0
    for at in range(len(entries)):
        content = body_of(world, at)
        for index in range(len(content.events)):
            part = entries[at].shown.events[index]
            _, private = faces(content.events[index])
            assert (part.hidden is None) == (private == b"")
            if private:
                assert part_digest(part.salt, private) != part.hidden
                assert part_digest(part_salt(content.blind, 129 + index), private) == part.hidden
                guessed += 1
    assert guessed > 20


def test_the_journal_is_for_auditors_and_the_operator():
    world = stage("settled")
    for person in (world.partner, world.user, world.witnesses[0]):
        refused(world, Unauthorized, world.do, person, "journal_entries", 0, 9)


def test_an_entry_that_the_store_cannot_bring_is_an_error_that_says_so():
    world = stage("completed")
    auditor = world.register(world.person("an auditor"), ("auditor",))

    def fail(sequence):
        raise StorageFailed("the host did not bring entry 3 back", todo="restore its folder")

    world.store.entry = fail
    error, _ = world.send("journal_entries", world.signed(auditor, "journal_entries", 0, 9))
    assert error[:2] == ["storage", "the host did not bring entry 3 back"]
    assert world.failures == []
