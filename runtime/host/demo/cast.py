"""Who takes part in the demo, what is offered to whom, and how far each one goes.

The people are in `people.csv`, all invented.
"""

from __future__ import annotations

from typing import NamedTuple

from runtime.host.cli.show import DAY, MICRO, SECOND, parse_currency
from runtime.wire import records

HOUR, MINUTE = 3600 * SECOND, 60 * SECOND
USD, EUR = parse_currency("USD"), parse_currency("EUR")
EXACT, METRO, AGE, PRESENCE = "ExactValue", "MetroAreaOnly", "AgeRange", "BooleanOnly"

PARTIES = {  # beside the operator and the people
    "acme": "partner",
    "lumen": "partner",
    "nimbus": "partner",
    "witness-1": "witness",
    "witness-2": "witness",
    "witness-3": "witness",
    "witness-4": "witness",
    "city-blog": "publisher",
    "food-bank": "charity",
    "quiz": "source",
    "auditor": "auditor",
}
WITNESSES = ("witness-1", "witness-2", "witness-3")  # of every offer; the first two sign
DEAD, SUCCESSOR = "witness-2", "witness-4"  # one offer's witness, replaced

NAME, EMAIL, PHONE, POSTAL_CODE, BIRTH_DATE, CITY = range(6)
FIELDS = (  # by these indexes
    ("full_name", "text", (EXACT, PRESENCE)),
    ("email", "email", (EXACT, PRESENCE)),
    ("phone", "phone", (EXACT, PRESENCE)),
    ("postal_code", "postal_code", (EXACT, METRO, PRESENCE)),
    ("birth_date", "birth_date", (EXACT, AGE, PRESENCE)),
    ("city", "text", (EXACT, PRESENCE)),
)
SHARES = records.Shares(2000, 4000, 2000, 2000)  # basis points
DEPOSITS = (
    ("acme", 120 * MICRO, USD, b"INV-2027-001"),
    ("lumen", 100 * MICRO, EUR, b"INV-2027-002"),
    ("nimbus", 50 * MICRO, USD, b"INV-2027-003"),
    ("nimbus", 25 * MICRO, EUR, b"INV-2027-004"),
)
WITHDRAWALS = (  # the first two from escrow, the rest of what was earned
    ("acme", 30 * MICRO, USD),
    ("lumen", 20 * MICRO, EUR),
    ("city-blog", 15 * MICRO, USD),
    ("food-bank", 30 * MICRO, EUR),
)
LATER = 5 * MINUTE  # the clock's step, until which codes of `flash` live


class Path(NamedTuple):
    """How many of those asked go a path, and its acts: methods of the story."""

    people: int
    acts: tuple[str, ...]


IGNORES: tuple[str, ...] = ()
LEAVES = ("read",)
UNABLE = ("read", "fail_to_opt_in")
UNSEEN = ("read", "opt_in")
REGRETS_EARLY = ("read", "opt_in", "revoke")
SETTLES = ("read", "opt_in", "look", "settle")
REGRETS_LATE = ("read", "opt_in", "look", "revoke", "settle")
REGRETS_LAST = ("read", "opt_in", "look", "settle", "revoke")


class Offer(NamedTuple):
    """What a partner asks for, and who is asked: places in the file of people."""

    name: str
    partner: str
    text: str
    purpose: str
    amount: int
    currency: bytes
    required: tuple[tuple[int, str], ...]
    optional: tuple[tuple[int, str], ...]
    compensation: str
    asked: tuple[int, ...]
    paths: tuple[Path, ...]
    charity: str | None = None
    publisher: str | None = "city-blog"
    least_score: int = 0
    accept_flagged: bool = True
    code_lives: int = 30 * DAY
    complete_by: int = 14 * DAY


CALLBACK = Offer(
    "callback",
    "acme",
    "We call you back once about your insurance. No newsletter, no sale of your data.",
    "a call back",
    3 * MICRO // 2,
    USD,
    ((NAME, EXACT), (PHONE, PRESENCE)),
    ((BIRTH_DATE, AGE), (CITY, EXACT)),
    "EarlyAccess",
    tuple(range(60)),
    (
        Path(40, SETTLES),
        Path(2, REGRETS_LAST),
        Path(2, REGRETS_LATE),
        Path(3, REGRETS_EARLY),
        Path(8, LEAVES),
        Path(5, IGNORES),
    ),
)
COMMUTE = Offer(
    "commute",
    "lumen",
    "We study how far people travel to work. Your area and age band go into one table.",
    "a study of travel to work",
    2 * MICRO,
    EUR,
    ((POSTAL_CODE, METRO), (BIRTH_DATE, AGE)),
    (),
    "CharitableDonation",
    # Those who live in no metro area are asked first.
    (60, 71, 82, 93, 0, *[at for at in range(61, 99) if at not in (71, 82, 93)]),
    (
        Path(4, UNABLE),
        Path(26, SETTLES),
        Path(2, REGRETS_LAST),
        Path(2, REGRETS_LATE),
        Path(2, REGRETS_EARLY),
        Path(4, IGNORES),
    ),
    charity="food-bank",
    publisher=None,
)
PREVIEW = Offer(
    "preview",
    "nimbus",
    "Try our next release before others do, and tell us what breaks.",
    "an early release",
    5 * MICRO,
    USD,
    ((EMAIL, EXACT),),
    ((BIRTH_DATE, AGE),),
    "PrioritySupport",
    (0, 1, 2, 3, 5, 6, 8),
    (Path(6, SETTLES), Path(1, LEAVES)),
    least_score=30,
    accept_flagged=False,
)
FLASH = Offer(
    "flash",
    "nimbus",
    "One question by telephone, within the next five minutes.",
    "one question",
    MICRO // 2,
    EUR,
    ((PHONE, EXACT),),
    (),
    "AffiliateCredit",
    tuple(range(110, 126)),
    (Path(6, SETTLES), Path(4, UNSEEN), Path(3, LEAVES), Path(3, IGNORES)),
    code_lives=LATER,
    complete_by=LATER,
)
OFFERS = (CALLBACK, COMMUTE, PREVIEW, FLASH)

# What `quiz` saw people do: type, points, how long ago.
ACTIVE = {
    "anna": (("ApiVerification", 900, 40 * DAY), ("FormCompletion", 600, 12 * DAY)),
    "bruno": (("ApiVerification", 800, 200 * DAY),),
    "carla": (("ApiVerification", 700, 90 * DAY), ("SurveyCompleted", 400, 3 * DAY)),
    "deniz": (("ApiVerification", 1000, 30 * DAY), ("ReferralMade", 400, 5 * DAY)),
    "farid": (("SurveyCompleted", 900, 60 * DAY), ("ForumPost", 300, 8 * DAY)),
    "greta": (("ApiVerification", 750, 15 * DAY),),
    "ines": (("ApiVerification", 950, 300 * DAY),),
    "jakub": (("QuestionAsked", 600, 20 * DAY),),
    "katja": (("ApiVerification", 1000, HOUR),),
}
LOW, JUMPED = "jakub", "katja"  # refused `preview` for their scores

GUEST = "anna"  # three partners see her; she came by an ad
HOPS = (("AdView", "city-blog"), ("AdClick", "city-blog"), ("FormSubmit", "acme"))
PRIVATE = "hugo"  # has no telephone
