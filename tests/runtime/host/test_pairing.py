"""A new node and its operator, who agree at the node's own terminal."""

import re
from pathlib import Path

from tests.runtime.host.at_node import node_with_terminal
from tests.runtime.host.test_cli import Terminal


def provision(terminal: Terminal, name: str) -> tuple[int, str]:
    """(exit status, all that `optin node provision` says)."""
    result = terminal.run("node", "provision", "--operator", name)
    return result.exit_code, result.output


def test_who_is_at_the_node_agrees_by_the_code_that_both_screens_show(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    made = terminal.json("--insecure-no-passphrase", "keys", "create", "operator")
    with node_with_terminal(str(tmp_path / "node")) as node:
        typed: list[str] = []
        node.person.answer = lambda code: typed.append(code) or code
        status, said = provision(terminal, "operator")
        assert status == 0, said
        shown = re.search(r"Its code is ((?:\d{3} ){3}\d{3}):", said)
        assert shown
        assert typed == [shown[1].replace(" ", "")]
        digits: str = made[0]["id"]
        assert "-".join(digits[at : at + 4] for at in range(0, 20, 4)).encode() in node.person.shown
        assert terminal.json("node", "status")["operator"] == digits


def test_who_is_at_the_node_says_no_and_nobody_is_bound(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.ok("--insecure-no-passphrase", "keys", "create", "thief")
    with node_with_terminal(str(tmp_path / "node")) as node:
        node.person.answer = lambda code: "no"
        status, said = provision(terminal, "thief")
        assert status == 1
        assert "nobody at the node agreed" in said
        assert terminal.json("node", "status")["operator"] is None
