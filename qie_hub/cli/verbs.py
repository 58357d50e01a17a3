"""Verbs that take one pack and answer with what became of it: use, pin, unpin, rollback, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.hub import Hub
    from qie_hub.install.installed import Installation
    from qie_hub.packref import PackRef


def pack_verb(name: str, act: Callable[[Hub, PackRef], Installation]) -> click.Command:
    """Make the command ``name``; it says ``DONE.<name>`` when ``act`` is done."""

    @click.command(name, cls=HubCommand)
    @click.argument("ref", type=REF, metavar="REF")
    @click.pass_obj
    def command(call: Call, ref: PackRef) -> None:
        with call.hub() as hub:
            item = act(hub, ref)
        call.render.page(Page(item, (Line(call.render.say(f"DONE.{name}", ref=str(item.ref))),), (str(item.ref),)))

    return command
