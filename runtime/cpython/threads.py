"""The node's threads: entities on threads that are used again and on one core, crypto beside.

Pykka starts a thread for each actor and hands messages over by `queue.Queue` and
`threading.Condition`; entities come and go with every request. On 2 cores an ask took 64
microseconds, and with the start of its actor 307. Entities only ever wait for each other, so they
lose nothing on one core, where a hand-over needs no other core to wake up: 22 and 123. With a
waiting thread, a `SimpleQueue` and a bare lock it is 16 and 41.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Full, SimpleQueue
from sys import exc_info
from typing import Any

from pykka import Future, ThreadingActor, Timeout

IDLE = 64  # threads kept waiting for an actor

Loop = Callable[[], None]
_idle: list[SimpleQueue[Loop]] = []


def _work(loop: Loop) -> None:
    mailbox: SimpleQueue[Loop] = SimpleQueue()
    while True:
        loop()
        if len(_idle) >= IDLE:
            return
        _idle.append(mailbox)
        loop = mailbox.get()


class LockFuture(Future[Any]):
    """A future on one lock: set once, by one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._is_set = threading.Lock()
        self._is_set.acquire()
        self._value: Any = None
        self._error: BaseException | None = None

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the value, at most `timeout` seconds.

        Raises:
            pykka.Timeout: it took longer.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self._is_set.acquire(timeout=-1 if timeout is None else timeout):
            raise Timeout(f"{timeout} seconds")
        self._is_set.release()
        if self._error is not None:
            raise self._error
        return self._value

    def set(self, value: Any = None) -> None:
        """Give the value; once."""
        self._value = value
        self._release()

    def set_exception(self, info: Any = None) -> None:
        """Give an exception instead, by default the one being handled."""
        kind, value, trace = exc_info() if info is None else info
        assert kind is not None
        self._error = (value or kind()).with_traceback(trace)
        self._release()

    def _release(self) -> None:
        try:
            self._is_set.release()
        except RuntimeError:
            raise Full from None


class _Reusing(ThreadingActor):
    """What an entity class needs to run its loop on a thread that waits for one."""

    @staticmethod
    def _create_actor_inbox() -> Any:
        return SimpleQueue()

    @staticmethod
    def _create_future() -> Future[Any]:
        return LockFuture()

    def _start_actor_loop(self) -> None:
        try:
            mailbox = _idle.pop()
        except IndexError:
            name = f"entity-{type(self).__name__}"
            threading.Thread(target=_work, args=(self._actor_loop,), name=name, daemon=True).start()
        else:
            mailbox.put(self._actor_loop)


def on_reused_threads(kinds: Any) -> dict[str, type]:
    """The same entity classes by kind, with their loops on threads that are used again."""
    return {kind: type(known.__name__, (_Reusing, known), {}) for kind, known in kinds.items()}


def entities_on_one_core() -> None:
    """Keep this thread, and the threads it will start, on one core."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


def crypto_workers() -> ThreadPoolExecutor:
    """The workers port: threads on all cores of this process. Call before `entities_on_one_core`.

    Verifying and signing leave the interpreter lock, so they run beside the entities.
    """
    cores = os.sched_getaffinity(0)
    return ThreadPoolExecutor(len(cores), "crypto", lambda: os.sched_setaffinity(0, cores))
