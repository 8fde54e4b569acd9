"""`optin completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from runtime.host.cli.context import App, command

SHELLS = ("bash", "fish", "zsh")
_alone = click.Group()


@command(_alone, "completion", example="completion bash")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(app: App, shell: str) -> None:
    """Print a script that completes commands in your shell.

    Source it when the shell starts.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(_alone, {}, "optin", "_OPTIN_COMPLETE").source()
    if app.as_json:
        app.say({"shell": shell, "script": script})
    else:
        click.echo(script)
