"""One engagement on real cryptography, portable: for two Pythons to compare what they get."""

from tests.portable.world import VALUES, World


def run(store, crypto, accelerator=None, max_live=256):
    """Settle an engagement; returns the world."""
    world = World(store, crypto, max_live=max_live)
    if accelerator:
        world.node.accelerator = accelerator
    world.ready()
    user = world.enrol(world.person("Ada"), VALUES)
    code = world.generate(user)
    world.viewed(user, code)
    record = world.activate(user, code).record
    assert VALUES[0] in world.view(record).fields
    world.settle(code)
    assert world.state("code", code).status == "settled"
    assert not world.failures, world.failures
    return world


def described(world):
    """What must be the same everywhere: the size and root of the journal's tree, in words."""
    tree = world.node.journal.tree
    size = world.store.count()
    return f"{size} entries, {tree.root(size).hex()}"
