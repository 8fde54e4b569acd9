"""The same engagement on both Pythons, with either's cryptography, gives the same journal."""

from runtime.host.crypto import Crypto
from tests.firmware.modules.conftest import ROOT
from tests.firmware.modules.engagement import described, run
from tests.portable.ram_store import RamStore


def test_the_journal_is_the_same_with_everything_in_c(micropython):
    runner = ROOT / "tests/portable/run.py"
    lines = micropython(runner, arguments=["tests.firmware.modules.on_micropython.world"])
    print("\n".join(lines))
    assert described(run(RamStore(), Crypto())) in lines
