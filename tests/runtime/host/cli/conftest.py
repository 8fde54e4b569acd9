"""A market that tests of the command line look at, made once."""

from collections.abc import Iterator

import pytest

from tests.runtime.host.cli.market import Machine, Market
from tests.runtime.host.served import node_process


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    folder = tmp_path_factory.mktemp("market")
    operator = Machine(folder, "operator")
    with node_process(folder / "node", operator.id):
        yield Market(folder, operator)
