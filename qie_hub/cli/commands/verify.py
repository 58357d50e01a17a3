"""``qie-hub verify``: are the installed bytes the signed ones?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub import errors
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say
from qie_hub.cli.params import REF
from qie_hub.errors import QieHubError
from qie_hub.messages import text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.install.repair import Report
    from qie_hub.packref import PackRef


@click.command("verify", cls=HubCommand)
@click.argument("ref", type=REF, metavar="[REF]", required=False)
@click.option("--deep", is_flag=True)
@click.pass_obj
def command(call: Call, ref: PackRef | None, *, deep: bool) -> int:
    """Verify one pack, or all; the answer is the document, the exit code says whether all is well."""
    with call.hub() as hub:
        reports = hub.verify(ref, deep=deep, on_event=call.on_event)
    call.render.page(verify_page(reports, call.render.say, call.render.language))
    return exit_code(reports)


def verify_page(reports: Sequence[Report], say: Say, language: str) -> Page:
    """Lay the findings out."""
    if not reports:
        return Page([], (Line(say("LIST.empty")),))
    blocks: list[Block] = []
    for report in reports:
        name = f"{report.ref} ({say('SHOW.generation', number=report.generation)})"
        if report.ok:
            blocks.append(Line(say("VERIFY.deep_ok" if report.deep else "VERIFY.ok", name=name), "green"))
            continue
        blocks.append(Line(say("VERIFY.bad", name=name), "red"))
        blocks += [
            Line(f"- {problem.path}: {text(problem.code, language, problem.data)}", indent=2)
            for problem in report.problems
        ]
    if not all(report.ok for report in reports):
        blocks.append(Line(say("VERIFY.next")))
    return Page([report.to_json() for report in reports], tuple(blocks), _bad(reports))


def exit_code(reports: Sequence[Report]) -> int:
    """0, or the code of the worst finding: an untrusted proof before a changed file."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QieHubError)]
    codes = {kind.code: kind.exit_code for kind in kinds}
    found = [codes.get(problem.code, 1) for report in reports for problem in report.problems]
    return min(found, default=0)


def _bad(reports: Sequence[Report]) -> tuple[str, ...]:
    return tuple(str(report.ref) for report in reports if not report.ok)
