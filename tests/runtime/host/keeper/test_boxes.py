"""What a node leaves with its host is there after a restart, all of a message series or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.host.keeper.boxes import Boxes
from runtime.wire.errors import StorageFailed
from runtime.wire.requests import Request, Response, parse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


@pytest.fixture
def boxes(path: Path) -> Iterator[Boxes]:
    kept = Boxes(path)
    yield kept
    kept.close()


def ask(boxes: Boxes, method: str, *params: Any) -> Any:
    answer = parse(boxes.answer(Request(7, method, list(params))))
    assert isinstance(answer, Response)
    assert answer.id == 7
    assert answer.error is None, answer.error
    return answer.result


def refused(boxes: Boxes, method: str, params: Any) -> str:
    """The text of the error."""
    answer = parse(boxes.answer(Request(7, method, params)))
    assert isinstance(answer, Response)
    assert answer.error is not None
    assert answer.error[0] in ("malformed", "unknown_method", "storage")
    return str(answer.error[1])


def test_a_series_is_there_once_its_last_message_was_answered(path: Path, boxes: Boxes) -> None:
    ask(boxes, "keep", 0, False, [], [["entry", 5, 0, b"a"], ["entry", 5, 1, b"b"]])
    other = Boxes(path)
    assert ask(other, "fetch", "entry", 5, 0) is None
    ask(boxes, "keep", 1, True, [], [["record", 9, 0, b"c"]])
    for kept in (boxes, other):
        assert [ask(kept, "fetch", *name) for name in (("entry", 5, 0), ("entry", 5, 1))] == [
            b"a",
            b"b",
        ]
        assert ask(kept, "newest", "record") == 9
        assert ask(kept, "newest", "checkpoint") is None
    other.close()


def test_a_series_that_is_begun_anew_forgets_the_one_before(boxes: Boxes) -> None:
    ask(boxes, "keep", 0, False, [], [["entry", 1, 0, b"old"]])
    ask(boxes, "keep", 0, True, [], [["entry", 2, 0, b"new"]])
    assert ask(boxes, "fetch", "entry", 1, 0) is None
    assert ask(boxes, "fetch", "entry", 2, 0) == b"new"


def test_a_message_out_of_its_series_is_refused_and_ends_it(boxes: Boxes) -> None:
    ask(boxes, "keep", 0, False, [], [["entry", 1, 0, b"old"]])
    assert "message 2" in refused(boxes, "keep", [2, True, [], []])
    assert "message 1" in refused(boxes, "keep", [1, True, [], []])
    assert ask(boxes, "fetch", "entry", 1, 0) is None


def test_drops_come_before_boxes_and_with_them(boxes: Boxes) -> None:
    ask(boxes, "keep", 0, True, [], [["record", number, 0, b"x"] for number in range(6)])
    ask(boxes, "keep", 0, True, [["record", 1, 5]], [["record", 3, 0, b"again"]])
    there = [ask(boxes, "fetch", "record", number, 0) for number in range(6)]
    assert there == [b"x", None, None, b"again", None, b"x"]


def test_what_was_dropped_is_in_the_file_no_more(path: Path, boxes: Boxes) -> None:
    secret = b"a box that is to go" * 20
    ask(boxes, "keep", 0, True, [], [["entry", 1, 0, secret]])
    ask(boxes, "keep", 0, True, [["entry", 1, 2]], [["entry", 1, 0, b"what is left"]])
    for file in path.parent.iterdir():
        assert secret[:19] not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("keep", []),
        ("keep", None),
        ("keep", [0, 1, [], []]),
        ("keep", [0, True, [["record", 1]], []]),
        ("keep", [0, True, [], [["record", 1, 0, "text"]]]),
        ("keep", [0, True, [], [["record", -1, 0, b""]]]),
        ("keep", [0, True, [], [["record", 1 << 63, 0, b""]]]),
        ("keep", [0, True, [], [["record" * 9, 1, 0, b""]]]),
        ("fetch", ["record", True, 0]),
        ("fetch", ["record", 1]),
        ("newest", [3]),
        ("abort", []),
        ("close", []),
        ("", []),
    ],
)
def test_what_is_no_call_is_an_error_and_changes_nothing(
    boxes: Boxes, method: str, params: Any
) -> None:
    ask(boxes, "keep", 0, True, [], [["record", 1, 0, b"kept"]])
    assert refused(boxes, method, params)
    assert ask(boxes, "fetch", "record", 1, 0) == b"kept"
    assert ask(boxes, "newest", "record") == 1


def test_a_full_disk_is_an_error_and_leaves_nothing(path: Path, boxes: Boxes) -> None:
    ask(boxes, "keep", 0, True, [], [["record", 1, 0, b"kept"]])
    pages = boxes._db.execute("PRAGMA page_count").fetchone()[0]
    boxes._db.execute(f"PRAGMA max_page_count = {pages + 4}")
    large = [["record", 2, part, bytes(30_000)] for part in range(4)]
    assert "full" in refused(boxes, "keep", [0, True, [], large])
    assert ask(boxes, "newest", "record") == 1
    ask(boxes, "keep", 0, True, [], [["record", 2, 0, b"small"]])
    assert ask(boxes, "newest", "record") == 2


def test_a_file_that_is_none_is_refused(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageFailed, match="cannot open"):
        Boxes(path)


def test_an_answer_waits_for_the_disk(boxes: Boxes) -> None:
    full = 2  # of SQLite's levels: each commit is synchronised
    assert boxes._db.execute("PRAGMA synchronous").fetchone() == (full,)
