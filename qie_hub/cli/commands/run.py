"""``qie-hub run``: one edit of one picture, offline."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qie_hub.cli.document import jsonable
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Say, Table
from qie_hub.cli.params import BOX, REF
from qie_hub.cli.words import ability_text
from qie_hub.errors import OutputExists, UsageError
from qie_hub.messages import has, seconds_text
from qie_hub.packref import RESOLUTIONS

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.editor import Editor, EditResult
    from qie_hub.formats.operation import Box, EditPlan, PlannedOperation, Region
    from qie_hub.hub import Hub
    from qie_hub.packref import PackRef


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What was asked for on the command line; ``output`` None means beside the picture."""

    picture: Path
    sentence: str
    output: Path | None
    overwrite: bool
    with_pictures: tuple[Path, ...]
    pack: PackRef | None
    mask: Path | None
    box: Box | None
    pick: int | None
    seed: int
    receipt: Path | None
    no_label: bool
    keep_metadata: bool

    @property
    def choices(self) -> dict[str, Any]:
        """The arguments of `Editor.edit` and `Editor.plan` beside picture and sentence."""
        return {
            "pack": self.pack, "pick": self.pick, "box": self.box, "mask": self.mask,
            "with_pictures": self.with_pictures, "seed": self.seed,
        }  # fmt: skip


@click.command("run", cls=HubCommand)
@click.argument("picture", type=click.Path(path_type=Path), metavar="PICTURE")
@click.argument("words", required=False, metavar="[SENTENCE]")
@click.option("-p", "--prompt", metavar="SENTENCE")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--overwrite", is_flag=True)
@click.option("--with", "with_pictures", type=click.Path(path_type=Path), multiple=True, metavar="PICTURE")
@click.option("--pack", type=REF, metavar="REF")
@click.option("--resolution", type=click.Choice([str(known) for known in RESOLUTIONS]))
@click.option("--mask", type=click.Path(path_type=Path), metavar="PNG")
@click.option("--box", type=BOX, metavar="X,Y,W,H")
@click.option("--pick", type=click.IntRange(min=1), metavar="N")
@click.option("--plan", "only_plan", is_flag=True)
@click.option("--install", "may_install", is_flag=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N")
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--no-label", is_flag=True)
@click.option("--keep-metadata", is_flag=True)
@click.pass_obj
def command(
    call: Call, /, words: str | None, prompt: str | None, *, only_plan: bool, may_install: bool, **fields: Any
) -> None:
    """Edit a picture."""
    resolution = fields.pop("resolution")
    request = RunRequest(sentence=_sentence(words, prompt), **fields)
    call.listen_to(request.sentence)
    _check(request, only_plan=only_plan)
    from qie_hub.editor import Editor

    with call.hub() as hub, Editor(hub, on_event=call.on_event) as editor:
        request = replace(request, pack=_sized(hub, request.pack, resolution))
        if may_install:
            hub.ensure(request.sentence, request.pack, on_event=call.on_event)
        if only_plan:
            plan = editor.plan(request.picture, request.sentence, **request.choices)
            call.render.page(plan_page(plan, call.render.say))
        else:
            call.render.page(edit(call, editor, request))


def edit(call: Call, editor: Editor, request: RunRequest) -> Page:
    """Edit, save, and say what was done."""
    result = editor.edit(request.picture, request.sentence, choose=_chooser(call), **request.choices)
    goal = request.output or default_output(request.picture, result)
    recompressed = result.save(
        goal, overwrite=request.overwrite, keep_metadata=request.keep_metadata, label=not request.no_label
    )
    document = result_document(request, result, goal, recompressed=recompressed)
    if request.receipt is not None:
        from qie_hub import atomic

        atomic.write(request.receipt, json.dumps(document, ensure_ascii=False, indent=2).encode())
    return Page(document, tuple(_result_blocks(result, goal, call.render.say)), (str(goal),))


def default_output(picture: Path, result: EditResult) -> Path:
    """``photo.edited.jpg`` beside ``photo.jpg``."""
    from qie_hub.edit import output
    from qie_hub.edit.image import Photo

    return output.default_path(picture, result.photo or Photo(result.picture))


def result_document(request: RunRequest, result: EditResult, goal: Path, *, recompressed: bool) -> dict[str, Any]:
    """What was done, as JSON."""
    height, width = result.picture.shape[:2]
    changed = int((result.mask > 0).sum())
    return {
        "output": str(goal),
        "input": str(request.picture),
        "sentence": request.sentence,
        "operations": [jsonable(item.operation) for item in result.plan.operations],
        "regions": [jsonable(region) for region in result.regions],
        "pack": str(result.pack),
        "generation": result.generation,
        "size": [width, height],
        "changed_permille": changed * 1000 // max(result.mask.size, 1),
        "recompressed": recompressed,
        "timings_ms": dict(result.timings),
        "checks": jsonable(result.checks),
    }


def plan_page(plan: EditPlan, say: Say) -> Page:
    """Lay out what an edit would do; candidates carry the number that ``--pick`` takes."""
    blocks: list[Block] = []
    for item in plan.operations:
        blocks.append(Line(say("PLAN.operation", name=ability_text(item.operation.ability, say), clause=_clause(item))))
        slots = {name: value for name, value in item.operation.slots.items() if value is not None}
        blocks += [Line(f"{name}: {value}", "dim", indent=2) for name, value in slots.items()]
        if item.regions:
            blocks.append(_region_table(item.regions, say))
        if item.candidates:
            blocks += [Line(say("PLAN.candidates"), indent=2), _region_table(item.candidates, say)]
    blocks.append(Line(say("PLAN.nothing_done"), "dim"))
    return Page(plan, tuple(blocks), tuple(item.operation.ability for item in plan.operations))


def _sized(hub: Hub, pack: PackRef | None, resolution: str | None) -> PackRef | None:
    """The pack at the working size that was asked for; without a pack's name, the one that ``run`` would take."""
    if resolution is None:
        return pack
    chosen = pack or next((item.ref.unversioned for item in hub.runnable()), None)
    return None if chosen is None else replace(chosen, resolution=int(resolution))


def _sentence(words: str | None, prompt: str | None) -> str:
    if words is not None and prompt is not None:
        raise UsageError(hint="SENTENCE_TWICE")
    sentence = (prompt if words is None else words) or ""
    if not sentence.strip():
        raise UsageError(hint="SENTENCE_MISSING")
    return sentence


def _check(request: RunRequest, *, only_plan: bool) -> None:
    """Refuse before the models are loaded what would be refused after."""
    if request.mask is not None and request.box is not None:
        raise UsageError(hint="MASK_AND_BOX")
    guess = request.picture.with_name(f"{request.picture.stem}.edited{request.picture.suffix}")
    goal = request.output or guess
    if only_plan:
        return
    if goal.exists() and not request.overwrite:
        raise OutputExists(path=str(goal))
    if not goal.parent.is_dir():
        raise UsageError(hint="NO_SUCH_FOLDER", path=str(goal.parent))
    if request.output is not None:
        from qie_hub.edit import output

        output.kind_of_path(request.output)


def _chooser(call: Call) -> Any:
    """Ask which place is meant, where somebody can answer."""

    def choose(plan: EditPlan) -> int | None:
        candidates = [region for item in plan.operations for region in item.candidates]
        table = _region_table(candidates, call.render.say)
        return call.render.choose("ASK.which", len(candidates), (table,))

    return choose


def _region_table(regions: Any, say: Say) -> Table:
    rows = tuple((str(number), _region_name(region), _box_text(region)) for number, region in enumerate(regions, 1))
    return Table((say("HEAD.number"), say("HEAD.what"), "x,y,w,h"), rows, right=frozenset({0}), spare=(2,))


def _region_name(region: Region) -> str:
    return region.text or region.label


def _box_text(region: Region) -> str:
    return ",".join(str(side) for side in region.box)


def _clause(item: PlannedOperation) -> str:
    return item.operation.clause or item.operation.ability


def _result_blocks(result: EditResult, goal: Path, say: Say) -> list[Block]:
    spent = sum(result.timings.values()) / 1000
    names = [ability_text(item.operation.ability, say) for item in result.plan.operations]
    blocks: list[Block] = [
        Line(str(goal), "bold"),
        Line(say("RUN.done", operations=names, pack=str(result.pack), spent=seconds_text(spent)), "dim"),
    ]
    for name, value in result.checks.items():
        if value is False and has(f"CHECK.{name}"):
            blocks.append(Line(say("CLI.warning", message=say(f"CHECK.{name}", **result.checks)), "yellow"))
    return blocks
