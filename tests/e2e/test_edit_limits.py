"""An edit on a device that is hot or saves power: it works less, and says what it left out."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.ports import FREELY, Pipeline, PipelineInput, PipelineOutput, WorkLimits
from qie_hub.runtime.sessions import PackSessions
from tests.support.lite_pack import lite_pack
from tests.support.scenes import photograph, with_text

SPARING = WorkLimits(resolution=256, refine=False)


@pytest.fixture(scope="module")
def pack() -> Iterator[PackSessions]:
    with lite_pack(512) as made:
        yield made


@pytest.fixture(scope="module")
def pipeline(pack: PackSessions) -> Pipeline:
    return LiteFactory().create(pack)


def edit(pipeline: Pipeline, picture: np.ndarray, sentence: str, limits: WorkLimits) -> PipelineOutput:
    source = PipelineInput(picture, LiteFactory().understand(sentence), limits=limits)
    plan = pipeline.plan(source, lambda: None)
    return pipeline.edit(source, plan, lambda stage, number: None, lambda: None)


def test_without_refinement_a_picture_is_enlarged_smoothly_and_the_net_stays_closed(
    pipeline: Pipeline, pack: PackSessions
) -> None:
    picture = np.ascontiguousarray(photograph("gravel.png")[:96, :80])
    output = edit(pipeline, picture, "放大2倍", WorkLimits(refine=False))
    smooth = cv2.resize(picture, (160, 192), interpolation=cv2.INTER_LANCZOS4)
    np.testing.assert_array_equal(output.picture, smooth)
    assert (output.checks["left_out"], output.checks["method"]) == (["refine"], "lanczos")
    assert not any(name.startswith("sr/") for name in pack.loaded)
    sharp = edit(pipeline, picture, "放大2倍", FREELY)
    assert (sharp.picture != smooth).any()
    assert "left_out" not in sharp.checks
    assert any(name.startswith("sr/") for name in pack.loaded)


def test_reading_works_within_the_size_that_is_allowed_and_says_so(pipeline: Pipeline) -> None:
    scene = with_text(photograph("gravel.png"), "¥199", centre=(256, 250), size=72)
    scene = with_text(scene, "tiny print 8.5", centre=(120, 480), size=11)
    full = edit(pipeline, scene, "把‘¥199’改成‘¥99’", FREELY)
    spared = edit(pipeline, scene, "把‘¥199’改成‘¥99’", SPARING)
    assert "left_out" not in full.checks
    assert spared.checks["left_out"] == ["resolution"]
    assert spared.checks["reread_ok"] is True
    assert edit(pipeline, scene, "把‘¥199’改成‘¥99’", WorkLimits(resolution=1024)).checks.get("left_out") is None


def test_what_an_edit_does_not_do_is_not_named_as_left_out(pipeline: Pipeline) -> None:
    output = edit(pipeline, photograph("brick.png"), "加一个白色边框", SPARING)
    assert "left_out" not in output.checks
