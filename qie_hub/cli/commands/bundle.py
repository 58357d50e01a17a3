"""``qie-hub bundle``: packs as a folder, for a device without network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand, HubGroup
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.packref import PackRef


@click.group("bundle", cls=HubGroup)
def command() -> None:
    """Group of the bundle commands."""


@command.command("export", cls=HubCommand)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.argument("refs", nargs=-1, required=True, type=REF, metavar="REF...")
@click.pass_obj
def export(call: Call, folder: Path, refs: tuple[PackRef, ...]) -> None:
    """Write installed packs into a folder."""
    with call.hub() as hub:
        done = hub.bundle_export(refs, folder)
    say = call.render.say
    blocks = (
        Line(say("BUNDLE.exported", refs=done.refs, bytes=done.bytes, files=done.files)),
        Line(say("BUNDLE.exported_next"), "dim"),
        Line(f"qie-hub bundle import {folder} --sha256 {done.line.rpartition('=')[2]}", indent=2),
    )
    call.render.page(Page(done, blocks, (done.line,)))


@command.command("import", cls=HubCommand)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option("--sha256", "fingerprint", metavar="HEX")
@click.pass_obj
def import_(call: Call, folder: Path, fingerprint: str | None) -> None:
    """Install what a bundle holds."""
    with call.hub() as hub:
        items = hub.bundle_import(folder, fingerprint=fingerprint, on_event=call.on_event)
    blocks = tuple(Line(call.render.say("INSTALL.ready", ref=str(item.ref))) for item in items)
    call.render.page(Page(list(items), blocks, tuple(str(item.ref) for item in items)))
