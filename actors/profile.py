"""A user's profile: the fields, sealed on their way here, and who referred the user."""

from actors.transforms import show
from runtime.actor import Done, Transaction, decode, errors, evolve, make_id, records
from runtime.actor.entity import Entity


class Profile(Entity):
    """Holds a user's values; only a view record ever gets any of them."""

    kind = "profile"
    blank = records.ProfileState("unknown", None, records.ZEROS, ())
    table = {
        "unknown": {"enrol": ("enrolled",)},
        "enrolled": {"update_fields": ("enrolled",)},
    }
    reads = ("get_profile", "freeze_fields")
    indexes = {"edge.referred": lambda state: state.referrer}

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        return tx.signer

    def enrol(self, tx: Transaction, message: records.Enrol) -> Done:
        """Enrol the user who signed. A referrer is a user who is here already: no cycles."""
        tx.ask("party", tx.signer, records.RegisterSelf(("user",)))
        # Not themselves, and not a user whom a dead node left to this one: who is not enrolled yet
        # could still be referred by those whom they refer.
        referrer = message.referrer
        if referrer is not None and tx.node.state_of("profile", referrer) is None:
            raise errors.Missing(
                "the referrer is not enrolled here",
                "another user, who is enrolled",
                "enrol the referrer first, or leave it out",
            )
        self._take_values(tx, message.commitment, tx.enclosures[1])
        return Done(
            records.EnrolReply(self.id), records.Enrolled(message.referrer, message.commitment)
        )

    def update_fields(self, tx: Transaction, message: records.UpdateFields) -> Done:
        """Replace the values. Views of earlier consents keep what was frozen for them."""
        self._take_values(tx, message.commitment, tx.enclosures[0])
        return Done(None, records.FieldsUpdated(message.commitment))

    def _take_values(self, tx, commitment, enclosed):
        sealed = decode(records.SealedFields, enclosed)
        if make_id("optin/v1/fields", sealed.blind, sealed.values) != commitment:
            raise errors.Unauthorized(
                "the enclosed fields are not the ones that were signed",
                "fields that hash to the commitment",
            )
        tx.ask("fields", records.SINGLETON, records.CheckValues(sealed.values))
        tx.attach("values", enclosed)

    def get_profile(self, tx: Transaction, message: records.GetProfile) -> bytes | None:
        """The referrer, for payees."""
        if self.state.status != "enrolled":
            raise errors.Missing("the user is not enrolled", "an enrolled user")
        return self.state.referrer

    def freeze_fields(self, tx: Transaction, message: records.FreezeFields) -> tuple[bytes, ...]:
        """Values of the given uses as they are shown, by registry index; b"" elsewhere."""
        values = self.state.values
        required = [use.index for use in message.required]
        shown: list[bytes] = []
        for use in message.fields:
            while len(shown) < use.index:
                shown.append(b"")
            value = values[use.index] if use.index < len(values) else b""
            value = show(value, use.transform, tx.time, tx.node.places)
            if not value and use.index in required:
                raise errors.Refused(
                    f"required field {use.index} has no value that can be shown as {use.transform}",
                    "a value for every required field",
                    "add it with update_fields",
                )
            shown.append(value)
        return tuple(shown)

    @staticmethod
    def apply_enrolled(
        state: records.ProfileState, event: records.Enrolled, tx: Transaction
    ) -> records.ProfileState:
        values = decode(records.SealedFields, tx.attached("values")).values
        return records.ProfileState("enrolled", event.referrer, event.commitment, values)

    @staticmethod
    def apply_fields_updated(
        state: records.ProfileState, event: records.FieldsUpdated, tx: Transaction
    ) -> records.ProfileState:
        values = decode(records.SealedFields, tx.attached("values")).values
        return evolve(state, commitment=event.commitment, values=values)
