"""``python -m cdn``: the publisher's side, run from a checkout (``pip install -e '.[publish]'``)."""

from __future__ import annotations

import sys

import click

from cdn.commands.build import build
from cdn.commands.key import key
from cdn.commands.mirror import mirror
from cdn.commands.publish import publish
from cdn.commands.repo import repo
from cdn.commands.serve import serve
from cdn.commands.sign import sign
from cdn.commands.up import up
from cdn.commands.verify import verify
from cdn.commands.wheel import wheel
from cdn.commands.withdraw import revoke, yank
from qie_hub.errors import QieHubError
from qie_hub.messages import describe


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Build, sign, publish and look after packs. Start with: python -m cdn up DIR."""


for command in (up, key, repo, build, sign, publish, wheel, yank, revoke, mirror, serve, verify):
    cli.add_command(command)


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        cli.main(prog_name="python -m cdn", standalone_mode=False)
    except QieHubError as error:
        what, hint = describe(error, "en")
        click.echo(f"{error.code}: {what}", err=True)
        if hint:
            click.echo(f"hint: {hint}", err=True)
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
