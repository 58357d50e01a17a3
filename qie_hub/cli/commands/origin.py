"""``qie-hub origin``: where packs come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qie_hub.cli.group import HubCommand, HubGroup
from qie_hub.cli.layout import Block, Line, Page, Say, Table
from qie_hub.cli.params import ORIGIN

if TYPE_CHECKING:
    from qie_hub.cli.call import Call


@click.group("origin", cls=HubGroup)
def command() -> None:
    """Group of the origin commands."""


@command.command("add", cls=HubCommand)
@click.argument("url", metavar="URL#sha256=HEX")
@click.option("--name", metavar="NAME")
@click.option("--root", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--publisher", "publishers", multiple=True, metavar="NAME")
@click.pass_obj
def add(call: Call, url: str, name: str | None, root: Path | None, publishers: tuple[str, ...]) -> None:
    """Add an origin."""
    with call.hub() as hub:
        origin = hub.origin_add(url, name=name, root=root, publishers=publishers)
    say = call.render.say
    blocks = (Line(say("ORIGIN.added", name=origin.name, url=origin.url)), Line(say("ORIGIN.added_next"), "dim"))
    call.render.page(Page(origin, blocks, (origin.name,)))


@command.command("list", cls=HubCommand)
@click.pass_obj
def list_origins(call: Call) -> None:
    """List the origins."""
    with call.hub() as hub:
        origins = hub.origins()
    call.render.page(origins_page(origins, call.render.say))


@command.command("remove", cls=HubCommand)
@click.argument("name", type=ORIGIN, metavar="NAME")
@click.pass_obj
def remove(call: Call, name: str) -> None:
    """Forget an origin."""
    with call.hub() as hub:
        hub.origin_remove(name)
    call.render.page(Page({"removed": name}, (Line(call.render.say("ORIGIN.removed", name=name)),), (name,)))


@command.command("default", cls=HubCommand)
@click.argument("name", type=ORIGIN, metavar="NAME")
@click.pass_obj
def default(call: Call, name: str) -> None:
    """Choose the origin that is asked when none is named."""
    with call.hub() as hub:
        hub.origin_default(name)
    call.render.page(Page({"default": name}, (Line(call.render.say("ORIGIN.default", name=name)),), (name,)))


def origins_page(origins: Sequence[Any], say: Say) -> Page:
    """Lay the origins out."""
    rows = tuple(
        ("*" if origin.default else "", origin.name, origin.url, ", ".join(origin.publishers) or "–")
        for origin in origins
    )
    headings = ("", say("HEAD.name"), say("HEAD.url"), say("HEAD.publishers"))
    empty: tuple[Block, ...] = (Line(say("ORIGIN.none")), Line(say("HINT.NO_ORIGIN"), "dim"))
    blocks: tuple[Block, ...] = (Table(headings, rows, spare=(3,)),) if rows else empty
    return Page(list(origins), blocks, tuple(origin.name for origin in origins))
