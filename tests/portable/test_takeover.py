"""A node takes over from a dead one: what two witnesses signed, all of it, once, and first."""

from runtime.wire import commands, records
from runtime.wire.errors import (
    Malformed,
    Missing,
    NodeError,
    NotAllowedNow,
    Refused,
    Stale,
    Unauthorized,
)
from runtime.wire.records import ZEROS
from runtime.wire.schema import canonical, make_id
from tests.portable.replay import Replay
from tests.portable.world import EUR, VALUES, toy_world

DEAD = make_id("test/dead")


def provisioned():
    world = toy_world()
    world.do(world.operator, "provision", enclosures=(world.operator.key,))
    return world


def heirs(world):
    """The two parts of an estate, each with its keys."""
    world.user, world.rotated = world.person("ada"), world.person("the witness's next key")
    partner, witness = world.partner, world.witnesses[0]
    line = records.CarriedParty
    money = records.CarriedMoney
    users = records.CarryUsers(
        (line(world.user.id, ("user",), world.user.id),),
        (money(world.user.id, EUR, 70), money(world.operator.id, EUR, 30)),
        ZEROS,
    )
    others = records.CarryOver(
        (
            line(partner.id, ("partner",), partner.id),
            line(world.operator.id, ("publisher",), world.operator.id),
            line(witness.id, ("witness",), world.rotated.id),
        ),
        (money(partner.id, EUR, 900),),
        (make_id("optin/v1/payment", b"payment 1"),),
        commands.carried_id(users),
    )
    keys = partner.key + world.operator.key + world.rotated.key
    return (others, keys), (users, world.user.key)


def takeover(world, parts, **changes):
    usual = dict(predecessor=DEAD, size=40, root=make_id("test/root"), successor=world.node.id,
                 carried=commands.carried_id(parts[0][0]))  # fmt: skip
    usual.update(changes)
    return records.Takeover(
        usual["predecessor"], usual["size"], usual["root"], usual["successor"], usual["carried"]
    )


def take_over(world, said, signers=(0, 1), named=(0, 1), signed=None):
    enclosures = []
    for i in signers:
        witness = world.witnesses[i]
        enclosures += [witness.key, witness.sign(commands.TAKEOVER, canonical(signed or said))]
    ids = tuple([world.witnesses[i].id for i in named])
    world.do(world.operator, "take_over", said, ids, enclosures=tuple(enclosures))


def carry(world, part, keys=None):
    method = "carry_over" if len(part[0]) == 4 else "carry_users"
    enclosures = (part[1] if keys is None else keys,)
    world.do(world.operator, method, *part[0], enclosures=enclosures)


def done():
    world = provisioned()
    world.parts = heirs(world)
    take_over(world, takeover(world, world.parts))
    for part in world.parts:
        carry(world, part)
    return world


def refused(error, do, *words):
    try:
        do()
    except NodeError as found:
        assert isinstance(found, error), found
        for word in words:
            assert word in str(found), found
        return
    raise AssertionError("it was not refused")


def test_parties_and_money_are_there_afterwards():
    world = done()
    found = world.read("get_takeover")
    assert found.takeover.predecessor == DEAD
    assert found.next == ZEROS
    assert world.do(world.partner, "get_account", world.partner.id, EUR).available == 900
    assert world.do(world.user, "get_balance", world.user.id, EUR).balance == 70
    assert world.do(world.operator, "get_balance", world.operator.id, EUR).balance == 30
    assert world.state("party", world.operator.id).roles == ("operator", "publisher")
    assert world.state("party", world.witnesses[0].id).public_key == world.rotated.key
    assert world.read("get_party", world.user.id).roles == ()
    world.do(world.user, "withdraw_balance", EUR, 70)


def test_a_replay_comes_to_the_same():
    world = done()
    replay = Replay(world.node.journal)
    replay.follow()
    replay.check(world.store)


def test_nothing_is_known_of_a_predecessor_where_there_is_none():
    found = provisioned().read("get_takeover")
    assert found.takeover is None and found.next == ZEROS


def test_it_comes_right_behind_the_provisioning_or_not_at_all():
    world = provisioned()
    parts = heirs(world)
    world.register(world.partner, ("partner",))
    refused(Refused, lambda: take_over(world, takeover(world, parts)), "of its own")
    world = done()
    refused(NotAllowedNow, lambda: take_over(world, takeover(world, world.parts)))


def test_two_witnesses_sign_it_for_this_very_node():
    world = provisioned()
    parts = heirs(world)
    said = takeover(world, parts)
    refused(Unauthorized, lambda: take_over(world, said, named=(0, 0)), "1 different")
    refused(Unauthorized, lambda: take_over(world, said, signed=takeover(world, parts, size=41)),
            world.witnesses[0].id.hex()[:16])  # fmt: skip
    other = takeover(world, parts, successor=DEAD)
    refused(Refused, lambda: take_over(world, other), "by this node")
    own = takeover(world, parts, predecessor=world.node.id)
    refused(Refused, lambda: take_over(world, own))
    refused(Missing, lambda: carry(world, parts[0]))
    assert world.node.journal.size == 1


def test_each_part_comes_as_it_was_agreed_to_and_once():
    world = provisioned()
    parts = heirs(world)
    take_over(world, takeover(world, parts))
    refused(Refused, lambda: carry(world, parts[1]), "not the part")
    others = parts[0][0]
    more = records.CarriedMoney(world.partner.id, EUR, 901)
    richer = records.CarryOver(others.parties, (more,), others.payments, others.next)
    refused(Refused, lambda: carry(world, (richer, parts[0][1])), "not the part")
    carry(world, parts[0])
    refused(Refused, lambda: carry(world, parts[0]), "not the part")
    assert world.read("get_takeover").next == commands.carried_id(parts[1][0])
    carry(world, parts[1])
    refused(NotAllowedNow, lambda: carry(world, parts[1]))
    assert world.do(world.partner, "get_account", world.partner.id, EUR).available == 900


def test_a_part_has_the_keys_that_it_names():
    world = provisioned()
    parts = heirs(world)
    take_over(world, takeover(world, parts))
    keys = parts[0][1]
    refused(Malformed, lambda: carry(world, parts[0], keys[:-1]))
    swapped = world.operator.key + world.partner.key + world.rotated.key
    refused(Unauthorized, lambda: carry(world, parts[0], swapped), "key 0")
    assert world.state("party", world.partner.id) is None


def test_a_payment_that_the_dead_node_credited_is_not_credited_here():
    world = done()
    refused(Refused, lambda: world.deposit(5, b"payment 1"), "credited before")
    world.deposit(5, b"payment 2")
    assert world.do(world.partner, "get_account", world.partner.id, EUR).available == 905


def test_a_user_who_was_carried_refers_nobody_before_enrolling():
    world = done()
    for index in range(3):
        field = records.FieldDefinition(index, "field %d" % index, "text", ("ExactValue",))
        world.do(world.operator, "define_field", field)
    values = VALUES[:1]
    friend = world.person("a friend")
    refused(Missing, lambda: world.enrol(friend, values, world.user), "not enrolled here")
    world.enrol(world.user, values)
    friend.nonce = 0
    world.enrol(friend, values, world.user)


def test_what_was_signed_for_the_dead_node_is_refused_here():
    world = done()
    params = world.signed(world.partner, "withdraw_escrow", EUR, 1, node=DEAD)
    refused(Stale, lambda: world.do(world.partner, "withdraw_escrow", params=params))
