"""What a look at a view record costs must not tell which fields it shows."""

import subprocess
from pathlib import Path

from firmware.port.build import image
from soc.sim.build import build
from soc.software.build import FOLDER as SOFTWARE

PROGRAM = Path(__file__).parent / "view" / "boot.py"
SPREAD = 500  # cycles, of 2.8 million


def looks() -> list[tuple[str, int, int]]:
    """(mask, cycles, bytes of the sealed reply) of each look of the program."""
    simulator = build()
    program = image(simulator.headers, (SOFTWARE,), program=PROGRAM, node=True)
    words = [simulator.program, f"home={simulator.program.parent}", f"image={program}"]
    found = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            said = line.replace("\0", "").split()
            if said[0] != "look":
                break
            found.append((said[1], int(said[2]), int(said[3])))
        process.terminate()
    assert said == ["end"], line
    return found


def test_a_look_takes_the_same_time_whichever_fields_it_shows() -> None:
    (first, cycles, size), *others = looks()
    assert others[-1] == (first, cycles, size)  # nothing else makes a difference
    assert {size for _, _, size in others} == {size}
    times = [cycles, *[found for _, found, _ in others]]
    # What is shown lies at other addresses, and the cache is direct-mapped.
    assert max(times) - min(times) <= SPREAD
