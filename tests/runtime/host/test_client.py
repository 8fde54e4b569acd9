"""The client against a node behind a real pseudo-terminal, honest or not."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import tty
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from runtime.host import steps
from runtime.host.client import BlockingClient, Client, ConnectionLost, NodeLied
from runtime.host.transports import TransportError
from runtime.wire import records
from runtime.wire.commands import HEAD
from runtime.wire.errors import Missing, Refused, Unauthorized
from runtime.wire.schema import canonical, evolve, spec_of
from tests.runtime.host.served import EUR, Cast, Served, Someone, node_process, serving

Test = Callable[[Client, Served], Coroutine[Any, Any, None]]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end; a test that hangs fails instead."""

    async def limited() -> Any:
        async with asyncio.timeout(30):
            return await work

    return asyncio.run(limited())


def with_node(folder: Path, test: Test, **options: Any) -> None:
    """Run a test on a client of a node in this process."""

    async def work(served: Served) -> None:
        async with await Client.connect(served.line, **options) as client:
            await test(client, served)

    with serving(folder) as served:
        run(work(served))


# --------------------------------------------------------------------------- an honest node


def test_a_command_comes_back_with_a_receipt_that_holds(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        done = await steps.provision(client, Someone("operator"))
        receipt = await client.receipt(done.accepted)
        assert receipt.position == done.accepted.position == 0
        assert client.head is not None
        assert client.head.size == 1
        assert client.identity.operator == Someone("operator").id

    with_node(tmp_path, test)


def test_a_process_of_its_own_serves_the_blocking_face(tmp_path: Path) -> None:
    before = threading.active_count()
    operator = Someone("operator")
    with node_process(tmp_path), BlockingClient(str(tmp_path / "tty"), host=operator) as client:
        done = client.command(operator, records.Provision(), (operator.public_key,))
        assert client.receipt(done.accepted).position == 0
        assert client.read(records.Status()).entries == 1
        assert client.latest_head().head == client.head
        page = client.query(operator, records.ListCodes(b"", 10))
        assert page.codes == ()
        with pytest.raises(Missing):
            client.read(records.GetOffer(bytes(32)))
    assert threading.active_count() == before


def test_a_blocking_client_that_cannot_connect_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(TransportError, match="no such port"):
        BlockingClient(str(tmp_path / "none"))
    assert threading.active_count() == before


def test_a_hundred_commands_of_one_party_in_flight_all_arrive_once(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        async with await Client.connect(served.line) as client:
            cast = await Cast().set_up(client)
            before = (await client.read(records.Status())).entries
        # A client that does not know the nonce yet.
        async with await Client.connect(served.line, host=cast.operator) as client:
            done = await asyncio.gather(
                *(
                    steps.deposit(client, cast.operator, cast.partner.id, 1, EUR, b"%d" % number)
                    for number in range(100)
                )
            )
            positions = sorted(item.accepted.position for item in done)
            assert positions == list(range(before, before + 100))
            receipts = await asyncio.gather(*(client.receipt(item.accepted) for item in done))
            assert len({receipt.leaf for receipt in receipts}) == 100
            totals = await steps.totals(client, cast.operator, EUR)
            assert totals.conserved
            assert totals.deposited == 100_000_100

    with serving(tmp_path) as served:
        run(work(served))


def test_a_refusal_does_not_make_others_of_the_same_party_stale(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        cast = await Cast().set_up(client)
        numbers, done = iter(range(60)), []

        async def one_after_the_other() -> None:
            for number in numbers:
                reference = b"%d" % (number // 2)  # every other one was credited before
                work = steps.deposit(client, cast.operator, cast.partner.id, 1, EUR, reference)
                done.extend(await asyncio.gather(work, return_exceptions=True))

        await asyncio.gather(*[one_after_the_other() for _ in range(8)])
        refused = [item for item in done if isinstance(item, Exception)]
        assert [type(error) for error in refused] == [Refused] * 30
        totals = await steps.totals(client, cast.operator, EUR)
        assert totals.deposited == 100_000_030

    with_node(tmp_path, test)


def test_many_people_at_once_each_get_their_own_answers(tmp_path: Path) -> None:
    async def live(client: Client, cast: Cast, number: int) -> None:
        user = Someone(f"user {number}")
        name = f"User {number}"
        await steps.enrol(client, user, {0: name.encode(), 2: b"+1"})
        code = (await steps.generate_code(client, cast.operator, cast.offer, user.id)).reply.code
        await steps.mark_viewed(client, user, code)
        record = (await steps.activate(client, user, code, cast.offer)).reply.record
        seen = await steps.fetch_view(client, cast.partner, record)
        assert seen.values == {0: name, 2: True}

    async def test(client: Client, _: Served) -> None:
        cast = await Cast().set_up(client)
        await asyncio.gather(*(live(client, cast, number) for number in range(24)))

    with_node(tmp_path, test)


def test_a_refusal_names_what_was_wrong_and_the_next_command_goes_through(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        cast = await Cast().set_up(client)
        with pytest.raises(Refused, match="sum to 9999"):
            await steps.define_rules(client, cast.operator, records.Shares(9999, 0, 0, 0))
        with pytest.raises(Unauthorized):
            await steps.define_rules(client, cast.partner, records.Shares(10000, 0, 0, 0))
        await steps.define_rules(client, cast.operator, records.Shares(10000, 0, 0, 0))

    with_node(tmp_path, test)


def test_requests_survive_a_node_that_starts_anew_under_them(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        cast = await Cast().set_up(client)
        submit, seen = served.node.submit, 0

        def forgetful(*request: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == 20:
                served.start_anew()  # this request is lost, and every answer under way
                return
            submit(*request)

        served.node.submit = forgetful
        done = await asyncio.gather(
            *(
                steps.register(client, cast.operator, Someone(f"blog {number}"), ["publisher"])
                for number in range(60)
            )
        )
        assert seen > 60
        assert len({item.accepted.position for item in done}) == 60

    with_node(tmp_path, test)


# ------------------------------------------------------------------------------ no answer


def test_a_silent_line_is_given_up_in_time() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        began = time.monotonic()
        with pytest.raises(ConnectionLost, match=r"no answer to identity within 0.2 s"):
            run(Client.connect(os.ttyname(slave), timeout_s=0.2))
        assert time.monotonic() - began < 5
    finally:
        os.close(master)
        os.close(slave)


def test_a_node_that_is_killed_fails_requests_at_once(tmp_path: Path) -> None:
    async def work(kill: Callable[[], None]) -> None:
        async with await Client.connect(str(tmp_path / "tty"), timeout_s=25) as client:
            under_way = [asyncio.create_task(client.latest_head()) for _ in range(20)]
            await under_way[0]
            kill()
            results = await asyncio.gather(*under_way, return_exceptions=True)
            assert all(isinstance(item, ConnectionLost | records.SignedHead) for item in results)
            with pytest.raises(ConnectionLost):
                await client.latest_head()

    with node_process(tmp_path) as process:

        def kill() -> None:
            process.kill()
            process.wait()

        run(work(kill))


def test_a_closed_client_says_so(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        await client.close()
        with pytest.raises(ConnectionLost):
            await client.latest_head()

    with_node(tmp_path, test)


def test_a_second_client_on_the_line_is_told_that_it_is_taken(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        with pytest.raises(TransportError, match="in use by another client"):
            await Client.connect(served.line)

    with_node(tmp_path, test)


# --------------------------------------------------------------------------- a lying node


def lie(served: Served, method: str, change: Callable[[Any], Any]) -> None:
    """Change a node's answers to a request."""
    honest = served.node.submit
    build = spec_of(records.REPLIES[method]).build

    def submit(asked: str, params: Any, reply: Callable[[Any, Any], None]) -> None:
        def answer(error: Any, result: Any) -> None:
            reply(error, result if error else list(change(build(result))))

        honest(asked, params, answer if asked == method else reply)

    served.node.submit = submit


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def wrong_leaf(reply: Any) -> Any:
    return evolve(reply, inclusion=evolve(reply.inclusion, leaf=flipped(reply.inclusion.leaf)))


def wrong_path(reply: Any) -> Any:
    path = [flipped(reply.inclusion.path[0]), *reply.inclusion.path[1:]]
    return evolve(reply, inclusion=evolve(reply.inclusion, path=tuple(path)))


def wrong_position(reply: Any) -> Any:
    return evolve(reply, inclusion=evolve(reply.inclusion, position=reply.inclusion.position + 1))


def wrong_signature(reply: Any) -> Any:
    signed = evolve(reply.signed, signature=flipped(reply.signed.signature))
    return evolve(reply, signed=signed)


def other_nonce(reply: Any) -> Any:
    return evolve(
        reply, signed=evolve(reply.signed, head=evolve(reply.signed.head, nonce=b"o" * 32))
    )


def other_root(reply: Any) -> Any:
    head = evolve(reply.signed.head, root=flipped(reply.signed.head.root))
    return evolve(reply, signed=evolve(reply.signed, head=head))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (wrong_leaf, "not the one that the node answered with"),
        (wrong_path, "not in the tree"),
        (wrong_position, "not the one that the node answered with"),
        (wrong_signature, "signature of the head"),
        (other_nonce, "signed for somebody else"),
        (other_root, "signature of the head"),
    ],
)
def test_a_receipt_that_does_not_hold_is_noticed(
    tmp_path: Path, change: Callable[[Any], Any], words: str
) -> None:
    async def test(client: Client, served: Served) -> None:
        cast = await Cast().set_up(client)
        done = await steps.deposit(client, cast.operator, cast.partner.id, 1, EUR, b"x")
        lie(served, "journal_receipt", change)
        with pytest.raises(NodeLied, match=words):
            await client.receipt(done.accepted)

    with_node(tmp_path, test)


def test_an_entry_proved_by_number_must_be_that_entry(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        await Cast().set_up(client)
        assert (await steps.prove_entry(client, 3)).position == 3
        lie(served, "journal_receipt", wrong_path)
        with pytest.raises(NodeLied, match="entry 3 is not in the tree"):
            await steps.prove_entry(client, 3)

    with_node(tmp_path, test)


def test_a_key_that_is_not_the_nodes_own_is_noticed(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        other = Someone("impostor").public_key
        lie(served, "identity", lambda reply: evolve(reply, public_key=other))
        with pytest.raises(NodeLied, match="not the hash of its key"):
            await Client.connect(served.line)

    with serving(tmp_path) as served:
        run(work(served))


def test_another_node_on_the_line_is_noticed(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        with pytest.raises(NodeLied, match="another node is on this line"):
            await Client.connect(served.line, node=bytes(32))

    with serving(tmp_path) as served:
        run(work(served))


def test_an_answer_of_a_wrong_shape_is_noticed(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        lie(served, "status", lambda reply: [*reply, 0])
        with pytest.raises(NodeLied, match="wrong shape"):
            await client.read(records.Status())

    with_node(tmp_path, test)


async def history(line: str, deposits: list[bytes], **options: Any) -> records.Head:
    """Write a history of the same start and other deposits; returns the head after it."""
    cast = Cast()
    async with await Client.connect(line, host=cast.operator, **options) as client:
        if client.identity.operator is None:
            await cast.set_up(client)
        for reference in deposits:
            await steps.deposit(client, cast.operator, cast.partner.id, 5, EUR, reference)
        await client.latest_head()
        assert client.head is not None
        return client.head


def test_a_journal_that_grew_is_accepted_by_who_knew_it_before(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        known = run(history(served.line, [b"a"]))
    with serving(tmp_path) as served:
        later = run(history(served.line, [b"b", b"c"], head=known))
    assert later.size == known.size + 2


def test_a_journal_that_shrank_is_noticed(tmp_path: Path) -> None:
    with serving(tmp_path / "one") as served:
        known = run(history(served.line, [b"a", b"b"]))
    with serving(tmp_path / "two") as served, pytest.raises(NodeLied, match="shrank"):
        run(history(served.line, [b"a"], head=known))


@pytest.mark.parametrize("more", [[], [b"c"], [b"c", b"d", b"e"]])
def test_a_journal_that_was_forked_is_noticed(tmp_path: Path, more: list[bytes]) -> None:
    with serving(tmp_path / "one") as served:
        known = run(history(served.line, [b"a"]))
    with (
        serving(tmp_path / "two") as served,
        pytest.raises(NodeLied, match="not the one that was seen before"),
    ):
        run(history(served.line, [b"b", *more], head=known))


def test_a_head_signed_over_a_rewritten_tree_is_noticed(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        await Cast().set_up(client)
        await client.latest_head()
        node = served.node

        def rewritten(reply: Any) -> Any:
            head = evolve(reply.signed.head, root=b"r" * 32)
            signature = node.crypto.sign(node.identity_seed, HEAD, canonical(head))
            return evolve(reply, signed=records.SignedHead(head, signature))

        lie(served, "journal_head", rewritten)
        with pytest.raises(NodeLied, match="not the one that was seen before"):
            await client.latest_head()

    with_node(tmp_path, test)


def test_terms_that_are_not_the_offers_are_noticed(tmp_path: Path) -> None:
    async def test(client: Client, served: Served) -> None:
        cast = await Cast().set_up(client)
        honest = client.read

        async def other(request: Any) -> Any:
            reply = await honest(request)
            if isinstance(request, records.GetOffer):
                return evolve(reply, terms=evolve(reply.terms, purpose="to sell it"))
            return reply

        client.read = other  # type: ignore[method-assign]
        with pytest.raises(NodeLied, match="the terms are not those"):
            await steps.offer_terms(client, cast.offer)

    with_node(tmp_path, test)


def test_log_lines_of_the_node_reach_whoever_asked_for_them(tmp_path: Path) -> None:
    lines: list[str] = []

    async def test(client: Client, served: Served) -> None:
        client.on_log = lines.append
        await steps.provision(client, Someone("operator"))
        lie(served, "status", lambda reply: served.server._session.log("hello", 10**9) or reply)
        await client.read(records.Status())

    with_node(tmp_path, test)
    assert lines == ["hello"]
