"""The lite pipeline: text, watermark, shop and tone edits with small nets and classic image processing.

Stages: ``understand`` (done by the sentence), ``locate`` (read the picture's text), ``repaint`` and ``finish`` (carry
out the operations in the sentence's order), ``verify`` (the untouched area byte for byte; the new text read again).

Invariants: ``plan`` changes nothing; one reading of the picture serves all its operations; regions are in the input's
coordinates and are moved along when an earlier operation of the same edit changed the canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from qie_hub.edit import match, verify
from qie_hub.edit.lite import abilities
from qie_hub.edit.lite.actions import ACTIONS, STAGE
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.job import Job
from qie_hub.edit.lite.locate import polygon_of
from qie_hub.edit.lite.locators import Seen, locate
from qie_hub.edit.lite.readings import Readings
from qie_hub.edit.lite.tools import Tools
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import EditPlan, Instruction, PlannedOperation
from qie_hub.ports import LoadedPack, PipelineInput, PipelineOutput

_READ_AT: Final = 48
"""Height in pixels at which a text that was set is looked for again: what the recogniser reads at."""
_READ_LEAST: Final = 320

Check: TypeAlias = Callable[[], None]
Facts: TypeAlias = dict[str, object]


class LitePipeline:
    """See `ports.Pipeline`."""

    def __init__(self, pack: LoadedPack) -> None:
        self._tools = Tools(pack)
        self._readings = Readings()
        self._abilities = frozenset(pack.manifest.abilities) & frozenset(abilities.ABILITIES)

    def plan(self, source: PipelineInput, check: Check) -> EditPlan:
        """Understand and locate; execute nothing.

        Raises:
            EditRefused: not understood, out of ability, not found, ambiguous.
        """
        self._refuse(source.instruction)
        check()
        reading = Seen(self._tools.within(source.limits), source)
        try:
            planned = tuple(locate(operation, reading) for operation in source.instruction.operations)
        except EditRefused as refusal:
            raise _with_sentence(refusal, source.instruction) from None
        check()
        self._readings.keep(source.picture, reading.known)
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
        known = self._readings.recall(source.picture)
        tools = self._tools.within(source.limits)
        if known:
            tools.note_reading()
        job = Job(Canvas.of(source.picture, source.alpha), tools, source, check, known)
        checks: Facts = {}
        for number, planned in enumerate(plan.operations, start=1):
            check()
            on_stage(STAGE.get(planned.operation.ability, "repaint"), number)
            facts = ACTIONS[planned.operation.ability](job, planned)
            checks.update({f"{number}.{key}" if key in checks else key: value for key, value in facts.items()})
        check()
        on_stage("verify", len(plan.operations))
        canvas = job.canvas
        compared = verify.assert_untouched(source.picture, canvas.picture, canvas.mask, canvas.origin)
        checks.update(self._reread(job, plan))
        checks.update({"changed_outside": 0, "compared_outside": compared})
        if tools.left_out:
            checks["left_out"] = sorted(tools.left_out)
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

    def _reread(self, job: Job, plan: EditPlan) -> Facts:
        """Read again where texts were set, and where others were taken away."""
        gone = any(_takes_text(item) for item in plan.operations)
        facts: Facts = {}
        placed = [(item.text, box) for item in job.written if (box := item.box_on(job.canvas)) is not None]
        if placed:
            seen = [self._read_near(job, new, box) for new, box in placed]
            hits = [match.find(new, lines) for (new, _), lines in zip(placed, seen, strict=True)]
            shown = [lines[hit[0].line] for hit, lines in zip(hits, seen, strict=True) if hit]
            facts = {"reread_ok": all(hit and hit[0].exact for hit in hits), "reread": ", ".join(shown)}
        if gone:
            facts["old_gone"] = not self._left(job, plan)
        return facts

    def _read_near(self, job: Job, new: str, box: tuple[int, int, int, int]) -> list[str]:
        """What is read around a box of the canvas, at letter size, and as the plan searched if ``new`` is not."""
        x, y, width, height = box
        short = min(width, height)
        across, down = job.canvas.size
        left, top = max(0, x - 10 * short), max(0, y - 2 * short)
        right, bottom = min(across, x + width + 10 * short), min(down, y + height + 2 * short)
        part = np.ascontiguousarray(job.canvas.picture[top:bottom, left:right])
        reader, lines = job.tools.reader, list[str]()
        for side in (max(_READ_LEAST, max(part.shape[:2]) * _READ_AT // max(1, short)), None):
            lines = [line.text for line in reader.read_boxes(part, reader.detect(part, side=side))]
            if any(found.exact for found in match.find(new, lines)):
                break
        return lines

    def _left(self, job: Job, plan: EditPlan) -> bool:
        """Whether an old text can still be read at its place."""
        if job.canvas.origin is None:
            return False
        for item in plan.operations:
            old = str(item.operation.slots.get("old"))
            if not _takes_text(item) or any(match.find(old, [one.text]) for one in job.written):
                continue
            for region in item.regions:
                place = (polygon_of(region) + job.shift)[None]
                read = job.tools.reader.read_boxes(job.canvas.picture, place)
                if any(found.exact for found in match.find(old, [line.text for line in read])):
                    return True
        return False


def _takes_text(item: PlannedOperation) -> bool:
    """Whether an operation takes a named text away; another colour does not."""
    operation = item.operation
    goes = operation.ability == abilities.TEXT_DELETE or operation.slots.get("new") is not None
    return (
        goes
        and operation.ability in (abilities.TEXT_REPLACE, abilities.TEXT_DELETE)
        and bool(operation.slots.get("old"))
    )


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
