"""Health tests find sources that are stuck, biased or repeat, and let sound ones be."""

from hashlib import shake_256

from runtime.node.health import RINGS, STARTUP, SYSTEM, WINDOW, Health, Unhealthy

CLAIMS = (RINGS, SYSTEM)


def sound(size, seed=b"sound"):
    return shake_256(seed).digest(size)


def biased(size, share, seed=b"biased"):
    """Bytes of independent bits, `share` of 256 of which are ones."""
    bits = shake_256(seed).digest(8 * size)
    made = bytearray(size)
    for index in range(8 * size):
        if bits[index] < share:
            made[index >> 3] |= 1 << (index & 7)
    return bytes(made)


def periodic(size, bits, seed=b"periodic"):
    """Bytes of a bit stream that repeats itself after so many bits."""
    period = shake_256(seed).digest(bits // 8 + 1)
    made = bytearray(size)
    for index in range(8 * size):
        at = index % bits
        made[index >> 3] |= (period[at >> 3] >> (at & 7) & 1) << (index & 7)
    return bytes(made)


def alarm(samples, claim):
    """(the alarm or None, samples that were looked at till then)."""
    health = Health(claim)
    for at in range(0, len(samples), 16):
        try:
            health.test(samples[at : at + 16])
        except Unhealthy as error:
            return str(error), at + 16
    return None, len(samples)


def finds(samples, claim, what):
    """Whether the start-up test finds it, and says what it is."""
    why, looked_at = alarm(samples, claim)
    return why is not None and what in why and looked_at <= STARTUP


def test_a_sound_source_passes():
    for claim in CLAIMS:
        for seed in (b"1", b"2", b"3"):
            assert alarm(sound(16 * 1024, seed), claim) == (None, 16 * 1024)


def test_a_source_that_has_what_is_claimed_of_it_passes():
    for share in (205, 51):  # of 256; 0.32 bits of min-entropy a bit: more than 0.3
        assert alarm(biased(8192, share), RINGS)[0] is None


def test_a_stuck_source_is_found_whatever_it_is_stuck_at():
    for claim in CLAIMS:
        for value in (0, 1, 0x55, 0x80, 0xFF):
            assert finds(bytes([value]) * STARTUP, claim, "stuck")


def test_a_source_that_gets_stuck_later_is_found_within_a_row():
    for claim in CLAIMS:
        for after in (1, WINDOW - 3, WINDOW, 5000):
            samples = sound(after) + bytes(claim.row)
            assert alarm(samples[:-1], claim)[0] is None or samples[after - 1] == 0
            assert "stuck" in alarm(samples, claim)[0]


def test_a_biased_source_is_found_at_its_start():
    for claim, shares in ((SYSTEM, (10, 40, 80, 176, 205, 250)), (RINGS, (10, 25, 231, 250))):
        for share in shares:
            assert finds(biased(STARTUP, share), claim, ""), share


def test_a_source_with_a_favourite_among_its_bytes_is_found():
    for claim in CLAIMS:
        samples = bytearray(sound(2 * STARTUP))
        for at in range(0, len(samples), 2):
            samples[at] = 0x5A
        assert "biased" in alarm(bytes(samples), claim)[0]


def test_a_periodic_source_is_found_at_its_start():
    for claim in CLAIMS:
        for bits in (2, 3, 5, 7, 9, 12, 15, 24, 31, 63, 100, 127, 200, 255, 8 * 48, 8 * 200):
            why, looked_at = alarm(periodic(STARTUP, bits), claim)
            assert why is not None and looked_at <= STARTUP, bits


def test_a_source_that_repeats_a_long_time_of_noise_is_found():
    for claim in CLAIMS:
        for size in (100, 256, 400, WINDOW):
            assert finds(sound(size) * (STARTUP // size + 1), claim, "repeats")


def test_a_source_that_counts_is_found():
    for claim in CLAIMS:
        for step in (1, 3, 255):
            counting = bytes([(step * at) & 0xFF for at in range(STARTUP)])
            assert finds(counting, claim, "repeats")


def test_a_source_that_begins_to_repeat_later_is_found():
    for claim in CLAIMS:
        samples = sound(3000) + sound(64, b"again") * 40
        assert alarm(samples[:3000], claim)[0] is None
        assert "repeats" in alarm(samples, claim)[0]


def test_an_alarm_is_final():
    health = Health(RINGS)
    for samples in (bytes(RINGS.row), sound(64), sound(4096)):
        try:
            health.test(samples)
            raise AssertionError("no alarm")
        except Unhealthy as error:
            assert "stuck" in str(error)


def test_samples_are_looked_at_alike_however_they_come():
    samples = sound(700) + sound(90) * 20
    whole, apart = Health(RINGS), Health(RINGS)
    try:
        whole.test(samples)
        raise AssertionError("no alarm")
    except Unhealthy:
        pass
    for at in range(len(samples)):
        try:
            apart.test(samples[at : at + 1])
        except Unhealthy:
            break
    assert whole.__dict__ == apart.__dict__
