"""``qie-hub batch``: one sentence for many pictures, a table of values, or a hot folder."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from qie_hub.cli.commands.run import sentence_of, sized
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say, Table
from qie_hub.cli.params import REF
from qie_hub.errors import QieHubError, UsageError
from qie_hub.messages import describe, seconds_text, text
from qie_hub.packref import RESOLUTIONS

if TYPE_CHECKING:
    from qie_hub.batch import BatchPlan, BatchReport, BatchRequest, Problem
    from qie_hub.cli.call import Call
    from qie_hub.editor import Editor
    from qie_hub.hub import Hub

_LISTED: Final = 20
"""Rows of a list that a person is shown; the report has all."""


@click.command("batch", cls=HubCommand)
@click.argument("pictures", nargs=-1, metavar="[PICTURES]...")
@click.option("-p", "--prompt", metavar="SENTENCE")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--table", type=click.Path(path_type=Path), metavar="CSV")
@click.option("--column", metavar="NAME")
@click.option("--watch", "folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--with", "with_pictures", type=click.Path(path_type=Path), multiple=True, metavar="PICTURE")
@click.option("--pack", type=REF, metavar="REF")
@click.option("--resolution", type=click.Choice([str(known) for known in RESOLUTIONS]))
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N")
@click.option("--dry-run", is_flag=True)
@click.option("--skip-problems", is_flag=True)
@click.option("--overwrite", is_flag=True)
@click.option("--no-label", is_flag=True)
@click.option("--keep-metadata", is_flag=True)
@click.pass_obj
def command(call: Call, /, prompt: str | None, *, dry_run: bool, skip_problems: bool, **fields: Any) -> int:
    """Edit many pictures."""
    folder, resolution = fields.pop("folder"), fields.pop("resolution")
    fields["label"] = not fields.pop("no_label")
    sentence = sentence_of(None, prompt)
    call.listen_to(sentence)
    _check(folder=folder, **fields)
    from qie_hub.batch import BatchRequest
    from qie_hub.editor import Editor

    request = BatchRequest(sentence=sentence, **fields)
    with call.hub() as hub, Editor(hub, on_event=call.on_event) as editor:
        request = replace(request, pack=sized(hub, request.pack, resolution))
        if folder is not None:
            return _answer(call, hub, _watched(call, hub, editor, request, folder))
        from qie_hub import batch

        plan = batch.checked(batch.plan(request), editor)
        if dry_run:
            call.render.page(plan_page(plan, call))
            return 0
        if call.render.human:
            call.render.blocks(tuple(_ignored(plan, call.render.say)), to_stderr=True)
        _settle(call, plan, skip=skip_problems)
        return _answer(call, hub, batch.run(plan, editor, clock=hub.clock, on_event=call.on_event))


def _check(
    *, folder: Path | None, pictures: tuple[str, ...], table: Path | None, output: Path | None, **_: Any
) -> None:
    """Refuse what does not go together."""
    if output is None:
        raise UsageError(hint="BATCH_NO_OUTPUT")
    if output.exists() and not output.is_dir():
        raise UsageError(hint="BATCH_OUTPUT_IS_FILE", path=str(output))
    if folder is not None and (pictures or table is not None):
        raise UsageError(hint="BATCH_WATCH_ALONE")
    if folder is None and not pictures and table is None:
        raise UsageError(hint="BATCH_NOTHING", names=[])


def _watched(call: Call, hub: Hub, editor: Editor, request: BatchRequest, folder: Path) -> BatchReport:
    from qie_hub.batch import watch

    return watch(request, folder, editor, clock=hub.clock, on_event=call.on_event)


def _settle(call: Call, plan: BatchPlan, *, skip: bool) -> None:
    """Show what is wrong before anything is edited, and go on only if somebody wants that.

    Raises:
        UsageError: with every problem.
    """
    if not plan.problems:
        return
    if plan.jobs and call.render.human:
        call.render.blocks(_problem_blocks(plan, call), to_stderr=True)
        if skip or call.render.ask("ASK.skip_problems", count=len(plan.problems), left=len(plan.jobs)):
            return
        raise UsageError(hint="BATCH_PROBLEMS", count=len(plan.problems), left=len(plan.jobs))
    if plan.jobs and skip:
        return
    listed = [problem_text(problem, call.render.language) for problem in plan.problems]
    raise UsageError(
        hint="BATCH_PROBLEMS" if plan.jobs else "BATCH_ALL_PROBLEMS",
        count=len(plan.problems),
        left=len(plan.jobs),
        problems=[problem.to_json() for problem in plan.problems],
        issues=listed,
    )


def problem_text(problem: Problem, language: str) -> str:
    """A problem as a sentence."""
    facts = {
        name: describe(value, language)[0] if isinstance(value, QieHubError) else value
        for name, value in problem.data.items()
    }
    return text(problem.code, language, facts)


def _problem_blocks(plan: BatchPlan, call: Call) -> tuple[Block, ...]:
    say = call.render.say
    heading = Line(say("BATCH.problems", count=len(plan.problems)), "yellow")
    lines = [Line(f"- {problem_text(problem, call.render.language)}", indent=2) for problem in plan.problems]
    return (heading, *lines)


def plan_page(plan: BatchPlan, call: Call) -> Page:
    """Lay out what would be done."""
    say = call.render.say
    in_table = plan.request.table is not None
    rows = tuple(
        (
            str(number),
            str(job.picture),
            str(job.output),
            job.sentence if in_table else say("BATCH_STATE.kept") if job.kept else "",
        )
        for number, job in enumerate(plan.jobs, 1)
    )
    last = say("HEAD.sentence") if in_table else ""
    blocks: list[Block] = []
    if rows:
        headings = (say("HEAD.number"), say("HEAD.picture"), say("HEAD.output"), last)
        blocks.append(Table(headings, rows, right=frozenset({0}), spare=(2,)))
    if plan.problems:
        blocks += _problem_blocks(plan, call)
    blocks += _ignored(plan, say)
    kept = sum(job.kept for job in plan.jobs)
    blocks.append(Line(say("BATCH.dry", todo=len(plan.jobs) - kept, kept=kept), "dim"))
    return Page(plan, tuple(blocks), tuple(str(job.output) for job in plan.jobs if not job.kept))


def _ignored(plan: BatchPlan, say: Say) -> list[Block]:
    if not plan.ignored:
        return []
    return [Line(say("BATCH.ignored", count=len(plan.ignored), names=[path.name for path in plan.ignored[:5]]), "dim")]


def _answer(call: Call, hub: Hub, report: BatchReport) -> int:
    """Write report and contact sheet, print what came of it, return the exit code."""
    written = _written(call, hub, report)
    document = {**report.to_json(), "files": {name: str(path) for name, path in written.items()}}
    done = [str(outcome.job.output) for outcome in report.outcomes if outcome.state in ("done", "kept")]
    call.render.page(Page(document, report_blocks(report, written, call), tuple(done)))
    if report.stopped is not None and call.render.human:
        call.render.error(report.stopped)
    return report.exit_code


def _written(call: Call, hub: Hub, report: BatchReport) -> dict[str, Path]:
    """The files about the batch; a full disk has been reported already and takes them too."""
    from qie_hub.batch import report as reports
    from qie_hub.batch import sheet

    written: dict[str, Path] = {}
    with suppress(OSError), ExitStack() as stack:
        written["report"] = reports.write(report)
        if report.outcomes:
            font = _font(hub, stack)
            written["contact_sheet"] = sheet.write(report, sheet.Style(call.render.language, font))
    return written


def _font(hub: Hub, stack: ExitStack) -> Path | None:
    """A font file of the first pack that edits: names of pictures may be Chinese."""
    for item in hub.runnable():
        with suppress(QieHubError):
            folder = stack.enter_context(hub.files(item.ref)).path
            found = sorted(folder.rglob("*.otf"))
            if found:
                return next((path for path in found if "SC" in path.name), found[0])
    return None


def report_blocks(report: BatchReport, written: dict[str, Path], call: Call) -> tuple[Block, ...]:
    """What came of it, for a person."""
    say, language = call.render.say, call.render.language
    counts = [f"{say(f'BATCH_STATE.{state}')} {count}" for state, count in report.counts.items() if count]
    blocks: list[Block] = [Line(str(report.request.output), "bold"), Line(" · ".join(counts) or say("BATCH.nothing"))]
    if report.per_minute is not None and report.thousand_seconds is not None:
        facts = {
            "spent": seconds_text(report.seconds),
            "rate": round(report.per_minute),
            "thousand": seconds_text(report.thousand_seconds),
        }
        blocks.append(Line(say("BATCH.figures", **facts), "dim"))
    troubled = [outcome for outcome in report.outcomes if outcome.error is not None]
    if troubled:
        rows = tuple(
            (one.job.picture.name, say(f"BATCH_STATE.{one.state}"), describe(one.error, language)[0])
            for one in troubled[:_LISTED]
            if one.error is not None
        )
        blocks.append(Table((say("HEAD.picture"), say("HEAD.state"), say("HEAD.why")), rows))
    if len(troubled) > _LISTED:
        blocks.append(Line(say("BATCH.more", count=len(troubled) - _LISTED), "dim"))
    blocks += [Line(say(f"BATCH.{name}", path=str(path)), "dim") for name, path in written.items()]
    if report.counts["left"]:
        blocks.append(Line(say("BATCH.go_on", count=report.counts["left"])))
    return tuple(blocks)
