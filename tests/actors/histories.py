"""Random histories of a machine: steps drawn from a seed, the same ones every time.

Hypothesis varies what it had before, which is how it finds a parser's corners; 10,000 commands of
it were hundreds of one kind and none of others. Here every step is drawn anew.
"""

import random
import traceback


def step(when=None, weight=1, **choices):
    """Declare a method as a step of histories.

    Args:
        when: function from the machine to whether the step is possible now; always by default.
        weight: how often it stands among the steps that are drawn from.
        choices: {argument: sequence to draw it from}.
    """

    def mark(method):
        method.step = (when, weight, choices)
        return method

    return mark


def always(method):
    """Declare a method as a check that holds before and after every step."""
    method.always = True
    return method


class History:
    """Steps of a machine, and whether they may be done.

    Args:
        machine: class without arguments, with steps, checks, `begin(rng)` and `finish()`.
        seed: what `begin` draws from.
    """

    def __init__(self, machine, seed):
        self.machine, self.seed = machine, seed
        members = {name: getattr(machine, name) for name in sorted(dir(machine))}
        self.steps = {name: m.step for name, m in members.items() if hasattr(m, "step")}
        self.checks = [name for name, m in members.items() if hasattr(m, "always")]
        self.names = [name for name in self.steps for _ in range(self.steps[name][1])]

    def grow(self, rng, count):
        """Do `count` random steps; returns those done as (name, arguments), and the failure."""
        done = []

        def drawn(machine):
            for _ in range(count):
                name = rng.choice(self.names)
                when, _, choices = self.steps[name]
                if when is None or when(machine):
                    arguments = {key: rng.choice(choices[key]) for key in choices}
                    done.append((name, arguments))
                    yield name, arguments

        return done, self._do(drawn)

    def repeat(self, steps):
        """Do these steps, as far as they are possible; returns the failure, or None."""
        return self._do(lambda machine: (
            (name, arguments) for name, arguments in steps
            if self.steps[name][0] is None or self.steps[name][0](machine)
        ))  # fmt: skip

    def _do(self, steps):
        machine = self.machine()
        try:
            machine.begin(random.Random(self.seed))
            self._check(machine)
            for name, arguments in steps(machine):
                getattr(machine, name)(**arguments)
                self._check(machine)
            machine.finish()
        except Exception as error:
            return error
        return None

    def _check(self, machine):
        for name in self.checks:
            getattr(machine, name)()

    def shortened(self, steps, failure):
        """Steps without those that it fails without, and how it fails then."""
        size = len(steps) // 2
        while size:
            at = 0
            while at < len(steps):
                fewer = steps[:at] + steps[at + size :]
                other = self.repeat(fewer)
                if other is not None and type(other) is type(failure):
                    steps, failure = fewer, other
                else:
                    at += size
            size //= 2
        return steps, failure


def run(machine, seeds, steps):
    """Do a history for each seed.

    Args:
        machine: see History.
        seeds: one of each history.
        steps: of each.

    Raises:
        AssertionError: one failed; says how, in as few steps as it takes.
    """
    for seed in seeds:
        history = History(machine, seed)
        done, failure = history.grow(random.Random(seed), steps)
        if failure is not None:
            done, failure = history.shortened(done, failure)
            told = [f"    {name}({arguments})" for name, arguments in done]
            how = "".join(traceback.format_exception(failure))
            raise AssertionError(f"history {seed!r} fails:\n" + "\n".join(told) + "\n" + how)
