"""Provenance: signed hops, one chain a session, and the node's own hop behind the consent."""

from actors.hop import session_chain
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, Missing, NotAllowedNow, Refused, Unauthorized
from runtime.wire.schema import canonical, make_id
from tests.portable.world import refused, stage

SESSION, OTHER = make_id("test/session", 1), make_id("test/session", 2)
ZEROS = records.ZEROS


def publisher_of(world):
    return world.register(world.person("a publisher"), ("publisher",))


def get(world, hop):
    return world.read("get_hop", hop).hop


def walked(world, hop):
    """Types of a chain's hops, the first one first."""
    types = []
    while hop != ZEROS:
        found = get(world, hop)
        assert make_id("optin/v1/hop", found) == hop
        types.append(found.type)
        hop = found.previous
    return types[::-1]


# ------------------------------------------------------------------------------- the session


def test_a_hop_is_known_by_the_hash_of_what_it_says():
    world = stage("ready")
    publisher = publisher_of(world)
    data = make_id("test/data")
    hop = world.hop(publisher, SESSION, ZEROS, "AdView", data)
    found = get(world, hop)
    assert found == records.Hop(world.node.id, SESSION, ZEROS, "AdView", publisher.id, data)
    assert make_id("optin/v1/hop", found) == hop


def test_hops_of_a_session_form_a_chain():
    world = stage("ready")
    publisher = publisher_of(world)
    last, types = ZEROS, []
    for type in records.HOP.words:
        if type == "OptIn":
            continue
        who = publisher if type.startswith("Ad") else world.partner
        last = world.hop(who, SESSION, last, type)
        types.append(type)
        assert walked(world, last) == types
    assert world.state("chain", session_chain(SESSION)).length == len(types)


def test_sessions_do_not_meet():
    world = stage("ready")
    one = world.hop(world.partner, SESSION)
    two = world.hop(world.partner, OTHER)
    assert one != two
    refused(world, Refused, world.hop, world.partner, OTHER, one)
    refused(world, Refused, world.hop, world.partner, SESSION, two)
    world.hop(world.partner, OTHER, two)
    world.hop(world.partner, SESSION, one)


def test_a_chain_does_not_fork():
    world = stage("ready")
    first = world.hop(world.partner, SESSION)
    second = world.hop(world.partner, SESSION, first, "FormStart")
    for previous in (ZEROS, first, make_id("test/no-hop"), SESSION):
        for type in ("FormStart", "FormSubmit"):
            if (previous, type) == (first, "FormStart"):
                continue  # that very hop: see below
            refused(world, Refused, world.hop, world.partner, SESSION, previous, type)
    assert walked(world, second) == ["LandingPageView", "FormStart"]


def test_a_hop_is_recorded_once():
    world = stage("ready")
    first = world.hop(world.partner, SESSION)
    refused(world, NotAllowedNow, world.hop, world.partner, SESSION)
    world.hop(world.partner, SESSION, first)


def test_a_second_start_of_a_session_is_refused():
    world = stage("ready")
    world.hop(world.partner, SESSION)
    refused(world, Refused, world.hop, world.partner, SESSION, ZEROS, "AdView")
    refused(world, Refused, world.hop, publisher_of(world), SESSION)


def test_nobody_begins_behind_a_hop_that_is_not_there():
    world = stage("ready")
    refused(world, Refused, world.hop, world.partner, SESSION, make_id("test/no-hop"))


def test_a_hop_names_who_signed_it():
    world = stage("ready")
    publisher = publisher_of(world)
    first = world.hop(world.partner, SESSION)
    second = world.hop(publisher, SESSION, first)
    assert [get(world, hop).party for hop in (first, second)] == [world.partner.id, publisher.id]


# --------------------------------------------------------------------------------- refusals


def test_an_opt_in_from_outside_is_refused():
    world = stage("ready")
    last = world.hop(world.partner, SESSION)
    for person in (world.operator, world.partner, world.witnesses[0]):
        for previous in (ZEROS, last):
            refused(world, Refused, world.hop, person, SESSION, previous, "OptIn")


def test_only_parties_record_hops():
    world = stage("ready")
    refused(world, Unauthorized, world.hop, world.person("a stranger"), SESSION)


def test_a_type_that_is_none_is_refused():
    world = stage("ready")
    for type in ("", "optin", "Click"):
        refused(world, Malformed, world.hop, world.partner, SESSION, ZEROS, type)


def test_a_hop_that_is_not_there_is_missing():
    world = stage("ready")
    refused(world, Missing, world.read, "get_hop", make_id("test/no-hop"))
    refused(world, Missing, world.read, "get_hop", ZEROS)


# ------------------------------------------------------------------------------- the opt-in


def test_the_opt_in_cites_the_proof_and_follows_the_hop_of_the_consent():
    world = stage("viewed")
    first = world.hop(world.partner, SESSION)
    last = world.hop(publisher_of(world), SESSION, first, "FormSubmit")
    reply = world.activate(world.user, world.code, hop=last)
    found = get(world, reply.hop)
    assert found == records.Hop(world.node.id, SESSION, last, "OptIn", world.node.id, reply.proof)
    assert walked(world, reply.hop) == ["LandingPageView", "FormSubmit", "OptIn"]


def test_the_node_signs_its_opt_in_hop():
    world = stage("viewed")
    reply = world.activate(world.user, world.code)
    content, signature = canonical(get(world, reply.hop)), world.accepted.signatures[1]
    check = world.crypto.verify
    assert check(world.node.public_key, commands.HOP, content, signature)
    assert not check(world.node.public_key, commands.COMMITMENT, content, signature)


def test_who_came_by_no_hop_starts_a_session_of_their_own():
    world = stage("viewed")
    reply = world.activate(world.user, world.code)
    found = get(world, reply.hop)
    assert (found.session, found.previous) == (reply.proof, ZEROS)
    assert walked(world, reply.hop) == ["OptIn"]
    code = world.generate(world.other)
    world.viewed(world.other, code)
    reply = world.activate(world.other, code)
    assert get(world, reply.hop).session == reply.proof


def test_nobody_can_be_first_in_the_session_of_an_opt_in():
    world = stage("viewed")
    world.hop(world.partner, world.code)  # whoever knows the code knows no session by it
    reply = world.activate(world.user, world.code)
    assert walked(world, reply.hop) == ["OptIn"]


def test_a_session_goes_on_after_the_opt_in():
    world = stage("viewed")
    reply = world.activate(world.user, world.code, hop=world.hop(world.partner, SESSION))
    last = world.hop(world.partner, SESSION, reply.hop, "Conversion")
    assert walked(world, last) == ["LandingPageView", "OptIn", "Conversion"]


def test_two_opt_ins_of_one_session_follow_each_other():
    world = stage("viewed")
    first = world.hop(world.partner, SESSION)
    one = world.activate(world.user, world.code, hop=first).hop
    code = world.generate(world.other)
    world.viewed(world.other, code)
    refused(world, Refused, world.activate, world.other, code, hop=first)
    two = world.activate(world.other, code, hop=one).hop
    assert walked(world, two) == ["LandingPageView", "OptIn", "OptIn"]


def test_a_consent_behind_a_hop_that_is_not_there_is_refused():
    world = stage("viewed")
    for hop in (make_id("test/no-hop"), SESSION, world.code):
        refused(world, Missing, world.activate, world.user, world.code, hop=hop)


def test_a_consent_behind_a_hop_that_is_not_the_last_is_refused():
    world = stage("viewed")
    first = world.hop(world.partner, SESSION)
    last = world.hop(world.partner, SESSION, first, "FormStart")
    refused(world, Refused, world.activate, world.user, world.code, hop=first)
    world.activate(world.user, world.code, hop=last)


def test_the_hop_is_part_of_what_the_user_signs():
    world = stage("viewed")
    last = world.hop(world.partner, SESSION)
    _, enclosures = world.consent(world.user, world.code)
    consent, _ = world.consent(world.user, world.code, hop=last)
    refused(world, Unauthorized, world.do, world.user, "optin_activate_code", consent,
            enclosures=enclosures)  # fmt: skip


def test_the_hop_of_an_opt_in_names_no_user():
    world = stage("activated")
    session = world.state("code", world.code).proof
    last = world.state("chain", session_chain(session)).head
    content = canonical(get(world, last))
    for name in (world.user.id, world.user.pairwise(world.partner.id).id, world.partner.id):
        assert name not in content
