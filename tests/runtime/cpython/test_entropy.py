"""The software node on a source of randomness that is not what it should be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.cpython.entropy import SharedEntropy, SoundCrypto
from runtime.cpython.software import Folder, Server, make_node
from runtime.wire.errors import NoEntropy

MESSAGE = b"m"


class Source:
    """The operating system's, until it is told to be stuck."""

    stuck = False

    def __call__(self, size: int) -> bytes:
        return bytes(size) if self.stuck else os.urandom(size)


def test_a_new_node_makes_no_seed_of_a_source_that_fails(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for bad in (bytes, lambda size: b"ab" * (size // 2)):
        with pytest.raises(NoEntropy, match="has failed"):
            make_node(folder, noise=bad)
        assert not (tmp_path / "seed").exists() and not (tmp_path / "seed.new").exists()
    make_node(folder).stop()
    assert (tmp_path / "seed").exists()
    folder.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda crypto: crypto.sign(bytes(32), b"purpose", MESSAGE),
        lambda crypto: crypto.encapsulate(crypto.kem_public_key(bytes(64))),
    ],
)
def test_nothing_is_signed_or_encapsulated_on_a_source_that_fails(
    use: Callable[[SoundCrypto], object],
) -> None:
    source = Source()
    crypto = SoundCrypto(SharedEntropy(source))
    assert use(crypto)
    source.stuck = True
    with pytest.raises(NoEntropy, match="stuck"):
        use(crypto)
    signature = SoundCrypto(SharedEntropy(os.urandom)).sign(bytes(32), b"purpose", MESSAGE)
    assert crypto.verify(crypto.public_key(bytes(32)), b"purpose", MESSAGE, signature)


def test_a_node_that_was_sound_starts_on_a_bad_source_says_so_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Folder(tmp_path)
    first = make_node(folder)
    first.stop()
    node = make_node(folder, noise=bytes)
    assert node.id == first.id
    server = Server(node, folder.line)
    assert "nothing is signed any more: the source is stuck" in capsys.readouterr().err
    server.close()
    node.stop()
    folder.close()
