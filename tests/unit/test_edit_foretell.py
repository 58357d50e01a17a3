from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qie_hub.edit.foretell import LONG, foretell
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.lite.work import multiply_adds
from qie_hub.formats.manifest import PipelineSpec, Requirements, Variant
from qie_hub.formats.operation import EditPlan, PlannedOperation
from qie_hub.formats.speed import REFERENCE
from qie_hub.ports import PipelineInput, WorkLimits

LITE = Variant(
    "cpu-fp32", "fp32", "cpu", "any", 1, 1, PipelineSpec("lite", 1, {"resolution": 512}), Requirements(), (), 800
)
SIZE = (640, 480)


def planned(sentence: str) -> EditPlan:
    wish = LiteFactory().understand(sentence)
    assert wish.problem is None
    return EditPlan(wish, tuple(PlannedOperation(item) for item in wish.operations))


def given(plan: EditPlan, **changed: object) -> PipelineInput:
    return replace(PipelineInput(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), plan.instruction), **changed)


def test_on_the_reference_device_an_edit_takes_what_was_signed_for_each_operation() -> None:
    for sentence, operations in (("调亮一点", 1), ("加白色边框，调亮一点", 2)):
        plan = planned(sentence)
        assert len(plan.operations) == operations
        assert foretell(plan, given(plan), LITE, LiteFactory(), REFERENCE) == 0.8 * operations


def test_enlarging_takes_longer_the_larger_the_picture_and_twice_two_times_five_times_as_long() -> None:
    small, large = (multiply_adds(planned("放大2倍"), size, {"resolution": 512}) for size in ((256, 256), (1024, 1024)))
    assert 16 * small < large < 24 * small
    assert multiply_adds(planned("放大4倍"), SIZE, {}) == 5 * multiply_adds(planned("放大2倍"), SIZE, {})
    with_net = {"sr_x4": "sr/span_x4.onnx"}
    assert multiply_adds(planned("放大4倍"), SIZE, with_net) == multiply_adds(planned("放大2倍"), SIZE, with_net)
    assert multiply_adds(planned("调亮一点"), SIZE, {}) == 0


def test_enlarging_is_announced_and_not_where_the_limits_leave_the_net_out() -> None:
    plan = planned("放大2倍")
    slow = replace(REFERENCE, fp32=REFERENCE.fp32 // 4)
    announced = foretell(plan, given(plan), LITE, LiteFactory(), slow)
    assert announced is not None
    assert announced > LONG
    saving = foretell(plan, given(plan, limits=WorkLimits(refine=False)), LITE, LiteFactory(), slow)
    assert saving is not None
    assert saving < LONG


@pytest.mark.parametrize(
    ("variant", "figures"),
    [
        (LITE, None),
        (replace(LITE, edit_ms=None), REFERENCE),
        (replace(LITE, requirements=Requirements(provider="CUDAExecutionProvider")), REFERENCE),
    ],
)
def test_nothing_is_foretold_of_what_was_not_measured(variant: Variant, figures: object) -> None:
    plan = planned("放大2倍")
    assert foretell(plan, given(plan), variant, LiteFactory(), figures) is None  # type: ignore[arg-type]  # None too


def test_a_pipeline_that_says_nothing_of_its_work_is_foretold_by_what_was_signed() -> None:
    class Silent:
        api = 1

    plan = planned("放大2倍")
    assert foretell(plan, given(plan), LITE, Silent(), REFERENCE) == 0.8  # type: ignore[arg-type]  # only asked for work
