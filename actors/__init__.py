"""The rules of the business, one entity a file."""


class Kinds:
    """Entity classes by kind; a module is loaded when its class is first asked for.

    Args:
        places: {kind: (module, class)}.
    """

    def __init__(self, places):
        self._places = places
        self._classes = {}

    def get(self, kind):
        """The class, or None if there is no such kind."""
        found = self._classes.get(kind)
        if found is None and kind in self._places:
            module, name = self._places[kind]
            found = getattr(__import__(module, None, None, (name,)), name)
            self._classes[kind] = found
        return found

    def __getitem__(self, kind):
        found = self.get(kind)
        if found is None:
            raise KeyError(kind)
        return found

    def items(self):
        """[(kind, class), ...] of all."""
        return [(kind, self[kind]) for kind in self._places]


KINDS = Kinds(
    {
        "charter": ("actors.charter", "Charter"),
        "party": ("actors.party", "Party"),
        "fields": ("actors.fields", "Fields"),
        "rules": ("actors.rules", "Rules"),
        "profile": ("actors.profile", "Profile"),
        "weights": ("actors.weights", "Weights"),
        "score": ("actors.score", "Score"),
        "activity": ("actors.activity", "ActivityEvent"),
        "payment": ("actors.payment", "Payment"),
        "account": ("actors.account", "Account"),
        "reservation": ("actors.reservation", "Reservation"),
        "offer": ("actors.offer", "Offer"),
        "code": ("actors.code", "Code"),
        "consent": ("actors.consent", "ConsentLink"),
        "chain": ("actors.chain", "Chain"),
        "hop": ("actors.hop", "ProvenanceHop"),
        "view": ("actors.view", "View"),
        "access": ("actors.access", "Access"),
        "settlement": ("actors.settlement", "Settlement"),
        "payee": ("actors.payee", "Payee"),
        "retention": ("actors.retention", "Retention"),
        "recovery": ("actors.recovery", "Recovery"),
        "takeover": ("actors.takeover", "Takeover"),
    }
)
