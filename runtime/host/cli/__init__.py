"""The command line: `optin NOUN VERB`, one noun a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from runtime.host.cli import (
    audit,
    board,
    code,
    completion,
    escrow,
    field,
    graph,
    hop,
    keys,
    node,
    offer,
    party,
    payee,
    recover,
    rules,
    score,
    settlement,
    shares,
    sim,
    user,
    view,
    witness,
)
from runtime.host.cli.context import App, Problem
from runtime.host.dumps import forbid_dumps

DEFAULT_KEYS = "~/.config/optin/keys"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  optin node run ~/node\n  optin --line ~/node/tty node status",
)
@click.option(
    "--line",
    envvar="OPTIN_LINE",
    show_envvar=True,
    metavar="LINE",
    help="The node: path of its terminal, or tcp://host:port.",
)
@click.option(
    "--keys",
    envvar="OPTIN_KEYS",
    show_envvar=True,
    default=DEFAULT_KEYS,
    show_default=True,
    metavar="FOLDER",
    help="Your key folder. Its passphrase comes from OPTIN_PASSPHRASE or is asked for.",
)
@click.option(
    "--as",
    "host",
    envvar="OPTIN_AS",
    show_envvar=True,
    metavar="NAME",
    help="Your key that opens the channel: a node answers what its roles may ask. By default the "
    "one that provisioned the node, else the one that signs, else your only one.",
)
@click.option(
    "--insecure-no-passphrase",
    is_flag=True,
    help="Make a key folder whose keys are in clear: for demonstrations.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one answer may take.",
)
@click.version_option(package_name="optin-node")
@click.pass_context
def cli(
    context: click.Context,
    line: str | None,
    keys: str,
    host: str | None,
    insecure_no_passphrase: bool,
    timeout: float,
) -> None:
    """Drive a consent appliance: who may see what, for what, and who is paid.

    Every command prints for people, or one JSON value with --json. Ids may be shortened to
    their first digits, and are called by name where your key folder knows one.
    """
    context.obj = App(line, Path(keys).expanduser(), host, insecure_no_passphrase, timeout)


for _noun in (
    keys.keys,
    node.node,
    party.party,
    field.field,
    rules.rules,
    escrow.escrow,
    offer.offer,
    code.code,
    user.user,
    score.score,
    hop.hop,
    view.view,
    witness.witness,
    settlement.settle,
    settlement.settlement,
    payee.payee,
    graph.graph,
    audit.audit,
    recover.recover,
    sim.sim,
    board.board,
    completion.completion,
):
    cli.add_command(_noun)
for _verb in shares.verbs.commands.values():
    witness.witness.add_command(_verb)


def main() -> None:
    """Entry point: 1 is a failure, 2 wrong usage, 130 a Ctrl-C."""
    forbid_dumps()
    try:
        status = cli.main(prog_name="optin", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("OPTIN_DEBUG"):
            raise
        # Where it failed, not what it held: the text of an exception may quote a value.
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
        Problem(
            f"this program failed: {type(error).__name__} in {where}",
            todo="report it; OPTIN_DEBUG=1 shows the whole trace",
        ).show()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
