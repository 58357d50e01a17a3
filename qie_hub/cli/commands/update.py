"""``qie-hub update``: the version that a pack's channel names now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page, Say, Table
from qie_hub.cli.params import REF
from qie_hub.errors import Failed, QieHubError

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.install.update import UpdateReport
    from qie_hub.packref import PackRef


@click.command("update", cls=HubCommand)
@click.argument("ref", type=REF, metavar="[REF]", required=False)
@click.pass_obj
def command(call: Call, ref: PackRef | None) -> None:
    """Update one pack, or all."""
    with call.hub() as hub:
        reports = hub.update(ref, on_event=call.on_event)
    failures = [report.error for report in reports if report.error is not None]
    if failures and (len(reports) == 1 or call.render.form == "json"):
        raise several(failures)
    call.render.page(update_page(reports, call.render.say))
    if failures:
        raise several(failures)


def update_page(reports: Sequence[UpdateReport], say: Say) -> Page:
    """Lay out what became of every pack."""
    if not reports:
        return Page([], (Line(say("LIST.empty")),))
    rows = tuple(
        (
            str(report.before.ref),
            say(f"OUTCOME.{report.outcome}"),
            "" if report.after is None or report.outcome != "updated" else f"→ {report.after.ref.version}",
        )
        for report in reports
    )
    headings = (say("HEAD.pack"), say("HEAD.state"), "")
    ids = tuple(str((report.after or report.before).ref) for report in reports)
    return Page([report.to_json() for report in reports], (Table(headings, rows),), ids)


def several(failures: Sequence[QieHubError]) -> QieHubError:
    """One error for all: itself where there is one, or where all have one code."""
    if len({error.code for error in failures}) == 1:
        return failures[0]
    return Failed(hint="SEVERAL_FAILED", failures=[error.to_json() for error in failures], count=len(failures))
