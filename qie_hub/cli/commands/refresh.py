"""``qie-hub refresh``: what the origins offer and took back, as of now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page, Say, Table
from qie_hub.clock import to_text
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.trust.view import View


@click.command("refresh", cls=HubCommand)
@click.pass_obj
def command(call: Call) -> None:
    """Refresh every origin."""
    with call.hub() as hub:
        views = hub.refresh(on_event=call.on_event)
    call.render.page(refresh_page(views, call.render.say))


def refresh_page(views: Sequence[View], say: Say) -> Page:
    """Lay out what the origins said."""
    if not views:
        return Page([], (Line(say("ORIGIN.none")), Line(say("HINT.NO_ORIGIN"), "dim")))
    document = [
        {
            "origin": view.origin.name,
            "freshness": view.freshness.value,
            "checked": to_text(view.checked),
            "expires": to_text(view.expires),
            "packs": sum(len(index.packs) for index in view.indexes.values()),
            "requests": view.requests,
            "bytes": view.bytes,
            "missing": list(view.missing),
        }
        for view in views
    ]
    rows = tuple(
        (
            view.origin.name,
            say(f"FRESHNESS.{view.freshness.value}"),
            to_text(view.expires)[:10],
            str(sum(len(index.packs) for index in view.indexes.values())),
            size_text(view.bytes),
        )
        for view in views
    )
    headings = tuple(say(f"HEAD.{name}") for name in ("origin", "state", "expires", "packs", "fetched"))
    return Page(document, (Table(headings, rows, right=frozenset({3, 4})),), tuple(view.origin.name for view in views))
