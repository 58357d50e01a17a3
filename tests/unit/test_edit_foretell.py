"""What an edit is foretold to take: what was signed for each ground, and what comes besides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qie_hub.edit.foretell import LONG, foretell
from qie_hub.edit.lite import abilities
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.lite.work import AT_WORKING_SIZE, PER_MEGAPIXEL, SIGNED, effort, multiply_adds
from qie_hub.formats.manifest import PipelineSpec, Requirements, Variant
from qie_hub.formats.operation import EditPlan, PlannedOperation, Region
from qie_hub.formats.speed import REFERENCE
from qie_hub.ports import Effort, PipelineInput, WorkLimits

LITE = Variant(
    "cpu-fp32", "fp32", "cpu", "any", 1, 1, PipelineSpec("lite", 1, {"resolution": 512}), Requirements(), (), 800,
    {"smooth_ms": 600, "rough_ms": 1000, "text_px": 14},
)  # fmt: skip
SIZE = (640, 480)
SMOOTH = np.full((SIZE[1], SIZE[0], 3), 180, np.uint8)
ROUGH = np.random.default_rng(1).integers(90, 170, SMOOTH.shape).astype(np.uint8)
PLACE = Region((200, 200, 160, 40), "¥199")


def planned(sentence: str, *regions: Region) -> EditPlan:
    wish = LiteFactory().understand(sentence)
    assert wish.problem is None
    return EditPlan(wish, tuple(PlannedOperation(item, regions) for item in wish.operations))


def given(plan: EditPlan, **changed: object) -> PipelineInput:
    return replace(PipelineInput(SMOOTH, plan.instruction), **changed)


def seconds(plan: EditPlan, variant: Variant = LITE, **changed: object) -> float:
    found = foretell(plan, given(plan, **changed), variant, LiteFactory(), REFERENCE)
    assert found is not None
    return found


def test_a_text_takes_what_was_signed_for_the_ground_that_it_stands_on() -> None:
    plan = planned("把‘¥199’改成‘¥99’", PLACE)
    assert seconds(plan) == 0.6
    assert seconds(plan, picture=ROUGH) == 1.0
    # Where only something else is rough, the text's ground decides.
    elsewhere = SMOOTH.copy()
    elsewhere[300:] = ROUGH[300:]
    assert seconds(plan, picture=elsewhere) == 0.6
    both = planned("把‘¥199’改成‘¥99’，删除‘新品’", PLACE)
    assert len(both.operations) == 2
    assert seconds(both, picture=ROUGH) == 2.0
    assert seconds(planned("删除‘¥199’", replace(PLACE, box=(-50, 470, 160, 40))), picture=ROUGH) > 0


def test_a_builder_that_did_not_tell_grounds_apart_is_taken_at_its_mean() -> None:
    plan = planned("把‘¥199’改成‘¥99’", PLACE)
    plain = replace(LITE, measured={})
    assert seconds(plan, plain) == seconds(plan, plain, picture=ROUGH) == 0.8


def test_looks_grow_with_the_picture_and_a_badge_does_not() -> None:
    large = np.full((4 * SIZE[1], 4 * SIZE[0], 3), 180, np.uint8)
    look, badge = planned("调亮一点"), planned("添加双十一角标")
    assert seconds(look, picture=large) == pytest.approx(16 * seconds(look), abs=0.02)
    assert seconds(badge, picture=large) == seconds(badge)
    assert seconds(look) < seconds(planned("降噪")) < LONG


def test_every_ability_has_a_cost() -> None:
    known = {*SIGNED, *AT_WORKING_SIZE, *PER_MEGAPIXEL, abilities.IMAGE_UPSCALE}
    assert known == set(abilities.ABILITIES)


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
    saving = given(plan, limits=WorkLimits(refine=False))
    assert effort(plan, saving, {"resolution": 512}) == Effort()
    assert foretell(plan, saving, LITE, LiteFactory(), slow) == 0


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
    assert foretell(plan, given(plan), LITE, Silent(), REFERENCE) == 0.8  # type: ignore[arg-type]  # only asked for effort
