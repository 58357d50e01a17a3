"""``yank`` and ``revoke``: take a published version back, signed by the publisher's own role."""

from __future__ import annotations

from pathlib import Path

import click

from cdn import care
from cdn.commands import options
from cdn.commands.options import Signing
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
    exact = _exact(ref, signing)
    options.change(folder, place, signing, lambda repo: care.yank(repo, exact, reason, successor))


@click.command()
@click.argument("ref")
@reason
@successor
@options.workspace
@options.place
@options.signing
def revoke(ref: str, reason: str, successor: str | None, folder: Path, place: str | None, signing: Signing) -> None:
    """Stop REF (name[:resolution]@version) for ever, also where it is installed."""
    exact = _exact(ref, signing)
    options.change(folder, place, signing, lambda repo: care.revoke(repo, exact, reason, successor))


def _exact(text: str, signing: Signing) -> PackRef:
    ref = PackRef.parse(text)
    return PackRef(ref.name, ref.publisher or signing.publisher, ref.resolution, ref.version, ref.channel)
