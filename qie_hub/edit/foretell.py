"""How long an edit will take here, before it begins. Pure.

A pipeline says what a plan costs (`ports.Foreteller`): so many of the pack's signed edits on smooth and on rough
ground, and what comes besides. This device's figures turn that into seconds (`formats.speed`). None where the pack or
the device was never measured: nothing is guessed.

Example::

    foretell(plan, given, variant, factory, profile.figures)    # 12.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qie_hub.formats import speed
from qie_hub.ports import Foreteller

if TYPE_CHECKING:
    from qie_hub.formats.manifest import Variant
    from qie_hub.formats.operation import EditPlan
    from qie_hub.formats.speed import Figures
    from qie_hub.ports import PipelineFactory, PipelineInput

LONG: Final = 5.0
"""Seconds from which a person should be told before: the limit of what one watches without doubting it."""


def foretell(
    plan: EditPlan, given: PipelineInput, variant: Variant, factory: PipelineFactory, figures: Figures | None
) -> float | None:
    """Return the seconds that ``plan`` will take with ``variant`` on a device of these figures, None if unknown."""
    kind, precision = variant.pipeline.kind, variant.precision
    if figures is None or variant.edit_ms is None or not speed.runs_on_cpu(variant.requirements.provider):
        return None
    if not isinstance(factory, Foreteller):
        return speed.predict(variant.edit_ms, figures, kind, precision) * len(plan.operations) / 1000
    low, high = speed.between(variant.edit_ms, variant.measured, figures, kind, precision) or (0, 0)
    effort = factory.effort(plan, given, variant.pipeline.settings)
    besides = speed.predict(effort.reference_ms, figures, kind, precision) if effort.reference_ms else 0
    whole = effort.smooth * low + effort.rough * high + besides + speed.time_of(effort.multiply_adds, figures)
    return whole / 1000
