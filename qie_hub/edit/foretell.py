"""How long an edit will take here, before it begins. Pure.

An edit costs what the pack's reference edit costs on this device (`speed.predict`), once for every operation, and
whatever a pipeline says that grows with the picture (`ports.Foreteller`). None where the pack or the device was never
measured: nothing is guessed.

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
    if figures is None or variant.edit_ms is None or variant.requirements.provider not in ("", speed.CPU):
        return None
    each = speed.predict(variant.edit_ms, figures, kind, precision)
    more = 0
    if isinstance(factory, Foreteller):
        height, width = given.picture.shape[:2]
        more = factory.work(plan, (width, height), variant.pipeline.settings) if given.limits.refine else 0
    return (each * len(plan.operations) + speed.time_of(more, figures)) / 1000
