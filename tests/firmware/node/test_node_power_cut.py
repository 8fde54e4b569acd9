"""A whole node whose power is cut at every step of an engagement's end: what it answered is
answered the same again, everything else is there once or not at all, and the journal verifies."""

from pathlib import Path
from typing import Any

import pytest
from pykka import ActorRegistry

from runtime.node.checkpoint import check_chain
from runtime.wire.errors import NodeError
from tests.firmware.node.power import CutDevice, PowerCut
from tests.portable.kept import root_of
from tests.portable.replay import Replay
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import VALUES, World


class Told:
    """Commands that were sent, and what was answered."""

    def __init__(self, folder: Path) -> None:
        self.device = CutDevice(folder, host_dies=True, slots=52, least=40_000, root=root_of)
        self.crypto = ToyCrypto()
        self.world = World(self.device.store(), self.crypto).ready()
        self.user = self.world.enrol(self.world.person("Ada"), VALUES)
        self.sent: dict[int, tuple[str, list[Any]]] = {}
        self.answered: dict[int, Any] = {}

    def boot(self, cut_at: int = 0) -> None:
        """Power up, with a cut to come."""
        self.world.node.directory.passivate_all()
        ActorRegistry.stop_all()
        self.device.power.restore(cut_at)
        self.world.store = self.device.store()
        self.world.boot()

    def scenario(self) -> None:
        """Four commits: three commands alone, then two that share one."""
        world = self.world
        self._tell(0, "optin_generate_code", world.offer, self.user.id)
        for number in (1, 2):
            self._tell(number, "optin_deposit_escrow", *self._payment(number))
        commands = [self._command(number, "optin_deposit_escrow", *self._payment(number))
                    for number in (3, 4)]  # fmt: skip
        for number in (3, 4):
            self._submit(number, *commands[number - 3])
        world.node.run()

    def _payment(self, number: int) -> tuple[Any, ...]:
        reference = b"payment at the cut %d" % number
        return self.world.partner.id, b"EUR" + bytes(5), 1000 + number, reference

    def _command(self, number: int, method: str, *fields: Any) -> tuple[str, list[Any]]:
        if number not in self.sent:
            params = self.world.signed(self.world.operator, method, *fields)
            self.sent[number] = (method, params)
        return self.sent[number]

    def _submit(self, number: int, method: str, params: list[Any]) -> None:
        def reply(error: Any, result: Any) -> None:
            self.device.power.step("reply")
            assert error is None, error
            self.answered[number] = result

        self.world.node.submit(method, params, reply)

    def _tell(self, number: int, method: str, *fields: Any) -> None:
        self._submit(number, *self._command(number, method, *fields))
        self.world.node.run()

    def check(self) -> None:
        """Look at a node that came back without a cut."""
        node = self.world.node
        check_chain(node.journal)
        assert node.verified == node.journal.size
        replay = Replay(node.journal)
        replay.follow()
        for key, state in replay.states.items():
            assert self.world.state(*key) == state, key
        for number, result in self.answered.items():
            assert self.world.send(*self.sent[number]) == (None, result)

    def finish(self) -> None:
        """Send what was not answered again, in order: each takes effect once."""
        for number in sorted(self.sent):
            error, result = self.world.send(*self.sent[number])
            assert error is None, error
            self.answered[number] = result
        positions = [result[1] for result in self.answered.values()]
        assert len(set(positions)) == len(positions)
        assert not self.world.failures


@pytest.fixture(autouse=True)
def stop_actors() -> Any:
    yield
    ActorRegistry.stop_all()


def test_a_node_cut_at_any_step_answers_the_same_again_and_verifies(tmp_path: Path) -> None:
    cut_at, done, answered = 0, False, set()
    while not done:
        cut_at += 1
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        told = Told(folder)
        try:
            told.boot(cut_at)
            told.scenario()
            done = True
        except PowerCut:
            told.device.cut()
        answered.add(len(told.answered))
        told.boot()
        told.check()
        told.finish()
        told.boot()
        told.check()
        told.device.close()
    print(f"{cut_at - 1} cuts, with {sorted(answered)} answers before")
    assert answered == {0, 1, 2, 3, 4, 5}


def test_nothing_is_answered_that_the_host_did_not_store(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.boot()
    before = told.world.node.journal.size
    ask = told.device.ask

    def full(method: str, params: list[Any]) -> Any:
        return ask(method, [-1, *params[1:]] if method == "keep" else params)  # refused as it is

    told.world.store._keeper._ask = full
    answers: list[Any] = []
    command = told._command(0, "optin_deposit_escrow", *told._payment(1))
    told.world.node.submit(*command, lambda error, result: answers.append(error))
    told.world.node.run()
    assert answers[0][0] == "storage"
    assert told.world.node.journal.size == before
    told.world.store._keeper._ask = ask
    assert told.world.send(*command)[0] is None
    told.device.close()


def test_a_node_whose_anchor_fails_stops_and_its_next_start_tells(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.boot()
    flash = told.device.flash

    def broken(at: int, data: bytes) -> None:
        raise OSError("worn out")

    flash.program = broken  # type: ignore[method-assign]
    answers: list[Any] = []
    command = told._command(0, "optin_deposit_escrow", *told._payment(1))
    told.world.node.submit(*command, lambda error, result: answers.append(error))
    told.world.node.run()
    assert answers[0][0] == "storage" and "not known" in answers[0][1]
    with pytest.raises(NodeError, match="start the node anew"):
        told.world.node.submit(*command, lambda error, result: None)
    del flash.program  # type: ignore[attr-defined]
    told.boot()
    told.finish()
    told.check()
    told.device.close()
