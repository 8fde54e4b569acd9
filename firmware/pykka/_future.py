import sys

from ._exceptions import Full
from ._generic import Generic
from ._scheduler import wait

__all__ = ["Future", "ThreadingFuture", "get_all"]

_UNSET = object()


class Future(Generic):
    """A handle to a value which is available now or in the future."""

    def __init__(self) -> None:
        self._get_hook = None
        self._hook_result = _UNSET

    def __repr__(self) -> str:
        return "<pykka.Future>"

    def get(self, *, timeout=None):
        """Return the value, running actors until it is there.

        Args:
            timeout: `None`, or seconds. Time is not measured: zero means to run nothing, more that
                the time is up when nothing can run

        Returns:
            the value, the same at every call

        Raises:
            Timeout: if it can never be had and a timeout was given
            DeadlockError: if it can never be had and no timeout was given
            Exception: the value if it is an exception
        """
        if self._get_hook is None:
            raise NotImplementedError
        if self._hook_result is _UNSET:
            self._hook_result = self._get_hook(timeout)
        return self._hook_result

    def set(self, value=None) -> None:
        """Set the value.

        Args:
            value: the value

        Raises:
            Full: if the future has a result or a get hook
        """
        raise NotImplementedError

    def set_exception(self, exc_info=None) -> None:
        """Set an exception as the value.

        Args:
            exc_info: class, exception and traceback (or `None`). Without it the exception being
                handled is set, on interpreters that can name it

        Raises:
            Full: if the future has a result or a get hook
        """
        raise NotImplementedError

    def set_get_hook(self, func) -> None:
        """Set a function that makes the value when it is first got.

        Args:
            func: callable that takes the timeout and returns the value

        Raises:
            Full: if the future has a result
        """
        self._get_hook = func

    def filter(self, func):
        """Return a future of the list of the value's items for which `func(item)` is true."""
        return self._then(lambda value: [item for item in value if func(item)])

    def join(self, *futures):
        """Return a future of the list of the values of this future and the others."""
        future = self.__class__()
        future.set_get_hook(lambda timeout: get_all([self] + list(futures), timeout=timeout))
        return future

    def map(self, func):
        """Return a future of `func(value)`."""
        return self._then(func)

    def reduce(self, func, *args):
        """Return a future of the value's items reduced from the left.

        Args:
            func: callable that takes what has been reduced so far, and an item
            args: what to begin with, optional

        Returns:
            the future; without items and without a beginning its `get()` raises `TypeError`
        """
        return self._then(lambda value: _reduce(func, value, *args))

    def _then(self, func):
        future = self.__class__()
        future.set_get_hook(lambda timeout: func(self.get(timeout=timeout)))
        return future

    def __await__(self):
        yield
        return self.get()

    __iter__ = __await__


class ThreadingFuture(Future):
    """A future that runs actors while it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._receiver = None  # ref of the actor that will set it, if known
        self._value = _UNSET
        self._exc_info = None

    def get(self, *, timeout=None):
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if self._value is _UNSET:
            wait(self._is_set, self._receiver, timeout)
        if self._exc_info is None:
            return self._value
        exc_type, error, traceback = self._exc_info
        if error is None:
            error = exc_type()
        if traceback is not None:
            error = error.with_traceback(traceback)
        raise error

    def set(self, value=None) -> None:
        self._refuse_second(self._get_hook)
        self._value = value

    def set_exception(self, exc_info=None) -> None:
        self._refuse_second(self._get_hook)
        self._exc_info = exc_info or sys.exc_info()
        self._value = None

    def set_get_hook(self, func) -> None:
        self._refuse_second(None)
        super().set_get_hook(func)

    def _is_set(self) -> bool:
        return self._value is not _UNSET

    def _refuse_second(self, hook) -> None:
        if self._value is not _UNSET or hook is not None:
            raise Full("the future has its result")


def get_all(futures, *, timeout=None) -> list:
    """Collect the values of futures.

    Args:
        futures: futures for the results to collect
        timeout: as for [`Future.get()`][pykka.Future.get], for each

    Returns:
        list of results

    Raises:
        Timeout: if one can never be had and a timeout was given
        DeadlockError: if one can never be had and no timeout was given
        Exception: the first value that is one
    """
    return [future.get(timeout=timeout) for future in futures]


def _reduce(func, items, *initial):
    items = iter(items)
    if initial:
        result = initial[0]
    else:
        result = next(items, _UNSET)
        if result is _UNSET:
            raise TypeError("reduce() of empty iterable with no initial value")
    for item in items:
        result = func(result, item)
    return result
