"""``qie-hub run``: one edit of one picture, offline."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qie_hub.cli.document import jsonable
from qie_hub.cli.editing import draw_places, pick_path, plan_page, region_table, result_blocks, with_drawing
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page
from qie_hub.cli.params import BOX, REF
from qie_hub.errors import EditRefused, OutputExists, UsageError
from qie_hub.packref import RESOLUTIONS

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.editor import Editor, EditResult
    from qie_hub.formats.operation import Box, EditPlan
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
    request = RunRequest(sentence=sentence_of(words, prompt), **fields)
    call.listen_to(request.sentence)
    _check(request, only_plan=only_plan)
    from qie_hub.editor import Editor

    with call.hub() as hub, Editor(hub, on_event=call.on_event) as editor:
        request = replace(request, pack=sized(hub, request.pack, resolution))
        if may_install:
            hub.ensure(request.sentence, request.pack, on_event=call.on_event)
        if only_plan:
            plan = editor.plan(request.picture, request.sentence, **request.choices)
            call.render.page(plan_page(plan, call.render.say))
        else:
            call.render.page(edit(call, editor, request))


def edit(call: Call, editor: Editor, request: RunRequest) -> Page:
    """Edit, save, and say what was done."""
    drawn = pick_path(request.picture, request.output)
    try:
        result = editor.edit(
            request.picture, request.sentence, choose=_chooser(call, request.picture, drawn), **request.choices
        )
    except EditRefused as refusal:
        raise with_drawing(refusal, request.picture, drawn) from None
    goal = request.output or default_output(request.picture, result)
    saved = result.save(
        goal, overwrite=request.overwrite, keep_metadata=request.keep_metadata, label=not request.no_label
    )
    document = result.receipt(saved)
    if request.receipt is not None:
        from qie_hub import atomic

        atomic.write(request.receipt, json.dumps(jsonable(document), ensure_ascii=False, indent=2).encode())
    return Page(document, result_blocks(result, goal, call.render.say, flattened=saved.flattened), (str(goal),))


def default_output(picture: Path, result: EditResult) -> Path:
    """``photo.edited.jpg`` beside ``photo.jpg``."""
    from qie_hub.edit import output
    from qie_hub.edit.image import Photo

    transparent = result.alpha is not None and bool((result.alpha < 255).any())
    return output.default_path(picture, result.photo or Photo(result.picture), transparent=transparent)


def sized(hub: Hub, pack: PackRef | None, resolution: str | None) -> PackRef | None:
    """The pack at the working size that was asked for; without a pack's name, the one that ``run`` would take."""
    if resolution is None:
        return pack
    chosen = pack or next((item.ref.unversioned for item in hub.runnable()), None)
    return None if chosen is None else replace(chosen, resolution=int(resolution))


def sentence_of(words: str | None, prompt: str | None) -> str:
    """The sentence, given once.

    Raises:
        UsageError: it is missing, or was given twice.
    """
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
    for path in [goal] if request.receipt is None else [goal, request.receipt]:
        if not path.parent.is_dir():
            raise UsageError(hint="NO_SUCH_FOLDER", path=str(path.parent))
    if request.receipt is not None and request.receipt.exists() and not request.overwrite:
        raise OutputExists(path=str(request.receipt))
    if request.output is not None:
        from qie_hub.edit import output

        output.kind_of_path(request.output)


def _chooser(call: Call, picture: Path, drawn: Path) -> Any:
    """Ask which place is meant, where somebody can answer; the places are drawn for as long as the question stands."""

    def choose(plan: EditPlan) -> int | None:
        from qie_hub.edit import picking

        if not call.render.can_ask:
            return None
        regions = picking.candidates(plan)
        shown = draw_places(picture, regions, drawn)
        notes = () if shown is None else (Line(call.render.say("ASK.drawn", path=str(shown))),)
        answer = call.render.choose("ASK.which", len(regions), (region_table(regions, call.render.say), *notes))
        if answer is not None and shown is not None:
            shown.unlink(missing_ok=True)
        return answer

    return choose
