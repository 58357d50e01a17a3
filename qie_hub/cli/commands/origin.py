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
    from qie_hub.trust.origins import Origin


@click.group("origin", cls=HubGroup)
def command() -> None:
    """Group of the origin commands."""


@command.command("add", cls=HubCommand)
@click.argument("url", metavar="URL#sha256=HEX")
@click.option("--name", metavar="NAME")
@click.option("--root", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--publisher", "publishers", multiple=True, metavar="NAME")
@click.option("--mirror", "mirrors", multiple=True, metavar="URL")
@click.pass_obj
def add(call: Call, /, url: str, **more: Any) -> None:
    """Add an origin."""
    with call.hub() as hub:
        origin = hub.origin_add(url, **more)
    say = call.render.say
    blocks = (Line(say("ORIGIN.added", name=origin.name, url=origin.url)), Line(say("ORIGIN.added_next"), "dim"))
    call.render.page(Page(_document(origin), blocks, (origin.name,)))


@command.command("list", cls=HubCommand)
@click.pass_obj
def list_origins(call: Call) -> None:
    """List the origins."""
    with call.hub() as hub:
        origins = hub.origins()
    from qie_hub.trust.origins import Origins

    chosen = Origins(call.settings.home).default().name if origins else None
    call.render.page(origins_page(origins, chosen, call.render.say))


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


def origins_page(origins: Sequence[Origin], chosen: str | None, say: Say) -> Page:
    """Lay the origins out."""
    rows = tuple(
        ("*" if origin.name == chosen else "", origin.name, origin.url, ", ".join(origin.publishers) or "–")
        for origin in origins
    )
    headings = ("", say("HEAD.name"), say("HEAD.url"), say("HEAD.publishers"))
    empty: tuple[Block, ...] = (Line(say("ORIGIN.none")), Line(say("HINT.NO_ORIGIN"), "dim"))
    blocks: tuple[Block, ...] = (Table(headings, rows, spare=(3,)),) if rows else empty
    document = [{**_document(origin), "default": origin.name == chosen} for origin in origins]
    return Page(document, blocks, tuple(origin.name for origin in origins))


def _document(origin: Origin) -> dict[str, object]:
    return {
        "name": origin.name,
        "url": origin.url,
        "mirrors": list(origin.mirrors),
        "root": str(origin.root),
        "publishers": list(origin.publishers),
        "kind": origin.kind,
    }
