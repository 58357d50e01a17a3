"""What an editor does with a leased pipeline before the edit itself: settle which place is meant, send a first look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from qie_hub.edit import picking
from qie_hub.edit.preview import reduced
from qie_hub.errors import EditRefused
from qie_hub.events import Preview, Sink
from qie_hub.formats.operation import EditPlan
from qie_hub.ports import Pipeline, PipelineInput

Choose: TypeAlias = Callable[[EditPlan], int | None]
"""Asked when a plan is ambiguous: returns the candidate to take, counted from 1, or None to refuse."""


def settle(
    pipeline: Pipeline, given: PipelineInput, check: Callable[[], None], choose: Choose | None
) -> tuple[EditPlan, PipelineInput]:
    """Plan; where several places fit, ask once and plan again with the answer.

    Raises:
        EditRefused: several places fit and nobody chose one.
    """
    plan = pipeline.plan(given, check)
    found = picking.candidates(plan)
    if given.pick is not None or not found:
        return plan, given
    pick = None if choose is None else choose(plan)
    if pick is None:
        raise EditRefused(
            hint="AMBIGUOUS",
            reason="ambiguous",
            language=given.instruction.language,
            sentence=given.instruction.sentence,
            places=picking.places(found, (given.picture.shape[1], given.picture.shape[0])),
            count=len(found),
        )
    given = replace(given, pick=pick)
    return pipeline.plan(given, check), given


def preview(pipeline: Pipeline, given: PipelineInput, plan: EditPlan, sink: Sink, check: Callable[[], None]) -> None:
    """Send a first look; what cannot be done on a small copy may still be done in full."""
    small = reduced(given, plan)
    if small is None:
        return
    with suppress(EditRefused):
        sink(Preview(pipeline.edit(*small, _unheard, check).picture))


def _unheard(stage: str, operation: int) -> None:
    """The stages of a preview are nobody's progress."""
    del stage, operation


def never() -> None:
    """The check of an edit that nobody can cancel."""
