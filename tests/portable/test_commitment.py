"""The commitment of a consent: what a partner can check, and what nobody can guess."""

from hashlib import sha3_256

from runtime.wire import commands, records
from runtime.wire.proofs import LEAVES, commitment_leaf, commitment_root, hidden_leaves
from runtime.wire.schema import canonical, make_id, spec_of
from tests.portable.world import VALUES, Use, stage

NAME, MAIL, PHONE = Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly")
ZIP, BORN = Use(3, "MetroAreaOnly"), Use(9, "AgeRange")


def engaged(world, fields=(NAME, PHONE), partner=None, user=None):
    """The record of an engagement of a new offer that asks for everything."""
    world.partner = partner or world.partner
    user = user or world.user
    optional = (NAME, MAIL, PHONE, ZIP, BORN)
    world.publish(serial=world.partner.nonce, required=(), optional=optional)
    world.code = world.generate(user)
    world.viewed(user, world.code)
    return world.activate(user, world.code, fields).record


def attested(world, record):
    """The commitment of a record, once the node's signature over it has been checked."""
    found = world.do(world.partner, "get_view", record)
    assert world.crypto.verify(
        world.node.public_key, commands.COMMITMENT, canonical(found.commitment), found.signature
    )
    assert found.commitment.node == world.node.id and found.commitment.record == record
    return found.commitment


def opened(grant):
    """[(index, transform, value, opening)] of a grant."""
    indexes = [i for i in range(256) if grant.returned[i >> 3] >> (i & 7) & 1]
    assert len(indexes) == len(grant.transforms) == len(grant.openings)
    found, at = [], 0
    for i in range(len(indexes)):
        size = int.from_bytes(grant.fields[at : at + 2], "little")
        value = grant.fields[at + 2 : at + 2 + size]
        at += 2 + size
        found.append((indexes[i], grant.transforms[i], value, grant.openings[i]))
    assert at == len(grant.fields)
    return found


def root_of(index, transform, value, opening):
    leaf = commitment_leaf(opening.salt, index, transform, value)
    return commitment_root(leaf, index, opening.path)


def test_every_value_that_is_returned_opens_the_root_that_the_node_signed():
    world = stage("enrolled")
    record = engaged(world, (NAME, MAIL, PHONE, ZIP, BORN))
    root = attested(world, record).root
    found = opened(world.view(record))
    assert [item[:3] for item in found] == [
        (0, "ExactValue", b"Ada Lovelace"), (1, "ExactValue", b"ada@example.org"),
        (2, "BooleanOnly", b"\x01"), (3, "MetroAreaOnly", b"New York NY metro"),
        (9, "AgeRange", b"65+"),
    ]  # fmt: skip
    for item in found:
        assert root_of(*item) == root


def test_a_leaf_is_the_hash_that_the_reference_states():
    world = stage("activated")
    index, transform, value, opening = opened(world.view(world.record))[0]
    content = b"\x00" + opening.salt + canonical([index, transform, value])
    assert commitment_leaf(opening.salt, index, transform, value) == sha3_256(content).digest()
    node = sha3_256(content).digest()
    for sibling in opening.path:  # RFC 9162, section 2.1.1; the name is field 0, always left
        node = sha3_256(b"\x01" + node + sibling).digest()
    assert node == attested(world, world.record).root


def test_nothing_else_opens_the_root():
    world = stage("enrolled")
    record = engaged(world, (NAME, MAIL, PHONE))
    root = attested(world, record).root
    name, mail, phone = opened(world.view(record))
    for index, transform, value, opening in (name, mail, phone):
        salt, path = opening
        for wrong in (
            (index, transform, value + b" ", opening), (index, transform, b"", opening),
            (index, transform, value[:-1], opening), (index ^ 1, transform, value, opening),
            (index + 1, transform, value, opening), (255, transform, value, opening),
            (index, "AgeRange", value, opening),
            (index, transform, value, records.Opening(bytes(32), path)),
            (index, transform, value, records.Opening(salt[1:] + salt[:1], path)),
            (index, transform, value, records.Opening(salt, path[1:])),
            (index, transform, value, records.Opening(salt, path + path[:1])),
            (index, transform, value, records.Opening(salt, ())),
            (index, transform, value, records.Opening(salt, path[1:] + path[:1])),
            (index, transform, value, records.Opening(salt, (bytes(32),) + path[1:])),
            (index, transform, value, records.Opening(salt, path[:-1] + (bytes(32),))),
        ):  # fmt: skip
            assert root_of(*wrong) != root
    for one, two in ((name, mail), (mail, phone), (phone, name)):
        assert root_of(one[0], one[1], one[2], two[3]) != root
        assert root_of(one[0], one[1], two[2], one[3]) != root


def test_the_signature_is_over_this_record_and_this_consent_alone():
    world = stage("activated")
    found = world.do(world.partner, "get_view", world.record)
    node, record, hashed, root = found.commitment
    assert hashed == world.state("code", world.code).consent_hash
    for wrong in (
        records.Commitment(bytes(32), record, hashed, root),
        records.Commitment(node, world.code, hashed, root),
        records.Commitment(node, record, root, root),
        records.Commitment(node, record, hashed, hashed),
    ):
        assert not world.crypto.verify(
            world.node.public_key, commands.COMMITMENT, canonical(wrong), found.signature
        )
    for purpose in (commands.CONSENT_PROOF, commands.HOP, commands.CODE):
        assert not world.crypto.verify(
            world.node.public_key, purpose, canonical(found.commitment), found.signature
        )


def test_activation_answers_with_the_same_signature():
    world = stage("viewed")
    record = world.activate(world.user, world.code).record
    signatures = world.accepted.signatures
    assert len(signatures) == 3  # consent proof, OptIn hop, commitment
    assert world.do(world.partner, "get_view", record).signature == signatures[2]


def test_openings_come_only_for_fields_that_are_returned():
    world = stage("enrolled")
    record = engaged(world, (NAME, MAIL, PHONE))
    root = attested(world, record).root
    for mask, indexes in (
        (0b001, [0]),
        (0b110, [1, 2]),
        (0b111, [0, 1, 2]),
        (0, []),
        (0b11000, []),
    ):
        found = opened(world.view(record, mask.to_bytes(32, "little")))
        assert [item[0] for item in found] == indexes
        for item in found:
            assert root_of(*item) == root


def test_openings_are_the_same_every_time_and_after_the_values_change():
    world = stage("activated")
    first, commitment = world.view(world.record), attested(world, world.record)
    world.update(world.user, (b"Ada Byron",))
    world.boot()
    second = world.view(world.record)
    assert first.openings == second.openings and first.fields == second.fields
    assert attested(world, world.record) == commitment


def test_nothing_of_what_is_not_returned_is_in_an_opening():
    """Salts and leaves of other fields: without them nothing can be tried against a path."""
    world = stage("enrolled")
    record = engaged(world, (NAME, MAIL))
    name, mail = opened(world.view(record))
    alone = world.view(record, b"\x01" + bytes(31))
    content = canonical(alone)
    assert mail[3].salt not in content and mail[2] not in content
    # The sibling is the leaf of the mail address. It is salted: the address alone gives no leaf.
    sibling = alone.openings[0].path[0]
    assert sibling == commitment_leaf(mail[3].salt, 1, "ExactValue", mail[2])
    for salt in (bytes(32), name[3].salt, alone.record, alone.code):
        assert commitment_leaf(salt, 1, "ExactValue", mail[2]) != sibling


def test_the_leaf_of_a_field_that_is_not_shown_is_none_of_its_values():
    """Shown the name alone, the sibling is a random leaf: the true value opens nothing."""
    world = stage("enrolled")
    record = engaged(world, (NAME,))
    item = opened(world.view(record))[0]
    sibling = item[3].path[0]
    seed = world.state("view", record).seed
    assert sibling == hidden_leaves(seed)[1]
    salt = make_id("optin/v1/leaf-salt", seed, 1)
    for transform in records.TRANSFORM.words:
        for value in (VALUES[1], b"", b"\x00", b"\x01"):
            for tried in (salt, item[3].salt, bytes(32)):
                assert commitment_leaf(tried, 1, transform, value) != sibling


def test_the_tree_does_not_tell_how_many_fields_it_shows():
    world = stage("enrolled")
    one = world.view(engaged(world, (NAME,)), b"\x01" + bytes(31)).openings[0]
    two = world.view(engaged(world, (NAME, MAIL, PHONE), user=world.other), b"\x01" + bytes(31))
    assert len(one.path) == len(two.openings[0].path) == 8 and LEAVES == 256
    assert len(canonical(one)) == len(canonical(two.openings[0]))


def hashes_of(grant):
    """Every hash in a grant's openings."""
    found = set()
    for opening in grant.openings:
        found.add(opening.salt)
        for node in opening.path:
            found.add(node)
    return found


def test_two_partners_who_compare_find_nothing_in_common():
    world = stage("enrolled")
    first = world.partner
    second = world.register(world.person("second partner"), ("partner",))
    world.deposit(50_000_000, b"second", second)
    everything = (NAME, MAIL, PHONE, ZIP, BORN)
    one = engaged(world, everything)
    seen, commitment = world.view(one), attested(world, one)
    two = engaged(world, everything, second)
    other, other_commitment = world.view(two), attested(world, two)
    assert first is not world.partner and seen.fields == other.fields
    assert not hashes_of(seen) & hashes_of(other)
    for i in (1, 2, 3):
        assert commitment[i] != other_commitment[i]
    # Neither partner's opening tells anything about the other's root.
    for item in opened(other):
        assert root_of(*item) != commitment.root


def test_two_consents_of_one_user_to_one_partner_have_nothing_in_common_either():
    world = stage("enrolled")
    one = engaged(world)
    seen = world.view(one)
    two = engaged(world)
    other = world.view(two)
    assert seen.fields == other.fields
    assert not hashes_of(seen) & hashes_of(other)
    assert attested(world, one).root != attested(world, two).root


def test_equal_users_have_different_roots():
    world = stage("enrolled")
    one = engaged(world)
    two = engaged(world, user=world.other)
    assert world.view(one).fields == world.view(two).fields
    assert attested(world, one).root != attested(world, two).root


def test_the_seed_of_the_leaves_is_in_no_entry_that_is_shown():
    world = stage("completed")
    auditor = world.register(world.person("an auditor"), ("auditor",))
    state = world.state("view", world.record)
    for start in range(world.node.journal.size):
        entries = world.do(auditor, "journal_entries", start, 1).entries
        assert state.seed not in canonical(entries[0])
    kinds = [field[0] for field in spec_of(records.EVENTS["view_created"]).fields]
    assert "root" in kinds and "seed" not in kinds and "shown" not in kinds
