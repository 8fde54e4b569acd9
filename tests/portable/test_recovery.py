"""A recovery key is split among three witnesses; each gets its own share and no other."""

from runtime.wire import commands, records
from runtime.wire.errors import Malformed, Missing, NodeError, Refused, Unauthorized
from runtime.wire.schema import canonical
from runtime.wire.sealing import unseal
from runtime.wire.shares import join
from tests.portable.kept import Device
from tests.portable.world import VALUES, World, toy_world

KEM = [bytes([40 + i]) * 64 for i in range(4)]


def ready():
    world = toy_world().provision()
    world.stranger = world.register(world.person("another witness"), ("witness",))
    return world


def asked(world, holders=None, kems=(0, 1, 2)):
    """Fields of share_recovery, and its enclosures."""
    holders = holders or world.witnesses
    keys = [world.crypto.kem_public_key(KEM[i]) for i in kems]
    signatures = []
    for i in range(len(holders)):
        agreed = canonical([world.node.id, holders[i].id, keys[i]])
        signatures.append(holders[i].sign(commands.RECOVERY_KEY, agreed))
    return (tuple([holder.id for holder in holders]), tuple(keys)), tuple(signatures)


def split(world, holders=None, kems=(0, 1, 2)):
    fields, signatures = asked(world, holders, kems)
    return world.do(world.operator, "share_recovery", *fields, enclosures=signatures).split


def share_of(world, witness, kem):
    """(holder's number, share) as a witness gets it."""
    reply = world.do(witness, "get_share")
    world.reply = reply
    return reply.holder, unseal(world.crypto, KEM[kem], commands.RECOVERY_SHARE, reply.share)


def refused(error, do):
    try:
        do()
    except NodeError as found:
        assert isinstance(found, error), found
        return found
    raise AssertionError("it was not refused")


def test_any_two_witnesses_have_the_key_that_the_store_was_given():
    world = ready()
    given = []
    world.store.recoverable = given.append
    made = split(world)
    held = [share_of(world, world.witnesses[i], i) for i in range(3)]
    assert given[0] not in [share for _, share in held]
    for one in held:
        for other in held:
            if one != other:
                assert join(one[0], one[1], other[0], other[1]) == given[0]
    assert made.witnesses == tuple([witness.id for witness in world.witnesses])
    for i in range(3):
        holder, share = held[i]
        assert holder == i + 1
        assert made.commitments[i] == commands.share_commitment(
            world.node.id, made.position, holder, share
        )


def test_the_split_is_signed_by_the_node():
    world = ready()
    made = split(world)
    share_of(world, world.witnesses[1], 1)
    assert world.reply.split == made
    assert world.reply.operator_key == world.operator.key
    assert world.crypto.verify(
        world.node.public_key, commands.RECOVERY_SPLIT, canonical(made), world.reply.signature
    )


def test_nobody_but_a_holder_gets_a_share():
    world = ready()
    refused(Missing, lambda: world.do(world.witnesses[0], "get_share"))
    split(world)
    refused(Missing, lambda: world.do(world.stranger, "get_share"))
    refused(Unauthorized, lambda: world.do(world.operator, "get_share"))
    refused(Malformed, lambda: share_of(world, world.witnesses[0], 1))


def test_a_later_split_is_of_another_key():
    world = ready()
    given = []
    world.store.recoverable = given.append
    split(world)
    first = share_of(world, world.witnesses[0], 0)
    holders = [world.witnesses[0], world.stranger, world.witnesses[2]]
    split(world, holders, (0, 3, 2))
    second = share_of(world, world.stranger, 3)
    refused(Missing, lambda: world.do(world.witnesses[1], "get_share"))
    assert given[0] != given[1]
    assert join(first[0], first[1], second[0], second[1]) not in given
    third = share_of(world, world.witnesses[2], 2)
    assert join(second[0], second[1], third[0], third[1]) == given[1]


def test_holders_that_are_no_three_witnesses_who_agree_are_refused():
    world = ready()
    (witnesses, keys), signatures = asked(world)

    def tried(*fields, enclosures=signatures):
        world.do(world.operator, "share_recovery", *fields, enclosures=enclosures)

    twice = (witnesses[0], witnesses[0], witnesses[2])
    refused(Refused, lambda: tried(twice, keys))
    refused(Refused, lambda: tried(witnesses, keys[:2]))
    (holders, _), agreed = asked(world, [world.witnesses[0], world.witnesses[1], world.partner])
    error = refused(Unauthorized, lambda: tried(holders, keys, enclosures=agreed))
    assert world.partner.id.hex()[:16] + " is no witness" in str(error)
    others = (keys[0], keys[2], keys[1])
    error = refused(Unauthorized, lambda: tried(witnesses, others))
    assert witnesses[1].hex()[:16] in str(error)
    assert world.state("recovery", records.SINGLETON) is None


def test_a_split_that_could_not_be_kept_leaves_the_journal_as_it_was():
    device = Device()
    world = World(device.store(), device.crypto).provision()
    before = dict(device.host.boxes)
    device.host.full = True
    refused(NodeError, lambda: split(world))
    device.host.full = False
    assert device.host.boxes == before
    split(world)
    assert [key for key in device.host.boxes if key[0] == "recovery"] == [("recovery", 1, 0)]
    world.store = device.store()
    world.boot()
    assert world.node.journal.body(world.node.journal.size - 1).method == "share_recovery"


def test_values_lie_apart_from_the_entries_and_go_when_they_are_due():
    device = Device()
    world = World(device.store(), device.crypto).provision()
    split(world)
    split(world)
    world.enrol(world.person("ada"), VALUES)
    position = world.accepted.position
    places = [key[0] for key in device.host.boxes if key[1] == position]
    assert sorted(place for place in places if place in ("entry", "values")) == ["entry", "values"]
    world.store = device.store()
    world.boot()
    assert len(world.node.journal.attached(position, "values")) == 1
    world.node.journal.erase(position)
    world.store.commit()
    assert ("values", position, 0) not in device.host.boxes
    again = device.store()
    assert b"Ada Lovelace" not in again.entry(position)[3]


def test_an_erased_entry_leaves_its_leaf_with_the_host():
    device = Device()
    world = World(device.store(), device.crypto).provision()
    leaf = world.node.journal.tree.leaf(3)
    world.store.replace(3, None, None, None)
    world.store.commit()
    again = device.store()
    header = again.entry(3)[0]
    assert again.entry(3) == (header, None, None, None)
    sealer = again._sealer
    opened = sealer.open(["entry", 3], lambda part: device.host.boxes.get(("entry", 3, part)))
    assert list(opened) == [canonical([header, leaf])]


def test_a_label_in_a_value_is_not_taken_for_values():
    device = Device(root=lambda store: bytes(32))
    store = device.store()
    attachments = canonical([["other", b"\xa6values"], ["values", b"Ada"], ["other", b""]])
    innocent = canonical([["other", b"\xa6values"]])
    store.append(0, b"header", b"salt", b"body", attachments)
    store.append(1, b"header", b"salt", b"body", innocent)
    store.commit()
    again = device.store()
    assert again.entry(0)[3] == attachments
    assert again.entry(1)[3] == innocent
    assert ("values", 0, 0) in device.host.boxes
    assert ("values", 1, 0) not in device.host.boxes
