"""The lite pipeline: text, watermark, shop and tone edits with small nets and classic image processing.

Stages: ``understand`` (done by the sentence), ``locate`` (read the picture's text), ``repaint`` and ``finish`` (carry
out the operations in the sentence's order), ``verify`` (the untouched area byte for byte; the new text read again).

Invariants: ``plan`` changes nothing; one reading of the picture serves all its operations; regions are in the input's
coordinates and are moved along when an earlier operation of the same edit changed the canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qie_hub.edit import match, verify
from qie_hub.edit.lite import abilities, text
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.locate import even, find_text, holds, nearest_part, polygon_of, region_of
from qie_hub.edit.lite.tools import Tools
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import EditPlan, Instruction, Operation, PlannedOperation, Region
from qie_hub.ports import LoadedPack, PipelineInput, PipelineOutput

Check: TypeAlias = Callable[[], None]
Facts: TypeAlias = dict[str, object]


class LitePipeline:
    """See `ports.Pipeline`."""

    def __init__(self, pack: LoadedPack) -> None:
        self._tools = Tools(pack)
        self._abilities = frozenset(pack.manifest.abilities) & frozenset(abilities.ABILITIES)

    def plan(self, source: PipelineInput, check: Check) -> EditPlan:
        """Understand and locate; execute nothing.

        Raises:
            EditRefused: not understood, out of ability, not found, ambiguous.
        """
        self._refuse(source.instruction)
        check()
        reading = _Reading(self._tools, source)
        planned = tuple(_locate(operation, reading, source) for operation in source.instruction.operations)
        check()
        return EditPlan(source.instruction, planned)

    def edit(
        self, source: PipelineInput, plan: EditPlan, on_stage: Callable[[str, int], None], check: Check
    ) -> PipelineOutput:
        """Carry out ``plan``.

        Raises:
            EditRefused: a place is still ambiguous, or a new text needs a glyph that no face of the pack has.
            Bug: a pixel outside the mask changed; the picture is not delivered.
        """
        _settled(plan)
        job = Job(Canvas.of(source.picture, source.alpha), self._tools, source)
        checks: Facts = {}
        for number, planned in enumerate(plan.operations, start=1):
            check()
            on_stage(_STAGE.get(planned.operation.ability, "repaint"), number)
            facts = _ACTIONS[planned.operation.ability](job, planned)
            checks.update({f"{number}.{key}" if key in checks else key: value for key, value in facts.items()})
        check()
        on_stage("verify", len(plan.operations))
        canvas = job.canvas
        compared = verify.assert_untouched(source.picture, canvas.picture, canvas.mask, canvas.origin)
        checks.update(self._reread(canvas, plan))
        checks.update({"changed_outside": 0, "compared_outside": compared})
        regions = tuple(region for planned in plan.operations for region in planned.regions)
        return PipelineOutput(canvas.picture, canvas.mask, regions, checks, canvas.alpha)

    def warm_up(self) -> None:
        """Read a tiny picture, so that the first edit does not pay for loading."""
        self._tools.reader.read(np.full((64, 64, 3), 255, np.uint8))

    def _refuse(self, instruction: Instruction) -> None:
        facts: dict[str, Any] = {"sentence": instruction.sentence, "language": instruction.language}
        if instruction.problem is not None:
            raise EditRefused(
                reason="not_understood", clause=instruction.problem_clause, candidates=list(instruction.candidates),
                hint="NOT_UNDERSTOOD", **facts,
            )  # fmt: skip
        lacking = sorted(instruction.abilities - self._abilities)
        if lacking:
            raise EditRefused(reason="out_of_ability", abilities=lacking, hint="OUT_OF_ABILITY", **facts)

    def _reread(self, canvas: Canvas, plan: EditPlan) -> Facts:
        """Read the places of new texts again: what stands there now, and whether the old text is gone."""
        wanted = [item for item in plan.operations if item.operation.ability == abilities.TEXT_REPLACE and item.regions]
        if not wanted:
            return {}
        lines = [line.text for line in self._tools.reader.read(canvas.picture)]
        news = [str(item.operation.slots["new"]) for item in wanted]
        fresh = [bool(match.find(new, lines)) for new in news]
        seen = [lines[found[0].line] for new in news if (found := match.find(new, lines))]
        return {"reread": ", ".join(seen) or ", ".join(lines[:5]), "reread_ok": all(fresh)}


@dataclass(slots=True)
class _Reading:
    """The picture's text, read at most once per plan."""

    tools: Tools
    source: PipelineInput
    _lines: tuple[TextLine, ...] | None = None

    @property
    def lines(self) -> tuple[TextLine, ...]:
        if self._lines is None:
            self._lines = self.tools.reader.read(self.source.picture)
        return self._lines


@dataclass(slots=True, eq=False)
class Job:
    """One edit under way. Where other texts are is looked up at most once: words must not grow into them."""

    canvas: Canvas
    tools: Tools
    source: PipelineInput
    _texts: list[NDArray[np.float32]] | None = None

    @property
    def shift(self) -> NDArray[np.float32]:
        """Where the input's corner lies now."""
        return np.array(self.canvas.origin or (0, 0), np.float32)

    def texts(self) -> list[NDArray[np.float32]]:
        """Corners of all texts of the input, in its coordinates."""
        if self._texts is None:
            self._texts = list(self.tools.reader.detect(self.source.picture))
        return self._texts


def _locate(operation: Operation, reading: _Reading, source: PipelineInput) -> PlannedOperation:
    if operation.ability not in (abilities.TEXT_REPLACE, abilities.TEXT_DELETE):
        return PlannedOperation(operation)
    wanted, which = operation.slots.get("old"), operation.slots.get("which")
    if wanted is None:
        return PlannedOperation(operation, tuple(region_of(line) for line in reading.lines))
    size = (source.picture.shape[1], source.picture.shape[0])
    try:
        found = find_text(str(wanted), None if which is None else str(which), reading.lines, size, source.pick)
    except EditRefused as refusal:
        raise _with_sentence(refusal, source.instruction) from None
    return PlannedOperation(operation, found.regions, found.candidates)


def _settled(plan: EditPlan) -> None:
    for planned in plan.operations:
        if planned.candidates and not planned.regions:
            boxes = [list(region.box) for region in planned.candidates]
            raise _with_sentence(
                EditRefused(reason="ambiguous", candidates=boxes, count=len(boxes), hint="AMBIGUOUS"), plan.instruction
            )


def _with_sentence(refusal: EditRefused, instruction: Instruction) -> EditRefused:
    facts = {"sentence": instruction.sentence, "language": instruction.language}
    return EditRefused(hint=refusal.hint, **{**facts, **refusal.data})


def _replace(job: Job, planned: PlannedOperation) -> Facts:
    facts: Facts = {}
    new = str(planned.operation.slots["new"])
    for region in planned.regions:
        facts.update(text.replace(job.canvas, _spot(job, region), new, job.tools.fonts))
    return facts


def _delete(job: Job, planned: PlannedOperation) -> Facts:
    facts: Facts = {}
    for region in planned.regions:
        facts.update(text.delete(job.canvas, _spot(job, region), job.tools.fonts))
    return facts


def _spot(job: Job, region: Region) -> text.Spot:
    """The region with its whole line, read again, as the canvas has it now, and the other texts around it."""
    corners, wanted = polygon_of(region), region.text or ""
    home = next((line for line in job.texts() if holds(line, corners)), corners)
    found = job.tools.reader.read_boxes(job.source.picture, home[None], min_score=0.0)
    line = found[0] if found else TextLine(wanted, 0.0, home, even(len(wanted)))
    start, stop = nearest_part(line, wanted, corners)
    if (start, stop) == (0, 0):
        line, start, stop = TextLine(wanted, 0.0, corners, even(len(wanted))), 0, len(wanted)
    moved = replace(line, polygon=line.polygon + job.shift)
    others = tuple(other + job.shift for other in job.texts() if not holds(other, corners))
    return text.Spot(moved, start, stop, others)


_STAGE: Final = {abilities.BORDER_ADD: "finish", abilities.BADGE_ADD: "finish"}
_ACTIONS: Final[dict[str, Callable[[Job, PlannedOperation], Facts]]] = {
    abilities.TEXT_REPLACE: _replace,
    abilities.TEXT_DELETE: _delete,
}
