"""``verify``: check an origin with the client's own trust code."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.verify import verify as check
from cdn.workspace import Workspace
from qie_hub.clock import SystemClock


@click.command()
@click.argument("url", required=False)
@options.workspace
@options.signing
def verify(url: str | None, folder: Path, signing: options.Signing) -> None:
    """Check URL#sha256=HEX, or DIR/origin: signatures from the root, every manifest, index and shard."""
    if url is None:
        space = Workspace(folder)
        url = f"{space.origin.resolve().as_uri()}#sha256={signing.repository(space).fingerprint}"
    report = check(url, SystemClock())
    for ref in report.packs:
        click.echo(ref)
    options.say(f"{len(report.packs)} packs, {report.objects} objects, {report.bytes} bytes are as signed")
