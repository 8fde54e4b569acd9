"""Rules that must hold however many there are."""

from runtime.wire.errors import Refused
from tests.portable.world import DAY, refused, stage


def test_one_live_code_of_an_offer_is_found_among_hundreds_that_expired():
    world = stage("enrolled")
    world.deposit(10_000_000, b"for many")
    offer = world.publish(serial=9, amount=1, budget=10_000, code_ttl=DAY)
    for _ in range(300):
        world.generate(world.user, offer)
        world.uptime.ns += DAY
    for _ in range(20):
        world.generate(world.user, offer)
        refused(world, Refused, world.generate, world.user, offer)
        world.uptime.ns += DAY
