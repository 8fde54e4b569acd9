"""A view record: the only door to a user's values, as wide as the consent and no wider."""

from actors.consent import consent_hash
from runtime.actor import (
    Denied,
    Done,
    Transaction,
    canonical,
    commands,
    errors,
    evolve,
    make_id,
    proofs,
    records,
    unpack,
)
from runtime.actor.entity import Entity


def view_id(code):
    """Id of the view record of a code."""
    return make_id("optin/v1/view", code)


def mask_of(uses):
    """Field mask (32 bytes) of field uses."""
    mask = bytearray(32)
    for use in uses:
        mask[use.index >> 3] |= 1 << (use.index & 7)
    return bytes(mask)


def leaf_salt(seed, index):
    """Salt of one leaf of a commitment."""
    return make_id("optin/v1/leaf-salt", seed, index)


def leaves_of(seed, uses, shown):
    """The 256 leaves of a consent's commitment; those of fields that are not shown are random."""
    leaves = proofs.hidden_leaves(seed)
    for use in uses:
        salt = leaf_salt(seed, use.index)
        leaves[use.index] = proofs.commitment_leaf(salt, use.index, use.transform, shown[use.index])
    return leaves


def _field(content):
    """A field of a record that the accelerator redacts."""
    return len(content).to_bytes(2, "little") + content


def _proven(record):
    """(forms, openings) of the fields of a record: salt, path, form."""
    transforms, openings = [], []
    at = 0
    while at < len(record):
        end = at + 2 + (record[at] | record[at + 1] << 8)
        salt, path = at + 2, at + 34
        form = path + 32 * 8
        hashes = [record[i : i + 32] for i in range(path, form, 32)]
        openings.append(records.Opening(record[salt:path], tuple(hashes)))
        transforms.append(record[form:end].decode())
        at = end
    return tuple(transforms), tuple(openings)


class View(Entity):
    """Open, then stopped. Values were frozen when the user consented."""

    kind = "view"
    blank = records.ViewState(
        "none",
        records.ZEROS,
        records.ZEROS,
        records.ZEROS,
        records.ZEROS,
        (),
        0,
        0,
        0,
        records.ZEROS,
        records.ZEROS,
        0,
        records.ZEROS,
        (),
    )
    table = {
        "none": {"optin_generate_view": ("open",), "optin_enforce_view": ("none",)},
        "open": {
            "optin_enforce_view": ("open",),
            "stop_view": ("stopped",),
            "forget": ("none",),
        },
        "stopped": {"optin_enforce_view": ("stopped",), "forget": ("none",)},
    }
    reads = ("get_view", "list_views")
    indexes = {
        "view.by_partner": lambda state: state.partner if state.status != "none" else None,
        "edge.lead": lambda state: state.code if state.status != "none" else None,
    }

    def __init__(self, entity_id, state):
        super().__init__(entity_id, state)
        self._tree = None  # (seed, nodes), derived from the state

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.ListViews):
            return records.SINGLETON
        return message.record

    def optin_generate_view(self, tx: Transaction, message: records.OptinGenerateView) -> Done:
        """Open the record of a consent; values are attached. The result is the commitment."""
        consent = message.consent
        seed, shown = unpack(tx.attached("values"))
        root = self._nodes(seed, consent.fields, shown)[-32:]
        return Done(
            root,
            records.ViewCreated(
                consent.code,
                consent.offer,
                message.partner,
                consent.pairwise,
                consent.fields,
                message.pad,
                message.view_until,
                message.complete_by,
                consent_hash(consent),
                root,
            ),
        )

    def optin_enforce_view(
        self, tx: Transaction, message: records.OptinEnforceView
    ) -> Done | Denied:
        """Return requested and visible, sealed; or refuse. Both are journaled."""
        key, address = tx.enclosures
        state = self.state
        if state.partner != tx.signer:
            # The same words whether there is no such record or it is another partner's.
            return Denied(
                errors.Missing("there is no such view record for you", "a record of list_views")
            )
        error, reply, returned = self._why_not(tx, message, key), None, bytes(32)
        if error is None:
            visible = mask_of(state.fields)
            returned = bytes([visible[i] & message.requested[i] for i in range(32)])
            try:
                reply = records.OptinEnforceViewReply(self._sealed(tx, key, returned))
            except errors.Malformed as malformed:  # the reply key is none
                error, returned = malformed, bytes(32)
        first = tx.ask(
            "access",
            self.id,
            records.OptinLogAccess(
                tx.signer,
                message.requested,
                returned,
                tx.node.address_hash(address),
                error is None,
            ),
        )
        if error:
            return Denied(error)
        if first:
            tx.ask("code", state.code, records.CompleteCode())
        return Done(reply)

    def _why_not(self, tx, message, key):
        if len(key) != records.KEM_KEY.size or commands.reply_key_id(key) != message.reply_key:
            return errors.Unauthorized(
                "the enclosed reply key is not the one signed for",
                "the key whose id is in the request",
            )
        reason = self._why_closed(tx)
        return errors.Refused(reason, "a record that is open") if reason else None

    def _why_closed(self, tx):
        late = self.state.complete_by and tx.time >= self.state.complete_by
        if late and not tx.ask("access", self.id, records.GetCompletion()):
            return "no view was asked for before the offer's complete_by"
        if self.state.status == "stopped":
            return "the user took the consent back"
        if self.state.view_until and tx.time >= self.state.view_until:
            return "the offer's view_until has passed"
        return ""

    def _sealed(self, tx, key, returned):
        """The grant, sealed.

        The time of a look must not tell which fields it shows. So the accelerator alone chooses
        among them, and among their proofs; all else does the same for whatever it returns.
        """
        state = self.state
        values, proofs_of, mask = bytearray(), bytearray(), bytearray(32)
        tree = self._nodes(state.seed, state.fields, state.shown)
        for number in range(len(state.fields)):
            use = state.fields[number]
            chosen = returned[use.index >> 3] >> (use.index & 7) & 1
            mask[number >> 3] |= chosen << (number & 7)
            values += _field(state.shown[use.index])
            path = b"".join(proofs.commitment_path(tree, use.index))
            form = use.transform.encode()
            proofs_of += _field(leaf_salt(state.seed, use.index) + path + form)
        redact = tx.node.accelerator.redact
        transforms, openings = _proven(redact(bytes(proofs_of), bytes(mask)))
        grant = records.ViewGrant(
            self.id,
            state.code,
            state.pairwise,
            returned,
            transforms,
            redact(bytes(values), bytes(mask)),
            openings,
        )
        return tx.node.seal(key, commands.VIEW, canonical(grant), state.pad)

    def _nodes(self, seed, uses, shown):
        """The commitment's tree, which the first view needs again soon after the consent."""
        if self._tree is None or self._tree[0] != seed:
            self._tree = seed, proofs.commitment_tree(leaves_of(seed, uses, shown))
        return self._tree[1]

    def stop_view(self, tx: Transaction, message: records.StopView) -> Done:
        """No more views, from this moment."""
        return Done(None, records.ViewStopped())

    def get_view(self, tx: Transaction, message: records.GetView) -> records.GetViewReply:
        """What the record shows, for its partner."""
        state = self.state
        if state.partner != tx.signer:
            raise errors.Missing("there is no such view record for you", "a record of list_views")
        commitment = records.Commitment(tx.node.id, self.id, state.consent_hash, state.root)
        # The node signs the consent proof, its OptIn hop, and this, in that order.
        signature = tx.node.journal.attached(state.position, "node-signature")[-1]
        return records.GetViewReply(
            state.code,
            state.offer,
            state.pairwise,
            mask_of(state.fields),
            not self._why_closed(tx),
            commitment,
            signature,
        )

    def list_views(self, tx: Transaction, message: records.ListViews) -> records.ListViewsReply:
        """Records of the partner who asks."""
        rows, after = tx.node.page("view.by_partner", tx.signer, message)
        return records.ListViewsReply(tuple(rows), after)

    @staticmethod
    def apply_view_created(
        state: records.ViewState, event: records.ViewCreated, tx: Transaction
    ) -> records.ViewState:
        seed, shown = unpack(tx.attached("values"))
        return records.ViewState(
            "open",
            event.code,
            event.offer,
            event.partner,
            event.pairwise,
            event.fields,
            event.pad,
            event.view_until,
            event.complete_by,
            event.consent_hash,
            event.root,
            tx.sequence,
            seed,
            tuple(shown),
        )

    @staticmethod
    def apply_view_stopped(
        state: records.ViewState, event: records.ViewStopped, tx: Transaction
    ) -> records.ViewState:
        return evolve(state, status="stopped")
