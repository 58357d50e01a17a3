"""``qie-hub gc``: free the space of what nothing needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.document import jsonable
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say
from qie_hub.install.rate import parse_amount
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.store.gc import GcPlan, GcReport


@click.command("gc", cls=HubCommand)
@click.option("--dry-run", is_flag=True)
@click.option("--budget", metavar="SIZE")
@click.pass_obj
def command(call: Call, *, dry_run: bool, budget: str | None) -> None:
    """Collect garbage."""
    limit = None if budget is None else parse_amount(budget)
    with call.hub() as hub:
        plan, report = hub.gc(dry_run=dry_run, budget=limit)
    call.render.page(gc_page(plan, report, call.render.say))


def gc_page(plan: GcPlan, report: GcReport | None, say: Say) -> Page:
    """Lay out what goes, or went, and what is kept for which reason."""
    going = [f"{ref} ({say('SHOW.generation', number=number)})" for ref, number in plan.remove]
    leftovers = [
        f"{say(f'ORPHAN.{orphan.kind}')}: {orphan.path.name} ({size_text(orphan.size)})" for orphan in plan.orphans
    ]
    key = "GC.would_free" if report is None else "GC.freed"
    blocks: list[Block] = [
        Line(say(key if going or leftovers else "GC.nothing", freed=plan.freed, left=plan.left), "bold")
    ]
    blocks += [Line(f"- {name}", indent=2) for name in (*going, *leftovers)]
    if report is not None and report.postponed:
        blocks.append(Line(say("GC.postponed", count=len(report.postponed)), "yellow"))
    kept = [
        Line(say("GC.kept", name=f"{item.ref} ({item.number})", why=say(f"KEPT.{item.why}")), "dim", 2)
        for item in plan.kept
    ]
    document = {"plan": jsonable(plan), "done": None if report is None else jsonable(report)}
    return Page(document, (*blocks, *kept), tuple(f"{ref}#{number}" for ref, number in plan.remove))
