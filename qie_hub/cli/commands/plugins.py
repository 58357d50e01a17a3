"""``qie-hub plugins``: packages that add pipelines or origins, and whether they load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say, Table

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.plugins import PluginInfo


@click.command("plugins", cls=HubCommand)
@click.pass_obj
def command(call: Call) -> None:
    """List the plugins."""
    with call.hub() as hub:
        infos = hub.plugins.infos()
    call.render.page(plugins_page(infos, call.render.say))


def plugins_page(infos: Sequence[PluginInfo], say: Say) -> Page:
    """Lay the plugins out; a broken one shows its error below the table."""
    rows = tuple(
        (
            info.name,
            info.group.removeprefix("qie_hub."),
            f"{info.package or '?'} {info.version or ''}".strip(),
            say(f"STATE.{info.state}"),
        )
        for info in infos
    )
    headings = tuple(say(f"HEAD.{name}") for name in ("name", "kind", "package", "state"))
    errors = [Line(say("PLUGINS.broken", name=info.name, error=info.error), "red") for info in infos if info.error]
    blocks: tuple[Block, ...] = (Table(headings, rows, spare=(2,)), *errors) if rows else (Line(say("PLUGINS.none")),)
    return Page([info.to_json() for info in infos], blocks, tuple(info.name for info in infos))
