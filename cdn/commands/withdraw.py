"""``yank`` and ``revoke``: take a published version back, signed by the publisher's own role."""

from __future__ import annotations

from pathlib import Path

import click

from cdn import care
from cdn.commands import options
from cdn.commands.options import Signing
from cdn.workspace import Workspace
from qie_hub.packref import PackRef

reason = click.option("--reason", required=True, help="Why; users read it.")
successor = click.option("--successor", default=None, help="What to install instead, as a ref.")


@click.command()
@click.argument("ref")
@reason
@successor
@options.workspace
@options.place
@options.signing
def yank(ref: str, reason: str, successor: str | None, folder: Path, place: str | None, signing: Signing) -> None:
    """Stop new installs of REF (name[:resolution]@version); what is installed runs on, with a warning."""
    space = Workspace(folder)
    repo = signing.repository(space)
    options.report(care.yank(repo, _exact(ref, signing), reason, successor), space, place)


@click.command()
@click.argument("ref")
@reason
@successor
@options.workspace
@options.place
@options.signing
def revoke(ref: str, reason: str, successor: str | None, folder: Path, place: str | None, signing: Signing) -> None:
    """Stop REF (name[:resolution]@version) for ever, also where it is installed."""
    space = Workspace(folder)
    repo = signing.repository(space)
    options.report(care.revoke(repo, _exact(ref, signing), reason, successor), space, place)


def _exact(text: str, signing: Signing) -> PackRef:
    ref = PackRef.parse(text)
    return PackRef(ref.name, ref.publisher or signing.publisher, ref.resolution, ref.version, ref.channel)
