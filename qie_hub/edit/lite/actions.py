"""What each ability does to a canvas: one function per ability, chosen by name.

A new operation is a module with the work, a function here, and a rule of the grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from qie_hub.edit.lite import (
    abilities,
    badge,
    border,
    caption,
    closer,
    logo,
    recolour,
    resize,
    text,
    tone,
    upscale,
    watermark,
)
from qie_hub.edit.lite.background import actions as background
from qie_hub.edit.lite.colour import rgb_of
from qie_hub.edit.lite.job import Facts, Job, Written, companion
from qie_hub.edit.lite.line import Spot
from qie_hub.edit.lite.locate import even, holds, nearest_part, polygon_of
from qie_hub.edit.lite.objects import actions as objects
from qie_hub.edit.lite.standing import NOTHING
from qie_hub.edit.ocr import TextLine
from qie_hub.formats.operation import PlannedOperation, Region


def _replace(job: Job, planned: PlannedOperation) -> Facts:
    """Other words, or the same in another colour, or both."""
    facts: Facts = {}
    new, colour = _said(planned.operation.slots, "new"), _said(planned.operation.slots, "colour")
    paint = None if colour is None else rgb_of(colour)
    for region in planned.regions:
        job.check()
        spot = _spot(job, region)
        if new is None and paint is not None:
            said, done = spot.text, recolour.recolour(job.canvas, spot, paint, job.tools.fonts, nearer=_nearer(job))
        else:
            said = new or spot.text
            done = text.replace(job.canvas, spot, said, job.tools.fonts, colour=paint, nearer=_nearer(job))
        _note(job, said, done)
        facts.update(done)
    return facts


def _delete(job: Job, planned: PlannedOperation) -> Facts:
    facts: Facts = {}
    for region in planned.regions:
        job.check()
        facts.update(text.delete(job.canvas, _spot(job, region), job.tools.fonts, nearer=_nearer(job)))
    return facts


def _nearer(job: Job) -> text.Nearer:
    """Reads a line of the canvas again, close up."""
    return lambda line: closer.look(job.tools.reader, (job.canvas.picture,), line)


def _add(job: Job, planned: PlannedOperation) -> Facts:
    slots = planned.operation.slots
    said = str(slots["text"])
    place, colour = _said(slots, "position"), _said(slots, "color")
    done = caption.add(job.canvas, said, place, colour, job.tools.fonts, job.standing() if place is None else NOTHING)
    _note(job, said, done)
    return done


def _watermark(job: Job, planned: PlannedOperation) -> Facts:
    lines = [_line(job, region) for region in planned.regions]
    return watermark.remove(job.canvas, lines, job.tools.fonts)


def _border(job: Job, planned: PlannedOperation) -> Facts:
    slots = planned.operation.slots
    return border.add(
        job.canvas, _said(slots, "color") or "#ffffff", width=_number(slots, "width"), percent=_number(slots, "percent")
    )


def _badge(job: Job, planned: PlannedOperation) -> Facts:
    slots = planned.operation.slots
    wish = badge.Wish(str(slots["text"]), _said(slots, "position"), _said(slots, "color"), _said(slots, "shape"))
    return badge.add(job.canvas, wish, job.tools.fonts, job.standing() if wish.position is None else NOTHING)


def _tone(job: Job, planned: PlannedOperation) -> Facts:
    return tone.adjust(job.canvas, planned.operation.slots, job.check)


def _resize(job: Job, planned: PlannedOperation) -> Facts:
    slots = planned.operation.slots
    return resize.resize(job.canvas, _number(slots, "width"), _number(slots, "height"), crop=bool(slots.get("crop")))


def _upscale(job: Job, planned: PlannedOperation) -> Facts:
    factor = _number(planned.operation.slots, "factor") or 2
    return upscale.upscale(job.canvas, factor, job.tools.refiner(factor), job.tools.tile, job.check)


def _logo(job: Job, planned: PlannedOperation) -> Facts:
    slots = planned.operation.slots
    place = _said(slots, "position")
    standing = job.standing() if place is None else NOTHING
    return logo.add(job.canvas, companion(job, planned), place, _number(slots, "scale"), standing)


def _logo_instead(job: Job, planned: PlannedOperation) -> Facts:
    """Take the old sign away (its words, or what a box shows), then put the file's picture there."""
    facts: Facts = {}
    named = planned.operation.slots.get("old") is not None
    for region in planned.regions:
        job.check()
        if named:
            facts.update(text.delete(job.canvas, _spot(job, region), job.tools.fonts))
        else:
            facts.update(objects.erase(job, planned))
        facts.update(logo.put_into(job.canvas, companion(job, planned), polygon_of(region) + job.shift))
    return facts


def _spot(job: Job, region: Region) -> Spot:
    """The region with its whole line, read again, as the canvas has it now, and the other texts around it."""
    corners, wanted = polygon_of(region), region.text or ""
    line = next((one for one in job.known if holds(one.polygon, corners)), None)
    if line is None:
        home = next((quad for quad in job.texts() if holds(quad, corners)), corners)
        found = job.tools.reader.read_boxes(job.source.picture, home[None], min_score=0.0)
        line = found[0] if found else TextLine(wanted, 0.0, home, even(len(wanted)))
    start, stop = nearest_part(line, wanted, corners)
    if (start, stop) == (0, 0):
        line, start, stop = TextLine(wanted, 0.0, corners, even(len(wanted))), 0, len(wanted)
    moved = replace(line, polygon=line.polygon + job.shift)
    others = tuple(other + job.shift for other in job.texts() if not holds(other, corners))
    return Spot(moved, start, stop, others)


def _line(job: Job, region: Region) -> TextLine:
    """A region as the line that was read there, on the canvas as it is now."""
    corners, wanted = polygon_of(region), region.text or ""
    for one in job.known:
        if one.text == wanted and holds(one.polygon, corners):
            return replace(one, polygon=one.polygon + job.shift)
    found = job.tools.reader.read_boxes(job.source.picture, corners[None], min_score=0.0)
    same = bool(found) and len(found[0].text) == len(wanted)
    centres = found[0].centres if same else even(len(wanted))
    return TextLine(wanted, (region.score or 0) / 1000, corners + job.shift, centres)


def _note(job: Job, said: str, facts: Facts) -> None:
    """Remember where a new text was set."""
    box = facts["box"]
    if isinstance(box, list):
        x, y, width, height = (int(value) for value in box)
        job.written.append(Written(said, (x, y, width, height), job.canvas.origin, job.canvas.size))


def _said(slots: Mapping[str, Any], name: str) -> str | None:
    value = slots.get(name)
    return None if value is None else str(value)


def _number(slots: Mapping[str, Any], name: str) -> int | None:
    value = slots.get(name)
    return None if value is None else int(value)


STAGE: Final[Mapping[str, str]] = {
    abilities.BORDER_ADD: "finish", abilities.BADGE_ADD: "finish", abilities.TONE_ADJUST: "finish",
    abilities.IMAGE_RESIZE: "finish", abilities.IMAGE_UPSCALE: "finish", abilities.LOGO_ADD: "finish",
}  # fmt: skip
"""Abilities that paint over nothing; the others belong to ``repaint``."""

ACTIONS: Final[Mapping[str, Callable[[Job, PlannedOperation], Facts]]] = {
    abilities.TEXT_REPLACE: _replace,
    abilities.TEXT_DELETE: _delete,
    abilities.TEXT_ADD: _add,
    abilities.WATERMARK_REMOVE: _watermark,
    abilities.BORDER_ADD: _border,
    abilities.BADGE_ADD: _badge,
    abilities.TONE_ADJUST: _tone,
    abilities.IMAGE_RESIZE: _resize,
    abilities.IMAGE_UPSCALE: _upscale,
    abilities.LOGO_ADD: _logo,
    abilities.LOGO_REPLACE: _logo_instead,
    abilities.OBJECT_ERASE: objects.erase,
    abilities.OBJECT_REMOVE: objects.remove,
    abilities.BACKGROUND_PLAIN: background.plain,
    abilities.BACKGROUND_BLUR: background.blur,
    abilities.BACKGROUND_CUTOUT: background.cutout,
    abilities.BACKGROUND_PICTURE: background.picture,
    abilities.IMAGE_COMPOSE: background.two_pictures,
}
