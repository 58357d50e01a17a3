"""What a person sees of one edit: the plan, the places to choose from, the result with what should be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from qie_hub.cli.layout import Block, Line, Page, Say, Table
from qie_hub.cli.words import ability_text
from qie_hub.errors import EditRefused
from qie_hub.messages import has, seconds_text

if TYPE_CHECKING:
    from qie_hub.editor import EditResult
    from qie_hub.formats.operation import EditPlan, Region

_TOLD: Final = ("first_frame", "sixteen_bit", "cmyk")
"""Notes of the decoder that a person should know: something of the input is not in the result."""


def plan_page(plan: EditPlan, say: Say) -> Page:
    """Lay out what an edit would do; candidates carry the number that ``--pick`` takes."""
    blocks: list[Block] = []
    for item in plan.operations:
        clause = item.operation.clause or item.operation.ability
        blocks.append(Line(say("PLAN.operation", name=ability_text(item.operation.ability, say), clause=clause)))
        slots = {name: value for name, value in item.operation.slots.items() if value is not None}
        blocks += [Line(f"{name}: {value}", "dim", indent=2) for name, value in slots.items()]
        if item.regions:
            blocks.append(region_table(item.regions, say))
        if item.candidates and not item.regions:
            blocks += [Line(say("PLAN.candidates"), indent=2), region_table(item.candidates, say)]
    blocks.append(Line(say("PLAN.nothing_done"), "dim"))
    return Page(plan, tuple(blocks), tuple(item.operation.ability for item in plan.operations))


def region_table(regions: Sequence[Region], say: Say) -> Table:
    """Numbered places."""
    rows = tuple(
        (str(number), region.text or region.label, ",".join(str(side) for side in region.box))
        for number, region in enumerate(regions, 1)
    )
    return Table((say("HEAD.number"), say("HEAD.what"), "x,y,w,h"), rows, right=frozenset({0}), spare=(2,))


def result_blocks(result: EditResult, goal: Path, say: Say, *, flattened: bool) -> tuple[Block, ...]:
    """Where the result is, what was done, and what to look at."""
    spent = sum(result.timings.values()) / 1000
    names = [ability_text(item.operation.ability, say) for item in result.plan.operations]
    blocks: list[Block] = [
        Line(str(goal), "bold"),
        Line(say("RUN.done", operations=names, pack=str(result.pack), spent=seconds_text(spent)), "dim"),
    ]
    warnings = [f"NOTE.{note}" for note in (result.photo.notes if result.photo else ()) if note in _TOLD]
    warnings += ["NOTE.flattened"] if flattened else []
    warnings += [f"CHECK.{name}" for name, value in result.checks.items() if value is False and has(f"CHECK.{name}")]
    blocks += [Line(say("CLI.warning", message=say(key, **result.checks)), "yellow") for key in warnings]
    return tuple(blocks)


def pick_path(picture: Path, output: Path | None) -> Path:
    """Where the numbered places of a picture are drawn: ``<stem>.pick.jpg`` in the folder of the output."""
    return (output or picture).with_name(f"{picture.stem}.pick.jpg")


def draw_places(picture: Path, regions: Sequence[Region], goal: Path) -> Path | None:
    """Write the picture with its numbered places; None where the folder cannot be written."""
    from qie_hub.edit import image, output, picking

    photo = image.read(picture)
    encoded = output.encode(picking.draw(photo.picture, regions), image.Photo(photo.picture), kind="JPEG")
    try:
        output.save(goal, encoded, overwrite=True)
    except OSError:
        return None
    return goal


def with_drawing(refusal: EditRefused, picture: Path, goal: Path) -> EditRefused:
    """An ambiguous refusal whose places were drawn; any other refusal as it is."""
    from qie_hub.formats.operation import Region

    listed = refusal.data.get("places")
    if refusal.data.get("reason") != "ambiguous" or not isinstance(listed, list):
        return refusal
    regions = [Region(tuple(item["box"]), str(item["label"]), item["text"]) for item in listed]
    drawn = draw_places(picture, regions, goal)
    if drawn is None:
        return refusal
    return EditRefused(hint="AMBIGUOUS_DRAWN", **{**refusal.data, "drawn": str(drawn)})
