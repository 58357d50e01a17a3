"""``qie-hub unpin``: let a pinned pack move again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.packref import PackRef


@click.command("unpin", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Unpin a pack."""
    with call.hub() as hub:
        item = hub.unpin(ref)
    sentence = call.render.say("DONE.unpin", ref=str(item.ref))
    call.render.page(Page(item, (Line(sentence),), (str(item.ref),)))
