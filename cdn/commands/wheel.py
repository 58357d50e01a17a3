"""``wheel``: a pack with its proof as a Python package."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.wheel import pack_wheel
from cdn.workspace import Workspace
from qie_hub.packref import PackRef


@click.command()
@click.argument("ref")
@options.workspace
@options.publisher
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="Folder; without it DIR/wheels.")
def wheel(ref: str, folder: Path, publisher: str, output: Path | None) -> None:
    """Make a wheel of the published pack REF (such as ultra-lite, or ultra-lite:512 for that resolution alone)."""
    wanted = PackRef.parse(ref)
    goal = output or folder / "wheels"
    click.echo(pack_wheel(Workspace(folder).origin, wanted.publisher or publisher, wanted, goal))
