"""What the background abilities do to the canvas."""

from __future__ import annotations

from qie_hub.edit.lite.background import compose, paint, subject
from qie_hub.edit.lite.colour import rgb_of
from qie_hub.edit.lite.job import Facts, Job, companion
from qie_hub.formats.operation import PlannedOperation


def plain(job: Job, planned: PlannedOperation) -> Facts:
    """One colour or a gradient behind the subject."""
    slots = planned.operation.slots
    colour, to_colour = str(slots.get("colour") or "#ffffff"), slots.get("to_colour")
    ground: paint.Ground = paint.Plain(rgb_of(colour))
    if to_colour is not None:
        ground = paint.Gradient(rgb_of(colour), rgb_of(str(to_colour)), str(slots.get("direction") or "down"))
    found = _subject(job)
    margin = slots.get("margin")
    if margin is not None:
        return {**compose.reframed(job.canvas, found.matte, ground, int(margin)), **_facts(found)}
    paint.onto(job.canvas, found.matte, ground)
    return _facts(found)


def blur(job: Job, planned: PlannedOperation) -> Facts:
    """The background out of focus."""
    found = _subject(job)
    strength = int(planned.operation.slots.get("strength") or 2)
    paint.onto(job.canvas, found.matte, paint.blurred(job.canvas.picture, found.matte, strength))
    return _facts(found)


def cutout(job: Job, planned: PlannedOperation) -> Facts:
    """Nothing behind the subject."""
    noun = planned.operation.slots.get("noun")
    found = _subject(job, None if noun is None else str(noun))
    paint.away(job.canvas, found.matte)
    return {**_facts(found), "transparent": True}


def picture(job: Job, planned: PlannedOperation) -> Facts:
    """Another picture behind the subject."""
    other = companion(job, planned)
    found = _subject(job)
    paint.onto(job.canvas, found.matte, paint.cover(other, job.canvas.size))
    return _facts(found)


def two_pictures(job: Job, planned: PlannedOperation) -> Facts:
    """The subject of another picture on this one."""
    slots, other = planned.operation.slots, companion(job, planned)
    noun, position, scale = slots.get("noun"), slots.get("position"), slots.get("scale")
    colours, alpha = other[:, :, :3].copy(), other[:, :, 3].copy()
    named = None if noun is None else str(noun)
    found = subject.find(colours, None if bool((alpha == 255).all()) else alpha, job.tools, job.check, named)
    piece = compose.Piece.of(found.matte, colours)
    job.check()
    place = None if position is None else str(position)
    return {**compose.put(job.canvas, piece, place, None if scale is None else int(scale)), **_facts(found)}


def _subject(job: Job, noun: str | None = None) -> subject.Subject:
    job.check()
    return subject.find(job.canvas.picture, job.canvas.alpha, job.tools, job.check, noun)


def _facts(found: subject.Subject) -> Facts:
    facts: Facts = {"cut": found.way}
    if found.measured is not None:
        facts["cut_stable_permille"] = round(1000 * found.measured.stable)
    return facts
