"""What a handler gives back: a result and events, a refusal, or a reply that is not ready yet."""


class Done:
    """What a handler returns: a result, and the events that made it true.

    Args:
        result: the reply, or None for a reply without fields.
        events: applied in this order, after the handler returned.
    """

    def __init__(self, result=None, *events):
        self.result = result
        self.events = events


class Denied:
    """A refusal that is journaled: its events are kept although the asker gets an error.

    Args:
        error: NodeError to answer with.
        events: applied in this order.
    """

    def __init__(self, error, *events):
        self.error = error
        self.events = events


class Later:
    """A reply that is finished when it is sent: what it waits for is under way meanwhile.

    Args:
        finish: function without arguments to the reply.
    """

    def __init__(self, finish):
        self.finish = finish
