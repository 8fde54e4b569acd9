"""`optin graph`: what follows from a user, a code or a hop."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import click
from rich.text import Text
from rich.tree import Tree

from runtime.host.cli.context import App, command, operator_option
from runtime.host.cli.show import plain
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.wire import records

# edge: (kind that it starts from, kind that it leads to, in words)
EDGES = {
    "referred": ("user", "user", "brought"),
    "has_code": ("user", "code", "has"),
    "holds": ("code", "reservation", "holds"),
    "lead": ("code", "view record", "led to"),
    "followed_by": ("hop", "hop", "followed by"),
}
_alone = click.Group()


class Node(NamedTuple):
    """One id, and what follows from it."""

    id: bytes
    kind: str  # "" where nothing tells
    edges: dict[str, list[Node]]
    more: tuple[str, ...]  # edges of which there are more than were asked for


@command(_alone, "graph", example="graph anna\ngraph anna --edge referred --depth 8")
@click.argument("start", metavar="ID")
@click.option("--edge", "edges", multiple=True, type=click.Choice(tuple(EDGES)),
              help="Follow this type only; may be given more than once.")  # fmt: skip
@click.option("--depth", type=click.IntRange(1, 32), default=3, show_default=True,
              help="How many edges away from ID.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 255), default=20, show_default=True,
              help="Of each type, from each id.")  # fmt: skip
@operator_option
async def _graph(
    app: App, start: str, edges: tuple[str, ...], depth: int, most: int, operator: str
) -> None:
    """Show what follows from a user, a code or a hop.

    The operator may ask. Users brought users (referred) and have codes (has_code); a code holds a
    reservation (holds) and led to a view record (lead); a hop is followed by others (followed_by).
    """
    key = app.key(operator)
    async with app.node() as client:
        root = await app.code(client, start, key)
        found = await follow(
            client, key, Node(root, "", {}, ()), edges or tuple(EDGES), depth, most
        )
    lines: list[Any] = [_tree(app, found)]
    if not found.edges:
        lines.append("nothing follows from it")
    app.say(_data(found), *lines)


graph = _alone.commands["graph"]


async def follow(
    client: Client, operator: Key, node: Node, edges: tuple[str, ...], depth: int, most: int
) -> Node:
    """What follows from an id, so many edges away and so many of each type."""
    kind, found, more = node.kind, {}, []
    for edge in edges:
        source, target, _ = EDGES[edge]
        if kind not in ("", source):
            continue
        page = await client.query(operator, records.ListEdges(edge, node.id, b"", most))
        if not page.targets:
            continue
        kind = source
        found[edge] = [Node(identity, target, {}, ()) for identity in page.targets]
        if page.next:
            more.append(edge)
    if depth > 1:
        for edge, nodes in found.items():
            found[edge] = await asyncio.gather(
                *[follow(client, operator, each, edges, depth - 1, most) for each in nodes]
            )
    return Node(node.id, kind, found, tuple(more))


def _tree(app: App, node: Node, words: str = "") -> Tree:
    label = Text()
    label.append(f"{words} " if words else "", "dim")
    label.append(f"{node.kind} " if node.kind else "")
    label.append(plain(app.name(node.id)), "bold")
    tree = Tree(label, guide_style="dim")
    for edge, nodes in node.edges.items():
        for target in nodes:
            tree.children.append(_tree(app, target, EDGES[edge][2]))
        if edge in node.more:
            tree.add(Text("and more: --most", "dim"))
    return tree


def _data(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind or None,
        **{edge: [_data(target) for target in nodes] for edge, nodes in node.edges.items()},
        **({"more": node.more} if node.more else {}),
    }
