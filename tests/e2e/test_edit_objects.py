"""Taking things out of real photographs: what is marked goes, everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.request import DecodedRequest, EditRequest
from qie_hub.errors import EditRefused, QieHubError, UsageError
from qie_hub.formats.operation import EditPlan
from qie_hub.messages import describe
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import photograph


def never() -> None:
    return None


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with lite_pack(abilities=("object.erase",)) as pack:
        yield LiteFactory().create(pack)


def run(pipeline: Pipeline, source: PipelineInput) -> tuple[EditPlan, PipelineOutput]:
    kept = source.picture.copy()
    plan = pipeline.plan(source, never)
    output = pipeline.edit(source, plan, lambda stage, number: None, never)
    assert np.array_equal(source.picture, kept), "the input was written to"
    assert np.array_equal(output.picture[output.mask == 0], kept[output.mask == 0])
    return plan, output


def test_what_a_box_shows_goes_and_texture_grows_over_it(pipeline: Pipeline) -> None:
    clean = photograph("brick.png", (512, 512))
    given = clean.copy()
    cv2.circle(given, (300, 260), 40, (200, 30, 30), -1)
    box = (254, 214, 93, 93)
    instruction = LiteFactory().understand("去掉这个")
    plan, output = run(pipeline, PipelineInput(given, instruction, box=box))
    assert plan.operations[0].regions[0].box == box
    assert output.mask[214:307, 254:347].all()
    assert (output.mask > 0).sum() == 93 * 93
    assert output.checks["filled"] == "patchmatch"
    inside = output.picture[214:307, 254:347].astype(int)
    assert np.ptp(inside, axis=2).max() < 12, "grey bricks only: nothing red is left, nothing red was copied"
    assert inside.std() > 0.6 * clean.astype(int).std(), "mortar lines, not a smear"


def test_a_painted_mask_with_transparency_is_understood(pipeline: Pipeline, tmp_path: Path) -> None:
    clean = np.full((300, 400, 3), 205, np.uint8)
    clean += (np.arange(400) // 20).astype(np.uint8)[None, :, None]
    given = clean.copy()
    cv2.putText(given, "X", (150, 180), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 20), 12)
    painted = np.dstack([given, np.full((300, 400), 255, np.uint8)])
    painted[90:200, 140:230, 3] = 0
    Image.fromarray(painted).save(tmp_path / "mask.png")
    request = EditRequest(given, "remove this", mask=tmp_path / "mask.png")
    source = DecodedRequest.read(request).input(LiteFactory().understand("remove this"))
    _, output = run(pipeline, source)
    assert output.checks["filled"] == "smooth"
    assert np.abs(output.picture.astype(int) - clean).max() <= 3, "the gradient goes on, without a step"


def _half(height: int, width: int, white: slice) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[:, white] = 255
    return mask


BAD = [
    ({}, UsageError, "ERASE_WHERE"),
    ({"box": (0, 0, 10, 10), "mask": _half(200, 300, slice(0, 20))}, UsageError, "MASK_AND_BOX"),
    ({"box": (400, 10, 50, 50)}, UsageError, "BOX_OUTSIDE"),
    ({"box": (280, 10, 50, 50)}, UsageError, "BOX_PARTLY"),
    ({"box": (10, 10, 0, 50)}, UsageError, "BOX_EMPTY"),
    ({"mask": _half(100, 300, slice(0, 20))}, UsageError, "MASK_SIZE"),
    ({"mask": _half(200, 300, slice(0, 0))}, UsageError, "MASK_EMPTY"),
    ({"mask": _half(200, 300, slice(0, 300))}, EditRefused, "REFUSED_HOLE_ALL"),
    ({"mask": _half(200, 300, slice(0, 150))}, EditRefused, "REFUSED_HOLE_LARGE"),
]


@pytest.mark.parametrize(("given", "kind", "hint"), BAD, ids=[hint for _, _, hint in BAD])
def test_marks_that_do_not_fit_are_named_in_both_languages(
    pipeline: Pipeline, given: dict[str, object], kind: type[QieHubError], hint: str
) -> None:
    picture = photograph("coffee.png", (300, 200))
    source = PipelineInput(picture, LiteFactory().understand("去掉这个"), **given)
    with pytest.raises(kind) as caught:
        run(pipeline, source)
    assert caught.value.hint == hint
    for language in ("zh", "en"):
        said, advice = describe(caught.value, language)
        assert advice
        assert "{" not in said + advice
