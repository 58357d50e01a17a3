"""The lite pipeline on real photographs with the real models: what is asked for happens, the rest stays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from qie_hub.edit import match
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import EditPlan
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import as_jpeg, photograph, with_text


def never() -> None:
    return None


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with lite_pack() as pack:
        yield LiteFactory().create(pack)


def run(pipeline: Pipeline, picture: np.ndarray, sentence: str, **choices: int) -> tuple[EditPlan, PipelineOutput]:
    source = PipelineInput(picture, LiteFactory().understand(sentence), **choices)
    kept = picture.copy()
    plan = pipeline.plan(source, never)
    output = pipeline.edit(source, plan, lambda stage, number: None, never)
    assert np.array_equal(picture, kept), "the input was written to"
    assert np.array_equal(output.picture[output.mask == 0], picture[output.mask == 0])
    return plan, output


def test_a_price_at_an_angle_on_textured_ground_is_replaced(pipeline: Pipeline) -> None:
    scene = as_jpeg(with_text(photograph("gravel.png"), "¥199", centre=(256, 250), size=64, angle=8), quality=80)
    plan, output = run(pipeline, scene, "把‘¥199’改成‘限时特惠¥99’")
    assert [region.text for region in plan.operations[0].regions] == ["¥199"]
    assert output.checks["reread_ok"] is True
    assert match.find("限时特惠¥99", [str(output.checks["reread"])])
    assert 0.01 < (output.mask > 0).mean() < 0.2


def test_a_word_that_was_really_photographed_is_replaced_and_its_line_stays(pipeline: Pipeline) -> None:
    page = photograph("page.png")
    _, output = run(pipeline, page, "把‘Region’改成‘Object’")
    assert match.find("Object-based segmentation", [str(output.checks["reread"])])
    rows = np.flatnonzero(output.mask.any(axis=1))
    assert rows[0] >= 0
    assert rows[-1] < 40


def test_a_text_that_is_not_there_is_refused_with_what_is(pipeline: Pipeline) -> None:
    with pytest.raises(EditRefused) as caught:
        run(pipeline, photograph("page.png"), "把‘¥299’改成‘¥99’")
    assert caught.value.data["reason"] == "not_found"
    found = caught.value.data["found"]
    assert isinstance(found, list)
    assert "Region-based segmentation" in found
    assert caught.value.data["language"] == "zh"


def test_equal_texts_are_candidates_until_one_is_picked(pipeline: Pipeline) -> None:
    scene = with_text(photograph("brick.png"), "SALE", centre=(150, 120), size=56)
    scene = with_text(scene, "SALE", centre=(340, 380), size=56)
    source = PipelineInput(scene, LiteFactory().understand("delete the text 'SALE'"))
    plan = pipeline.plan(source, never)
    assert plan.operations[0].regions == ()
    assert len(plan.operations[0].candidates) == 2
    with pytest.raises(EditRefused) as caught:
        pipeline.edit(source, plan, lambda stage, number: None, never)
    assert caught.value.data["reason"] == "ambiguous"
    _, output = run(pipeline, scene, "delete the text 'SALE'", pick=2)
    rows = np.flatnonzero(output.mask.any(axis=1))
    assert rows[0] > 300
