"""Random bytes: conditioned noise, which nobody can go back from; and a node whose source dies."""

from hashlib import shake_256

from runtime.node.entropy import Entropy
from runtime.node.health import RINGS, STARTUP, SYSTEM
from runtime.wire.errors import NoEntropy
from tests.portable.world import stage

MORE, POOL = 16, 32  # bytes of noise with each draw; of what is kept


class Noise:
    """A source whose bytes can be told beforehand.

    Attributes:
        asked: sizes, one for each time.
        stuck: bytes of it are zeros from now on.
        dead: it gives none any more.
    """

    def __init__(self):
        self.asked = []
        self.stuck = self.dead = False

    def __call__(self, size):
        if self.dead:
            raise OSError(5)
        self.asked.append(size)
        return bytes(size) if self.stuck else fresh(len(self.asked), size)


def fresh(number, size):
    return shake_256(number.to_bytes(4, "big")).digest(size)


def conditioned(pool, noise, drawn):
    """(pool, drawn bytes) after noise went into a pool."""
    out = shake_256(pool + noise).digest(POOL + drawn)
    return out[:POOL], out[POOL:]


def refused(function, *arguments):
    try:
        function(*arguments)
    except NoEntropy as error:
        return str(error)
    raise AssertionError("it was not refused")


def test_the_seed_is_all_noise_of_the_startup_test():
    for claim in (RINGS, SYSTEM):
        noise = Noise()
        Entropy(noise, claim)
        assert noise.asked == [claim.startup]
        assert claim.startup * claim.tenths > 10 * (256 + 64)


def test_a_key_is_made_of_a_source_that_was_tested_for_longer():
    noise = Noise()
    entropy = Entropy(noise, RINGS)
    assert len(entropy.lasting(32)) == 32
    assert noise.asked == [RINGS.startup, STARTUP, MORE]
    # It repeats itself after 100 bytes: what a short test does not see.
    period = fresh(0, 100)
    periodic = Entropy(lambda size: (period * (size // 100 + 1))[:size], RINGS)
    assert periodic(32)
    assert "repeats itself" in refused(periodic.lasting, 32)
    assert periodic.failure


def test_each_draw_takes_fresh_noise_through_shake256():
    noise = Noise()
    entropy = Entropy(noise, RINGS)
    pool, _ = conditioned(bytes(POOL), fresh(1, RINGS.startup), 0)
    for number, size in ((2, 32), (3, 0), (4, 1), (5, 1000)):
        pool, expected = conditioned(pool, fresh(number, MORE), size)
        assert entropy(size) == expected
    assert noise.asked == [RINGS.startup] + [MORE] * 4


def test_what_was_drawn_cannot_be_made_of_what_is_kept():
    entropy = Entropy(Noise(), RINGS)
    before = entropy._pool
    drawn = entropy(64)
    assert entropy._pool != before
    assert entropy._pool not in drawn and drawn[:POOL] != entropy._pool


def test_what_is_added_changes_all_that_comes_and_makes_the_noise_no_less():
    noises = Noise(), Noise()
    plain, stirred = (Entropy(noise, RINGS) for noise in noises)
    stirred.add(b"known to all")
    assert plain(32) != stirred(32)
    assert noises[0].asked == noises[1].asked


def test_a_source_that_fails_at_the_start_gives_nothing():
    for way in ("stuck", "dead"):
        noise = Noise()
        setattr(noise, way, True)
        entropy = Entropy(noise, SYSTEM)
        assert way == "dead" or "stuck" in entropy.failure
        assert "start the node anew" in refused(entropy, 32)


def test_a_source_that_fails_later_gives_nothing_from_then_on_and_is_not_asked_again():
    for way in ("stuck", "dead"):
        noise = Noise()
        entropy = Entropy(noise, SYSTEM)
        assert entropy(32)
        setattr(noise, way, True)
        refused(entropy, 32)
        noise.stuck = noise.dead = False
        asked = len(noise.asked)
        refused(entropy, 32)
        assert len(noise.asked) == asked and entropy.failure


def test_a_start_tests_anew():
    noise = Noise()
    noise.dead = True
    assert Entropy(noise, SYSTEM).failure
    noise.dead = False
    assert not Entropy(noise, SYSTEM).failure


def test_a_failure_is_told_once_whether_it_comes_before_or_after_somebody_listens():
    for early in (True, False):
        noise, told = Noise(), []
        noise.dead = early
        entropy = Entropy(noise, SYSTEM)
        entropy.tell(told.append)
        noise.dead = True
        for _ in range(3):
            refused(entropy, 1)
        assert told == ["the source gives no noise"]


def test_sessions_are_told_apart_even_without_noise():
    noise = Noise()
    noise.dead = True
    entropy = Entropy(noise, SYSTEM)
    seen = [entropy.different(8) for _ in range(8)]
    assert len(set(seen)) == 8 and bytes(8) not in seen


# ------------------------------------------------------------------------------------- a node


class Hedged:
    """A crypto port that draws for each signature and encapsulation, as the firmware's does."""

    def __init__(self, crypto, entropy):
        self._crypto = crypto
        self._entropy = entropy

    def __getattr__(self, name):
        return getattr(self._crypto, name)

    def sign(self, seed, purpose, message):
        self._entropy(32)
        return self._crypto.sign(seed, purpose, message)

    def encapsulate(self, public_key):
        self._entropy(32)
        return self._crypto.encapsulate(public_key)


def board(name):
    """A world at a stage whose node has a source of its own, `world.noise`."""
    world = stage(name)
    world.noise = Noise()
    start(world)
    return world


def start(world):
    world.boot()
    entropy = Entropy(world.noise, SYSTEM)
    world.node.crypto, world.node.randomness = Hedged(world.crypto, entropy), entropy


def no_entropy(world):
    return world.read("status").no_entropy


def test_a_node_whose_source_is_sound_says_nothing_of_it():
    world = board("viewed")
    world.activate(world.user, world.code)
    assert no_entropy(world) == ""


def test_what_needs_a_signature_or_a_key_is_refused_once_the_source_is_dead():
    for name, action in (
        ("enrolled", lambda world: world.generate(world.user)),
        ("viewed", lambda world: world.activate(world.user, world.code)),
        ("activated", lambda world: world.view(world.record)),
        ("completed", lambda world: world.settle(world.code)),
        ("viewed", lambda world: world.read("journal_head", bytes(32))),
        ("viewed", lambda world: world.read("journal_receipt", 0, bytes(32))),
        ("viewed", lambda world: world.read("measurements", bytes(32))),
    ):
        for way in ("stuck", "dead"):
            world = board(name)
            setattr(world.noise, way, True)
            while not world.node.randomness.failure:
                refused(world.node.crypto.sign, bytes(32), b"", b"")
            before = world.store.content()
            assert "nothing is signed without" in refused(action, world)
            assert world.store.content() == before, name
            assert no_entropy(world) == world.node.randomness.failure != ""


def test_a_source_that_dies_while_a_batch_is_signed_leaves_no_trace_of_the_batch():
    world = board("viewed")
    before, size = world.store.content(), world.node.journal.size
    world.noise.dead = True
    assert not world.node.randomness.failure
    refused(world.activate, world.user, world.code)
    assert world.store.content() == before and world.node.journal.size == size
    assert no_entropy(world) == "the source gives no noise"


def test_reads_go_on_and_so_does_what_is_not_signed_for():
    world = board("activated")
    world.noise.dead = True
    refused(world.view, world.record)
    assert world.do(world.user, "get_code", world.code).status == "activated"
    assert world.read("identity").node == world.node.id
    world.deposit(5, reference=b"payment of a bad day")
    assert world.node.journal.header(world.node.journal.size - 1)


def test_a_checkpoint_waits_for_a_source_that_is_trusted():
    world = board("viewed")
    world.noise.dead = True
    refused(world.node.crypto.sign, bytes(32), b"", b"")
    before = world.store.get("meta", b"checkpoint")
    world.node.checkpoints.keep(1)
    assert world.store.get("meta", b"checkpoint") == before
    world.noise.dead = False
    start(world)
    world.node.checkpoints.keep(1)
    assert world.store.get("meta", b"checkpoint") != before


def test_an_erasure_is_refused_rather_than_left_without_its_checkpoint():
    world = board("viewed")
    world.noise.dead = True
    refused(world.node.crypto.sign, bytes(32), b"", b"")
    world.node.checkpoints.want_states()
    refused(world.deposit, 5, b"another")
    world.deposit(5, b"a third")


def test_the_next_start_tests_the_source_and_signs_again():
    world = board("viewed")
    world.noise.dead = True
    refused(world.activate, world.user, world.code)
    world.noise.dead = False
    refused(world.activate, world.user, world.code)
    start(world)
    world.activate(world.user, world.code)
    assert no_entropy(world) == ""
