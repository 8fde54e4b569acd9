"""Pykka's actors on one thread, for CPython and MicroPython."""

from ._actor import Actor, ThreadingActor
from ._exceptions import ActorDeadError, DeadlockError, Timeout
from ._future import Future, ThreadingFuture, get_all
from ._proxy import ActorProxy, CallableProxy, traversable
from ._ref import ActorRef
from ._registry import ActorRegistry
from ._scheduler import run_until_idle, step

__version__ = "4.5.0"

__all__ = [
    "Actor",
    "ActorDeadError",
    "ActorProxy",
    "ActorRef",
    "ActorRegistry",
    "CallableProxy",
    "DeadlockError",
    "Future",
    "ThreadingActor",
    "ThreadingFuture",
    "Timeout",
    "get_all",
    "run_until_idle",
    "step",
    "traversable",
]
