"""``qie-hub use``: the pack that ``run`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.packref import PackRef


@click.command("use", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Make a pack the default."""
    with call.hub() as hub:
        item = hub.use(ref)
    sentence = call.render.say("DONE.use", ref=str(item.ref))
    call.render.page(Page(item, (Line(sentence),), (str(item.ref),)))
