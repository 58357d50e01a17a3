"""``qie-hub install``: fetch, verify and activate packs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from qie_hub.cli.explaining import decision_blocks
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Pairs, Say
from qie_hub.cli.params import REF
from qie_hub.cli.words import label
from qie_hub.errors import LicenseNotAccepted, WaitingForPolicy
from qie_hub.install.rate import parse_rate
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.decision import Choice, Refusal
    from qie_hub.hub import Hub
    from qie_hub.install.installed import Installation
    from qie_hub.install.plan import InstallPlan
    from qie_hub.packref import PackRef


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What was asked for on the command line. ``yes`` also downloads on a metered network."""

    refs: tuple[PackRef, ...]
    max_rate: str | None
    accept: tuple[str, ...]
    yes: bool


@click.command("install", cls=HubCommand)
@click.argument("refs", nargs=-1, required=True, type=REF, metavar="REF...")
@click.option("--dry-run", is_flag=True)
@click.option("--explain", is_flag=True)
@click.option("--max-rate", metavar="RATE")
@click.option("-y", "--yes", is_flag=True)
@click.option("--accept-license", "accept", multiple=True, metavar="ID")
@click.pass_obj
def command(call: Call, /, *, dry_run: bool, explain: bool, **fields: Any) -> None:
    """Install packs, or only say what would happen."""
    request = InstallRequest(**fields)
    with call.hub() as hub:
        if explain:
            page = _joined([explain_page(hub.explain(ref), call.render.say) for ref in request.refs])
        elif dry_run:
            page = _joined([plan_page(_planned(call, hub, ref, request), call.render.say) for ref in request.refs])
        else:
            page = _joined([installed_page(install(call, hub, ref, request), call.render.say) for ref in request.refs])
    call.render.page(page)


def install(call: Call, hub: Hub, ref: PackRef, request: InstallRequest) -> Installation:
    """Install one pack and show how it goes; consent is asked for where somebody can answer."""
    try:
        return _watched(call, hub, ref, request)
    except (LicenseNotAccepted, WaitingForPolicy) as error:
        consenting = _consenting(call, ref, request, error)
        if consenting is None:
            raise
        return install(call, hub, ref, consenting)


def _consenting(
    call: Call, ref: PackRef, request: InstallRequest, error: LicenseNotAccepted | WaitingForPolicy
) -> InstallRequest | None:
    """The request with the consent that was missing, None if nobody gave it. Each consent is asked for once."""
    if isinstance(error, WaitingForPolicy):
        may_go = not request.yes and call.render.ask("ASK.metered", ref=str(ref))
        return replace(request, yes=True) if may_go else None
    licences = tuple(str(item) for item in _listed(error.data.get("licences")) if item not in request.accept)
    if not licences or not call.render.ask("ASK.licence", ref=str(ref), licences=licences):
        return None
    return replace(request, accept=(*request.accept, *licences))


def plan_page(plan: InstallPlan, say: Say) -> Page:
    """Lay out what an install would fetch."""
    facts = (
        (label("pack", say), str(plan.ref)),
        (label("variant", say), plan.variant.id),
        (label("to_fetch", say), size_text(plan.net)),
        (label("reused", say), size_text(plan.reused)),
        (label("on_disk", say), size_text(plan.disk)),
        (label("licences", say), ", ".join(licence.id for licence in plan.manifest.licences) or "–"),
    )
    return Page(plan, (Pairs(facts), Line(say("INSTALL.dry"), "dim")), (str(plan.ref),))


def explain_page(decision: Choice | Refusal, say: Say) -> Page:
    """Lay out why a variant was chosen, or why none was."""
    ref = decision.row.ref if hasattr(decision, "row") else decision.ref
    return Page(decision, decision_blocks(decision, say), (str(ref),))


def installed_page(item: Installation, say: Say) -> Page:
    """Lay out what is installed now."""
    blocks: tuple[Block, ...] = (Line(say("INSTALL.ready", ref=str(item.ref))),)
    return Page(item, blocks, (str(item.ref),))


def _planned(call: Call, hub: Hub, ref: PackRef, request: InstallRequest) -> InstallPlan:
    return hub.plan_install(ref, request.accept, on_event=call.on_event)


def _watched(call: Call, hub: Hub, ref: PackRef, request: InstallRequest) -> Installation:
    policy = "essential" if request.yes else "on_demand"
    rate = None if request.max_rate is None else parse_rate(request.max_rate)
    job = hub.install(ref, policy=policy, accept=request.accept, max_rate=rate)
    for event in job.events():
        call.on_event(event)
    return job.wait()


def _joined(pages: list[Page]) -> Page:
    """One answer for all refs: the value itself for one, a list for several."""
    if len(pages) == 1:
        return pages[0]
    blocks = [block for page in pages for block in (*page.blocks, Line(""))][:-1]
    return Page([page.document for page in pages], tuple(blocks), tuple(item for page in pages for item in page.ids))


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()
