"""``qie-hub rollback``: back to the generation before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.packref import PackRef


@click.command("rollback", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Go back."""
    with call.hub() as hub:
        item = hub.rollback(ref)
    sentence = call.render.say("DONE.rollback", ref=str(item.ref))
    call.render.page(Page(item, (Line(sentence),), (str(item.ref),)))
