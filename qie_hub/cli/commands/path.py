"""``qie-hub path``: the folder of a pack's verified files, for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.packref import PackRef


@click.command("path", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Check a pack and print where its files are."""
    with call.hub() as hub, hub.files(ref) as pack:
        where = str(pack.path)
        document = {"ref": str(pack.ref), "path": where}
    call.render.page(Page(document, (Line(where),), (where,)))
