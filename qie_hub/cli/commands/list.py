"""``qie-hub list``: what is on this device, or on offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page, Say, Table
from qie_hub.cli.words import title_text
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.index import PackRow
    from qie_hub.install.installed import Installation


@click.command("list", cls=HubCommand)
@click.option("--installed", "what", flag_value="installed", default=True)
@click.option("--available", "what", flag_value="available")
@click.option("-a", "--all", "everything", is_flag=True)
@click.pass_obj
def command(call: Call, what: str, *, everything: bool) -> None:
    """Show packs."""
    with call.hub() as hub:
        if what == "available":
            page = available_page(hub.available(), hub.installed(), call.render.say)
        else:
            page = installed_page(hub.installed(), call.render.say, everything=everything)
    call.render.page(page)


def installed_page(installed: Sequence[Installation], say: Say, *, everything: bool) -> Page:
    """Lay out what is installed; superseded generations only where ``everything`` is asked for."""
    shown = [item for item in installed if item.current or everything]
    document = [item.to_json() for item in shown]
    if not shown:
        return Page(document, (Line(say("LIST.empty")), Line(say("LIST.empty_next"), "dim")))
    rows = tuple(
        (
            "*" if item.default else "",
            str(item.ref),
            size_text(item.size),
            item.variant,
            say(f"STATE.{_state(item)}"),
            item.installed[:10],
            str(item.generation),
        )
        for item in shown
    )
    headings = ("", *(say(f"HEAD.{name}") for name in ("pack", "size", "variant", "state", "installed", "generation")))
    table = Table(headings, rows, right=frozenset({2, 6}), spare=(3, 5, 6))
    return Page(document, (table,), tuple(str(item.ref) for item in shown))


def available_page(rows: Sequence[PackRow], installed: Sequence[Installation], say: Say) -> Page:
    """Lay out what the origins offer; a mark stands where the version is here already."""
    here = {item.ref for item in installed}
    rows = sorted(rows, key=lambda row: (row.publisher, row.name, row.resolution or 0, row.version))
    document = [{**row.to_json(), "ref": str(row.ref), "installed": row.ref in here} for row in rows]
    if not rows:
        return Page(document, (Line(say("LIST.nothing_offered")), Line(say("LIST.nothing_offered_next"), "dim")))
    cells = tuple(
        (
            "*" if row.ref in here else "",
            str(row.ref),
            size_text(min(variant.install_size for variant in row.variants)),
            size_text(min(variant.peak_ram for variant in row.variants)),
            ", ".join(row.accept or row.licences),
            title_text(row.title, say),
        )
        for row in rows
    )
    headings = ("", *(say(f"HEAD.{name}") for name in ("pack", "size", "memory", "licences", "title")))
    table = Table(headings, cells, right=frozenset({2, 3}), spare=(3, 4, 5))
    star = [Line(say("LIST.star"), "dim")] if any(row.ref in here for row in rows) else []
    return Page(document, (table, *star), tuple(str(row.ref) for row in rows))


def _state(item: Installation) -> str:
    if not item.current:
        return "previous"
    if item.state in {"revoked", "yanked", "superseded"}:
        return str(item.state)
    return "pinned" if item.pinned else item.state or "unknown"
