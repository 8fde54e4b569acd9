"""The field registry: which fields there are, and in which forms each may be shown."""

from actors.transforms import is_date
from runtime.actor import Done, Transaction, errors, records
from runtime.actor.entity import Entity

# kind: (longest value in bytes, forms it may be shown in)
KINDS = {
    "text": (128, ("ExactValue", "BooleanOnly")),
    "postal_code": (16, ("ExactValue", "MetroAreaOnly", "BooleanOnly")),
    "birth_date": (10, ("ExactValue", "AgeRange", "BooleanOnly")),
    "phone": (24, ("ExactValue", "BooleanOnly")),
    "email": (254, ("ExactValue", "BooleanOnly")),
}
DEGRADED = 40  # bytes of a value that is not shown exactly, at most

# Sizes to which sealed views are padded: an offer's fields at their longest decide which.
PAD_CLASSES = (1024, 4096, 16384)
GRANT_OVERHEAD = 192  # bytes of a ViewGrant beside its fields
FIELD_OVERHEAD = 352  # bytes of a field beside its value: length, form, opening of its leaf


class Fields(Entity):
    """The one registry of a node. A name is never reused for another index."""

    kind = "fields"
    blank = records.FieldsState("open", ())
    table = {"open": {"define_field": ("open",)}}
    reads = ("list_fields", "check_uses", "check_values")

    def define_field(self, tx: Transaction, message: records.DefineField) -> Done:
        """Add a field."""
        field = message.field
        for known in self.state.fields:
            if known.index == field.index:
                raise errors.Refused(f"field {field.index} is {known.name}", "an index not in use")
            if known.name == field.name:
                raise errors.Refused(f"{field.name} is field {known.index}", "a name not in use")
        if not field.name:
            raise errors.Refused("the field has no name", "a name of 1 to 40 bytes")
        allowed = KINDS[field.kind][1]
        for transform in field.transforms:
            if transform not in allowed:
                raise errors.Refused(
                    f"{transform} of a {field.kind}", "one of " + ", ".join(allowed)
                )
        if not field.transforms or len(set(field.transforms)) != len(field.transforms):
            raise errors.Refused("the forms are empty or repeat", "one or more forms, each once")
        return Done(None, records.FieldDefined(field))

    def list_fields(self, tx: Transaction, message: records.ListFields) -> records.ListFieldsReply:
        """All fields, ascending by index."""
        return records.ListFieldsReply(self.state.fields)

    def check_uses(self, tx: Transaction, message: records.CheckUses) -> int:
        """Check the field uses of an offer; the result is its padding class in bytes."""
        check_ascending(message.required)
        check_ascending(message.optional)
        if not message.required and not message.optional:
            raise errors.Refused("the offer asks for no field", "at least one field")
        size = GRANT_OVERHEAD
        for use in message.required + message.optional:
            field = self._field(use.index)
            if use.transform not in field.transforms:
                raise errors.Refused(
                    f"{field.name} is not shown as {use.transform}",
                    "one of " + ", ".join(field.transforms),
                )
            size += FIELD_OVERHEAD + max(KINDS[field.kind][0], DEGRADED)
        for use in message.required:
            if use.index in [other.index for other in message.optional]:
                raise errors.Refused(
                    f"field {use.index} is both required and optional", "one of both"
                )
        for pad in PAD_CLASSES:
            if size <= pad:
                return pad
        raise errors.Refused(
            f"the fields take up to {size} bytes",
            f"at most {PAD_CLASSES[-1]}",
            "ask for fewer fields",
        )

    def check_values(self, tx: Transaction, message: records.CheckValues) -> None:
        """Check a user's values by registry index."""
        for index in range(len(message.values)):
            value = message.values[index]
            if not value:
                continue
            field = self._field(index)
            limit = KINDS[field.kind][0]
            if field.kind == "birth_date" and not is_date(value):
                raise errors.Refused(f"{field.name} is no date", "a date as 1984-03-12")
            if len(value) > limit:
                raise errors.Refused(f"{field.name} has {len(value)} bytes", f"at most {limit}")

    def _field(self, index):
        for field in self.state.fields:
            if field.index == index:
                return field
        raise errors.Missing(
            f"there is no field {index}", "a field of the registry", "see list_fields"
        )

    @staticmethod
    def apply_field_defined(
        state: records.FieldsState, event: records.FieldDefined, tx: Transaction
    ) -> records.FieldsState:
        fields = sorted(state.fields + (event.field,), key=lambda field: field.index)
        return records.FieldsState("open", tuple(fields))


def check_ascending(uses):
    """Refuse field uses that are not ascending by index, or name one twice."""
    for i in range(1, len(uses)):
        if uses[i].index <= uses[i - 1].index:
            raise errors.Refused(
                "the fields are not ascending by index", "each field once, in order"
            )
