"""Activity scores: what counts, for how long, for what, and who sees it."""

from actors.score import DIMENSIONS, newest
from runtime.wire import records
from runtime.wire.errors import Malformed, Missing, Refused, Unauthorized
from runtime.wire.schema import canonical, make_id
from tests.portable.world import DAY, START, VALUES, refused, stage

YEAR = 365 * DAY
API, FORM, POST = "ApiVerification", "FormCompletion", "ForumPost"
Weights, Activity = records.Weights, records.Activity


def weigh(world, authentication, engagement, sharing, model="two"):
    weights = Weights(model, authentication, engagement, sharing)
    return world.do(world.operator, "define_weights", weights)


def dimensions(score):
    return score.authentication, score.engagement, score.sharing


def later(world, ns):
    world.uptime.ns += ns


# ------------------------------------------------------------------------------ what counts


def test_a_score_without_events_is_zero_under_the_default_weights():
    world = stage("sourced")
    assert world.score(world.user) == records.Score(0, 0, 0, 0, False, "default")


def test_each_type_of_event_feeds_its_dimension_and_no_other():
    origin = stage("sourced")
    assert len(DIMENSIONS) == 7
    for type, expected in (
        ("ApiVerification", (7, 0, 0)), ("FormCompletion", (0, 7, 0)),
        ("QuestionAsked", (0, 7, 0)), ("DocumentDownload", (0, 7, 0)),
        ("SurveyCompleted", (0, 7, 0)), ("ReferralMade", (0, 0, 7)), ("ForumPost", (0, 0, 7)),
    ):  # fmt: skip
        world = origin.fork()
        world.record_event(world.user, type, 79)
        assert dimensions(world.score(world.user)) == expected, type


def test_ten_points_are_one_of_a_dimension_rounded_down_over_their_sum():
    world = stage("sourced")
    for points, expected in ((9, 0), (1, 1), (9, 1), (1, 2), (980, 100)):
        world.record_event(world.user, API, points)
        assert world.score(world.user).authentication == expected


def test_a_dimension_saturates_at_a_hundred():
    world = stage("sourced")
    world.record_event(world.user, API, 999)
    assert world.score(world.user).authentication == 99
    world.record_event(world.user, API, 1)
    assert world.score(world.user).authentication == 100
    world.record_event(world.user, API, 1000)
    assert world.score(world.user).authentication == 100


def test_the_default_weights_are_4000_3500_2500():
    world = stage("sourced")
    for type, composite in ((API, 40), (FORM, 75), (POST, 100)):
        world.record_event(world.user, type, 1000)
        assert world.score(world.user).composite == composite


def test_the_composite_is_rounded_down_once():
    world = stage("sourced")
    for type in (API, FORM, POST):
        world.record_event(world.user, type, 15)
    # 4000 * 1 + 3500 * 1 + 2500 * 1; rounded one by one it would be 0
    assert world.score(world.user).composite == 1
    world.record_event(world.user, POST, 5)
    assert world.score(world.user).composite == 1
    world.record_event(world.user, API, 15)
    assert dimensions(world.score(world.user)) == (3, 1, 2)
    assert world.score(world.user).composite == 2  # 2.05


def test_new_weights_change_every_score_at_once_and_name_their_model():
    world = stage("sourced")
    world.record_event(world.user, API, 500)
    assert world.score(world.user).composite == 20
    weigh(world, 10000, 0, 0)
    score = world.score(world.user)
    assert (score.composite, score.model) == (50, "two")
    weigh(world, 0, 10000, 0, "three")
    assert world.score(world.user).composite == 0


def test_an_event_counts_until_it_is_365_days_old():
    world = stage("sourced")
    world.record_event(world.user, API, 100)
    later(world, YEAR - 1)
    assert world.score(world.user).authentication == 10
    later(world, 1)
    assert world.score(world.user).authentication == 0


def test_events_of_the_past_leave_one_by_one():
    world = stage("sourced")
    for age, points in ((300 * DAY, 100), (200 * DAY, 200), (0, 300)):
        world.record_event(world.user, FORM, points, START - age)
    for days, expected in ((0, 60), (64, 60), (65, 50), (164, 50), (165, 30), (364, 30), (365, 0)):
        world.uptime.ns = days * DAY
        assert world.score(world.user).engagement == expected, days


def test_users_have_scores_of_their_own():
    world = stage("sourced")
    world.record_event(world.user, API, 100)
    assert world.score(world.other).authentication == 0


# -------------------------------------------------------------------------------- what is kept


class Numbers:
    """A small linear congruential generator (Knuth's MMIX)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % limit


def total(seen, now, until):
    """Points by the words of DOMAIN.md, without a thought of what could be left out."""
    points = sum([a.points for a in seen if now - a.time < YEAR and a.time < until])
    return min(100, points // 10)


def test_what_is_kept_gives_the_scores_of_all_events_ever():
    numbers = Numbers(9)
    for history in range(25):
        everything, kept, now = [], (), START
        # Few or many points; close together or far apart; whole days, which meet the edges.
        most, step = (1000, 60, 300)[history % 3], (1, 20, 90)[history // 3 % 3]
        for _ in range(60):
            now += numbers.below(step + 1) * DAY + (0, 0, 1)[numbers.below(3)]
            age = (0, DAY, numbers.below(30) * DAY, numbers.below(YEAR))[numbers.below(4)]
            event = Activity(now - age, 1 + numbers.below(most))
            everything.append(event)
            kept = newest(list(kept) + [event])
            for ahead in (0, 1, DAY - 1, DAY, DAY + 1, numbers.below(YEAR)):
                at = now + ahead
                for until in (at + 1, at - DAY):
                    assert total(kept, at, until) == total(everything, at, until), history
        assert list(kept) == sorted(kept)


def test_nothing_is_kept_that_cannot_count():
    one, two = Activity(START, 1000), Activity(START + 1, 5)
    last = Activity(START + 9 * DAY, 1)
    assert newest([one]) == (one,)
    assert newest([one, two, last]) == (one, two, last)  # two alone does not saturate
    full = Activity(START + 2, 1000)
    assert newest([one, two, full, last]) == (full, last)
    # What saturates only since yesterday may still be missed in what was a day before.
    assert newest([one, Activity(START + 9 * DAY - 1, 1000), last]) == (
        one, Activity(START + 9 * DAY - 1, 1000), last,
    )  # fmt: skip


def test_an_event_that_is_exactly_a_day_old_hides_none_before_it():
    before, edge = Activity(START, 1000), Activity(START + DAY, 1000)
    last = Activity(START + 2 * DAY, 1)
    assert newest([before, edge, last]) == (before, edge, last)


def test_the_state_of_a_score_is_bounded():
    seen = ()
    for number in range(1100):
        seen = newest(list(seen) + [Activity(START + number, 1)])
    assert len(seen) == 1024 and seen[0].time == START + 76
    assert len(canonical(records.STATES["score"]("open", seen, seen, seen))) < 60000


# ----------------------------------------------------------------------------------- the jump


def test_a_jump_of_thirty_within_a_day_is_flagged_and_the_score_stays():
    world = stage("sourced")
    weigh(world, 10000, 0, 0)
    world.record_event(world.user, API, 299)
    score = world.score(world.user)
    assert (score.composite, score.flagged) == (29, False)
    world.record_event(world.user, API, 1)
    score = world.score(world.user)
    assert (score.composite, score.flagged) == (30, True)


def test_a_flag_is_gone_after_a_day():
    world = stage("sourced")
    world.record_event(world.user, API, 1000)
    assert world.score(world.user).flagged
    later(world, DAY - 1)
    assert world.score(world.user).flagged
    later(world, 2)
    assert world.score(world.user) == records.Score(100, 0, 0, 40, False, "default")


def test_a_slow_rise_is_not_flagged():
    world = stage("sourced")
    for _ in range(5):
        world.record_event(world.user, API, 200)
        assert not world.score(world.user).flagged
        later(world, 2 * DAY)
    assert world.score(world.user).authentication == 100


def test_events_that_happened_long_ago_are_no_jump():
    world = stage("sourced")
    world.record_event(world.user, API, 1000, START - 2 * DAY)
    score = world.score(world.user)
    assert (score.composite, score.flagged) == (40, False)


# --------------------------------------------------------------------------- codes and offers


def test_a_code_is_refused_below_the_least_score():
    world = stage("sourced")
    world.publish(serial=9, least_score=20)
    refused(world, Refused, world.generate, world.user)
    world.record_event(world.user, API, 499)
    refused(world, Refused, world.generate, world.user)
    world.record_event(world.user, API, 1)
    assert world.generate(world.user)


def test_the_least_score_is_looked_at_as_of_now():
    world = stage("sourced")
    world.publish(serial=9, least_score=20, code_ttl=DAY)
    world.record_event(world.user, API, 500)
    later(world, YEAR)
    refused(world, Refused, world.generate, world.user)


def test_a_flagged_score_gets_a_code_only_where_it_is_accepted():
    world = stage("sourced")
    world.record_event(world.user, API, 1000)
    world.publish(serial=9)
    refused(world, Refused, world.generate, world.user)
    later(world, DAY + 1)
    assert world.generate(world.user)
    world.record_event(world.other, API, 1000)
    world.publish(serial=10, accept_flagged=True, least_score=40)
    assert world.generate(world.other)


def test_accepting_flags_does_not_lower_the_least_score():
    world = stage("sourced")
    world.record_event(world.user, API, 1000)
    world.publish(serial=9, accept_flagged=True, least_score=41)
    refused(world, Refused, world.generate, world.user)


def test_an_offer_that_asks_for_neither_looks_at_no_score():
    world = stage("sourced")
    world.record_event(world.user, API, 1000)
    world.publish(serial=9, accept_flagged=True)
    assert world.generate(world.user)


def test_a_least_score_above_a_hundred_is_refused():
    world = stage("ready")
    refused(world, Refused, world.publish, serial=9, least_score=101)
    refused(world, Malformed, malformed, world, 256)
    world.publish(serial=9, least_score=100)


def malformed(world, score):
    return world.do(world.partner, "publish_offer", world.terms(serial=9, least_score=score))


# ----------------------------------------------------------------------------------- refusals


def test_an_event_counts_once_for_its_source():
    world = stage("sourced")
    event = make_id("test/one-event")
    world.record_event(world.user, API, 10, event=event)
    for user, type, points in ((world.user, API, 10), (world.other, API, 10),
                               (world.user, FORM, 99)):  # fmt: skip
        refused(world, Refused, world.record_event, user, type, points, event=event)
    second = world.register(world.person("second source"), ("source",))
    world.record_event(world.user, API, 10, event=event, source=second)
    assert world.score(world.user).authentication == 2


def test_a_refused_event_does_not_use_up_its_id():
    world = stage("sourced")
    event = make_id("test/one-event")
    refused(world, Refused, world.record_event, world.user, API, 0, event=event)
    world.record_event(world.user, API, 10, event=event)


def test_points_are_1_to_1000():
    world = stage("sourced")
    for points in (0, 1001, 65535):
        refused(world, Refused, world.record_event, world.user, API, points)
    refused(world, Malformed, world.record_event, world.user, API, 65536)
    refused(world, Malformed, world.record_event, world.user, API, -1)
    for points in (1, 1000):
        world.record_event(world.user, API, points)


def test_an_event_of_the_future_is_refused():
    world = stage("sourced")
    refused(world, Refused, world.record_event, world.user, API, 10, START + 1)
    world.record_event(world.user, API, 10, START)


def test_an_event_that_is_a_year_old_is_refused():
    world = stage("sourced")
    for age in (YEAR, YEAR + 1, START):
        refused(world, Refused, world.record_event, world.user, API, 10, START - age)
    world.record_event(world.user, API, 10, START - YEAR + 1)


def test_an_event_of_somebody_who_is_no_user_is_refused():
    world = stage("sourced")
    for person in (world.partner, world.source, world.operator, world.person("nobody")):
        refused(world, Missing, world.record_event, person, API, 10)


def test_a_type_that_is_none_is_refused():
    world = stage("sourced")
    for type in ("", "apiverification", "LoginSucceeded"):
        refused(world, Malformed, world.record_event, world.user, type, 10)


def test_only_a_source_records():
    world = stage("sourced")
    for person in (world.operator, world.partner, world.user, world.witnesses[0]):
        refused(world, Unauthorized, world.record_event, world.user, API, 10, source=person)


def test_only_the_operator_changes_weights():
    world = stage("sourced")
    for person in (world.source, world.partner, world.user):
        refused(world, Unauthorized, world.do, person, "define_weights",
                Weights("mine", 10000, 0, 0))  # fmt: skip


def test_weights_that_do_not_sum_to_the_whole_are_refused():
    world = stage("sourced")
    for weights in ((0, 0, 0), (4000, 3500, 2499), (4000, 3500, 2501), (65535, 0, 0)):
        refused(world, Refused, weigh, world, *weights)


def test_weights_name_a_new_version():
    world = stage("sourced")
    for model in ("", "default"):
        refused(world, Refused, weigh, world, 10000, 0, 0, model)
    weigh(world, 10000, 0, 0)
    refused(world, Refused, weigh, world, 0, 0, 10000)


# ------------------------------------------------------------------------------- who sees it


def test_a_score_is_shown_to_its_user_and_the_operator_alone():
    world = stage("sourced")
    world.record_event(world.user, API, 100)
    assert world.score(world.user, world.user) == world.score(world.user, world.operator)
    for person in (world.other, world.partner, world.source, world.witnesses[0]):
        refused(world, Unauthorized, world.score, world.user, person)


def test_a_source_is_told_nothing_of_the_score():
    world = stage("sourced")
    assert world.record_event(world.user, API, 1000) == records.OptinRecordEventReply()


def partner_sees(points):
    """Everything a partner is answered about an engagement of a user with so many points."""
    world = stage("sourced")
    world.publish(serial=9, accept_flagged=True)
    for type in (API, FORM, POST):
        world.record_event(world.user, type, points)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    record = world.activate(world.user, code).record
    return [
        world.view(record), world.do(world.partner, "get_code", code),
        world.do(world.partner, "get_view", record),
        world.do(world.partner, "list_views", b"", 9), world.read("get_offer", world.offer),
        world.do(world.partner, "get_account", world.partner.id, b"EUR" + bytes(5)),
    ]  # fmt: skip


def test_a_partners_answers_do_not_depend_on_the_score():
    low, high = partner_sees(1), partner_sees(1000)
    for i in range(len(low)):
        assert low[i] == high[i]


def test_a_partner_is_not_told_who_was_refused_for_the_score():
    world = stage("sourced")
    world.publish(serial=9, least_score=20)
    before = world.do(world.partner, "get_account", world.partner.id, b"EUR" + bytes(5))
    refused(world, Refused, world.generate, world.user)
    after = world.do(world.partner, "get_account", world.partner.id, b"EUR" + bytes(5))
    assert before == after
    enrolled = world.enrol(world.person("Cleo"), VALUES)
    refused(world, Refused, world.generate, enrolled)
    assert world.do(world.partner, "list_views", b"", 9).records == ()
