"""The rules of the business, one entity a file."""

from actors.access import Access
from actors.account import Account
from actors.activity import ActivityEvent
from actors.chain import Chain
from actors.charter import Charter
from actors.code import Code
from actors.consent import ConsentLink
from actors.fields import Fields
from actors.hop import ProvenanceHop
from actors.offer import Offer
from actors.party import Party
from actors.payee import Payee
from actors.payment import Payment
from actors.profile import Profile
from actors.reservation import Reservation
from actors.retention import Retention
from actors.rules import Rules
from actors.score import Score
from actors.settlement import Settlement
from actors.view import View
from actors.weights import Weights

KINDS = (
    Charter,
    Party,
    Fields,
    Rules,
    Profile,
    Weights,
    Score,
    ActivityEvent,
    Payment,
    Account,
    Reservation,
    Offer,
    Code,
    ConsentLink,
    Chain,
    ProvenanceHop,
    View,
    Access,
    Settlement,
    Payee,
    Retention,
)
