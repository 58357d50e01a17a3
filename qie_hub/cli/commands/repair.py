"""``qie-hub repair``: fetch again exactly what is damaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say
from qie_hub.cli.params import REF

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.install.repair import Report
    from qie_hub.packref import PackRef


@click.command("repair", cls=HubCommand)
@click.argument("ref", type=REF, metavar="[REF]", required=False)
@click.pass_obj
def command(call: Call, ref: PackRef | None) -> None:
    """Repair one pack, or all."""
    with call.hub() as hub:
        reports = hub.repair(ref, on_event=call.on_event)
    call.render.page(repair_page(reports, call.render.say))


def repair_page(reports: Sequence[Report], say: Say) -> Page:
    """Lay out what was mended."""
    blocks: list[Block] = [] if reports else [Line(say("LIST.empty"))]
    for report in reports:
        name = f"{report.ref} ({say('SHOW.generation', number=report.generation)})"
        key = "REPAIR.mended" if report.mended else "VERIFY.deep_ok"
        blocks.append(Line(say(key, name=name, count=len(report.mended), fetched=report.fetched), "green"))
        blocks += [Line(f"- {path}", indent=2) for path in report.mended]
    ids = tuple(str(report.ref) for report in reports if report.mended)
    return Page([report.to_json() for report in reports], tuple(blocks), ids)
