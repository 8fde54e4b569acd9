"""The graph: what follows from an id by one type of edge, for the operator."""

from runtime.wire import records
from runtime.wire.errors import Malformed, Refused, Unauthorized
from runtime.wire.schema import make_id
from tests.portable.world import DAY, VALUES, refused, stage

NOBODY = make_id("test/nobody")


def test_every_type_of_edge_is_looked_at_here():
    assert records.EDGE.words == ("referred", "has_code", "holds", "lead", "followed_by")


def test_users_lead_to_those_they_referred():
    world = stage("enrolled")
    assert world.edges("referred", world.user.id) == []
    people = [world.enrol(world.person(name), VALUES, world.user) for name in ("A", "B", "C")]
    grandchild = world.enrol(world.person("D"), VALUES, people[0])
    assert world.edges("referred", world.user.id) == sorted([person.id for person in people])
    assert world.edges("referred", people[0].id) == [grandchild.id]
    assert world.edges("referred", grandchild.id) == []


def test_users_lead_to_their_codes():
    world = stage("generated")
    codes = [world.code]
    for serial in (7, 8):
        codes.append(world.generate(world.user, world.publish(serial=serial)))
    theirs = world.generate(world.other)
    assert world.edges("has_code", world.user.id) == sorted(codes)
    assert world.edges("has_code", world.other.id) == [theirs]


def test_codes_lead_to_their_reservations():
    world = stage("generated")
    assert world.edges("holds", world.code) == [world.reservation]


def test_codes_lead_to_their_view_records_once_they_are_leads():
    world = stage("viewed")
    assert world.edges("lead", world.code) == []
    record = world.activate(world.user, world.code).record
    assert world.edges("lead", world.code) == [record]


def test_hops_lead_to_the_ones_behind_them():
    world = stage("viewed")
    session = make_id("test/session")
    one = world.hop(world.partner, session)
    two = world.hop(world.partner, session, one, "FormSubmit")
    three = world.activate(world.user, world.code, hop=two).hop
    assert world.edges("followed_by", one) == [two]
    assert world.edges("followed_by", two) == [three]
    assert world.edges("followed_by", three) == []
    assert world.edges("followed_by", records.ZEROS) == [one]  # where sessions start


def test_edges_stay_whatever_becomes_of_a_code():
    for name in ("settled", "cancelled", "stopped"):
        world = stage(name)
        assert world.edges("has_code", world.user.id) == [world.code]
        assert world.edges("holds", world.code) == [world.reservation]
        assert world.edges("lead", world.code) == [world.record]
    world = stage("generated")
    world.uptime.ns += 30 * DAY
    world.expire(world.code)
    assert world.edges("has_code", world.user.id) == [world.code]
    assert world.edges("holds", world.code) == [world.reservation]


def test_edges_come_in_pages():
    world = stage("enrolled")
    people = [world.enrol(world.person(f"user {i}"), VALUES[:1], world.user) for i in range(5)]
    expected = sorted([person.id for person in people])
    for limit in (1, 2, 5, 255):
        assert world.edges("referred", world.user.id, limit) == expected
    refused(world, Refused, world.edges, "referred", world.user.id, 0)


def test_nothing_follows_from_what_is_not_there():
    world = stage("activated")
    for edge in records.EDGE.words:
        assert world.edges(edge, NOBODY) == []
        assert world.edges(edge, world.partner.id) == []


def test_an_edge_of_another_type_is_refused():
    world = stage("activated")
    for edge in ("", "knows", "code.by_user"):
        refused(world, Malformed, world.edges, edge, NOBODY)


def test_only_the_operator_sees_the_graph():
    world = stage("activated")
    auditor = world.register(world.person("an auditor"), ("auditor",))
    for person in (world.partner, world.user, world.witnesses[0], auditor):
        for edge, source in (("has_code", world.user.id), ("lead", world.code)):
            refused(world, Unauthorized, world.do, person, "list_edges", edge, source, b"", 9)
