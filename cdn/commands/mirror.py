"""``mirror``: copy an origin, or some of its packs, without keys."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.mirror import mirror as copy
from qie_hub.clock import SystemClock
from qie_hub.packref import PackRef


@click.command()
@click.argument("url")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("refs", nargs=-1)
def mirror(url: str, folder: Path, refs: tuple[str, ...]) -> None:
    """Copy the origin URL#sha256=HEX into FOLDER: all of it, or the packs REFS (PUBLISHER/NAME[:RESOLUTION])."""
    done = copy(url, folder, SystemClock(), wanted=[PackRef.parse(ref) for ref in refs])
    for ref in done.report.packs:
        click.echo(ref)
    options.say(f"{done.objects} objects, {done.bytes} bytes new; {done.report.objects} objects are as signed")
