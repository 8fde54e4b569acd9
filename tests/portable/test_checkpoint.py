"""A node starts from its last checkpoint and verifies what came after it."""

from runtime.node import checkpoint
from runtime.wire.errors import Refused
from tests.portable.world import stage


def restarted(world):
    """The same store under a new node."""
    return world.fork()


def refuses_to_start(world):
    try:
        restarted(world)
    except Refused:
        return True
    return False


def test_a_start_without_a_checkpoint_verifies_every_entry():
    world = stage("settled")
    assert restarted(world).node.verified == world.node.journal.size


def test_a_start_verifies_only_what_came_after_the_checkpoint():
    world = stage("settled")
    world.node.checkpoints.keep(1)
    world.store.commit()
    assert restarted(world).node.verified == 0
    world.deposit(5, b"one more")
    assert restarted(world).node.verified == 1


def test_a_checkpoint_is_signed_every_so_many_entries():
    world = stage("ready")
    assert world.store.get(*checkpoint.KEY) is None
    world.node.checkpoints.keep(world.node.journal.size + 1)
    assert world.store.get(*checkpoint.KEY) is None
    world.node.checkpoints.keep(world.node.journal.size)
    assert world.store.get(*checkpoint.KEY) is not None


def test_an_entry_changed_after_the_checkpoint_stops_the_start():
    world = stage("activated")
    world.node.checkpoints.keep(1)
    world.deposit(5, b"one more")
    header, salt, body, attachments = world.store.entries[-1]
    world.store.entries[-1] = (header, bytes(32), body, attachments)
    assert refuses_to_start(world)


def test_a_tree_changed_before_the_checkpoint_stops_the_start():
    world = stage("activated")
    world.node.checkpoints.keep(1)
    world.store.commit()
    for level in range(6):  # the nodes that its root is made of
        for index in range(2 ** (6 - level)):
            key = bytes([level]) + index.to_bytes(8, "big")
            if world.store.get("tree", key):
                world.store.put("tree", key, bytes(32))
    world.store.commit()
    assert refuses_to_start(world)


def test_a_checkpoint_of_another_node_stops_the_start():
    world, other = stage("ready"), stage("settled")
    other.node.identity_seed = bytes(32)  # as good as another node: another signature
    other.node.checkpoints.keep(1)
    world.store.put(checkpoint.KEY[0], checkpoint.KEY[1], other.store.get(*checkpoint.KEY))
    world.store.commit()
    assert refuses_to_start(world)


def test_a_store_rolled_back_behind_its_checkpoint_stops_the_start():
    world = stage("settled")
    world.node.checkpoints.keep(1)
    world.store.entries.pop()
    world.store.commit()
    assert refuses_to_start(world)
