"""A client that notes each request, and counts what it costs a simulated node."""

from typing import Any, NamedTuple

from runtime.host.client import Client
from tests.appliance.metered import Metered, Spent


class Call(NamedTuple):
    """One request that was answered: as it was sent, the result, what it cost if it was counted."""

    method: str
    params: list[Any]
    result: Any
    spent: Spent | None


class CountingClient(Client):
    """A client for one request at a time.

    Attributes:
        node: Metered, whose cycles are counted; None while there is none.
        calls: in order.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.node: Metered | None = None
        self.calls: list[Call] = []

    async def call(self, method: str, params: list[Any]) -> Any:
        """One request as it is, counted from idling to idling."""
        before = await self.node.idle() if self.node else None
        result = await super().call(method, params)
        spent = await self.node.idle() - before if self.node and before else None
        self.calls.append(Call(method, params, result, spent))
        return result
