__all__ = ["logger"]

try:
    from logging import NullHandler, getLogger

    logger = getLogger("pykka")
    logger.addHandler(NullHandler())
except ImportError:

    class Silence:
        """A logger to which nobody listens, as the null handler is elsewhere."""

        def debug(self, message, *args, exc_info=None) -> None:
            """Drop the message."""

        info = warning = error = debug

    logger = Silence()
