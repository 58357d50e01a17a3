"""``qie-hub completion``: the script that teaches a shell our commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.errors import UsageError

if TYPE_CHECKING:
    from qie_hub.cli.call import Call

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=HubCommand)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script."""
    call: Call = context.obj
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(hint="NO_SUCH_SHELL", name=shell, known=SHELLS)
    name = call.program.replace("-", "_").upper()
    script = kind(context.find_root().command, {}, call.program, f"_{name}_COMPLETE").source()
    call.render.page(Page({"shell": shell, "script": script}, (Line(script),), (script,)))
