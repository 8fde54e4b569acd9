"""Generated documents are fresh, and the README speaks of what is there."""

import re

import pytest

from tests.docs import DOCUMENTS, ROOT


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_generated_document_is_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text() == DOCUMENTS[path](), "run: make docs"


@pytest.mark.parametrize("readme", sorted(ROOT.glob("**/README.md")), ids=str)
def test_a_readme_links_only_to_what_is_there(readme) -> None:
    if {".venv", "build"} & set(readme.relative_to(ROOT).parts):
        return
    for target in re.findall(r"\]\(([^)#:]+)\)", readme.read_text()):
        assert (readme.parent / target).exists(), target


def test_the_threats_name_tests_that_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "THREATS.md").read_text())
    assert len(named) >= 35
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text(), test
