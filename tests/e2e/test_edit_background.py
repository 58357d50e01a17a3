"""Backgrounds of real photographs and drawn products: known alpha, clean edges, and refusals instead of torn cuts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from qie_hub.edit.lite.abilities import ABILITIES
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.result import EditResult
from qie_hub.errors import EditRefused, QieHubError, UsageError
from qie_hub.formats.operation import EditPlan
from qie_hub.messages import describe
from qie_hub.packref import PackRef
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import as_jpeg, photograph


def never() -> None:
    return None


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with lite_pack(abilities=ABILITIES) as pack:
        yield LiteFactory().create(pack)


def run(pipeline: Pipeline, picture: np.ndarray, sentence: str, **given: object) -> tuple[EditPlan, PipelineOutput]:
    source = PipelineInput(picture, LiteFactory().understand(sentence), **given)
    kept = picture.copy()
    plan = pipeline.plan(source, never)
    output = pipeline.edit(source, plan, lambda stage, number: None, never)
    assert np.array_equal(picture, kept), "the input was written to"
    if output.picture.shape == kept.shape:
        assert np.array_equal(output.picture[output.mask == 0], kept[output.mask == 0])
    return plan, output


def product(
    ground: tuple[int, int, int] = (170, 172, 176), size: tuple[int, int] = (480, 360)
) -> tuple[np.ndarray, np.ndarray]:
    """A red cup with a hole in its handle before falling light, and its exact alpha."""
    over, (width, height) = 4, size
    large = np.zeros((height * over, width * over), np.uint8)
    scale = over * height / 360
    cv2.ellipse(large, _at(300, 180, scale), _at(50, 60, scale), 0, 0, 360, 255, round(20 * scale))
    cv2.rectangle(large, _at(150, 100, scale), _at(290, 280, scale), 255, cv2.FILLED)
    alpha = cv2.resize(large, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = (1.02 - 0.12 * np.hypot(x / width - 0.4, y / height - 0.4))[..., None]
    grain = np.random.default_rng(1).normal(0, 1.5, (height, width, 1))
    front = np.array((196, 40, 46), np.float32) * (1.1 - 0.3 * x / width)[..., None]
    mixed = front * alpha[..., None] + (np.array(ground, np.float32) * light + grain) * (1 - alpha[..., None])
    return as_jpeg(np.clip(mixed, 0, 255).astype(np.uint8), 92), alpha


def _at(x: float, y: float, scale: float) -> tuple[int, int]:
    return round(x * scale), round(y * scale)


def test_a_product_gets_a_white_background_without_a_halo(pipeline: Pipeline) -> None:
    given, alpha = product((90, 130, 190))
    _, output = run(pipeline, given, "换白底")
    outside = cv2.dilate(alpha, np.ones((7, 7))) < 0.001
    assert output.picture[outside].min() == 255, "pure white, the hole in the handle too"
    band = (alpha > 0.02) & (alpha < 0.98)
    share = alpha[band][:, None]
    wanted = np.array((196, 40, 46)) * share + 255 * (1 - share)
    assert np.abs(output.picture[band] - wanted).mean() < 25
    blue = output.picture[band].astype(int)
    assert (blue[:, 2] - blue[:, 0]).max() < 12, "no edge pixel keeps the blue ground"


def test_a_product_is_cut_out_with_the_alpha_it_was_drawn_with(pipeline: Pipeline) -> None:
    given, alpha = product()
    _, output = run(pipeline, given, "把这个商品抠出来")
    assert output.alpha is not None
    found = output.alpha.astype(np.float32) / 255
    union = ((found > 0.5) | (alpha > 0.5)).sum()
    assert ((found > 0.5) & (alpha > 0.5)).sum() / union > 0.98
    assert np.abs(found - alpha).mean() < 0.006
    assert found[180, 300] == 0, "the hole in the handle is a hole"
    assert (output.picture[output.alpha == 0] == 255).all(), "what cannot be seen is not handed on"


def test_a_portrait_gets_a_gradient_and_keeps_every_pixel_of_the_face(pipeline: Pipeline) -> None:
    given = photograph("astronaut.png")
    _, output = run(pipeline, given, "把背景换成从上到下的蓝色到白色渐变")
    assert output.checks["cut"] == "people"
    assert np.array_equal(output.picture[60:140, 195:245], given[60:140, 195:245])
    corner = output.picture[5:25, 300:320].reshape(-1, 3).mean(axis=0)
    assert corner[2] > corner[0] + 40, "blue above"
    assert (output.mask[20:60, 300:340] == 255).all()


def test_a_blurred_background_keeps_the_subject_sharp_and_its_colours_to_itself(pipeline: Pipeline) -> None:
    given = photograph("astronaut.png")
    _, output = run(pipeline, given, "背景虚化")
    assert np.array_equal(output.picture[60:140, 195:245], given[60:140, 195:245])
    place = (slice(20, 220), slice(380, 470))
    before, after = (cv2.Laplacian(one[place], cv2.CV_32F).std() for one in (given, output.picture))
    assert after < 0.3 * before
    beside = output.picture[300:330, 385:400].reshape(-1, 3).astype(int).mean(axis=0)
    assert beside[0] - beside[2] < 60, "the orange suit does not glow into the background"


def test_another_picture_becomes_the_background_and_covers_all_of_it(pipeline: Pipeline) -> None:
    given, alpha = product()
    behind = np.dstack([photograph("grass.png", (300, 300)), np.full((300, 300), 255, np.uint8)])
    _, output = run(pipeline, given, "把背景换成第二张图", with_pictures=(behind,))
    ground = output.picture[cv2.dilate(alpha, np.ones((7, 7))) < 0.001].astype(float)
    assert np.ptp(ground, axis=1).max() < 14, "grey grass everywhere"
    assert ground.std() > 20


def test_a_subject_is_put_on_another_picture_where_and_as_large_as_was_said(pipeline: Pipeline) -> None:
    subject, _ = product(size=(960, 720))
    rgba = np.dstack([subject, np.full(subject.shape[:2], 255, np.uint8)])
    scene = photograph("gravel.png", (512, 512))
    _, output = run(pipeline, scene, "把第二张图里的商品抠出来放到这张图的左下角", with_pictures=(rgba,))
    box = output.checks["box"]
    assert isinstance(box, list)
    assert box[0] < 60
    assert box[1] + box[3] > 440
    ys, xs = np.nonzero(output.mask)
    assert (int(xs.min()), int(ys.max())) == pytest.approx((box[0], box[1] + box[3]), abs=4)
    red = output.picture.astype(int)
    assert (red[:, :, 0] - red[:, :, 2] > 60).sum() > 0.5 * (output.mask > 0).sum()


def test_a_picture_that_is_cut_out_already_is_taken_as_it_is(pipeline: Pipeline) -> None:
    disc = np.zeros((200, 200), np.uint8)
    cv2.circle(disc, (100, 100), 70, 255, -1, cv2.LINE_AA)
    _, output = run(pipeline, photograph("chelsea.png", (200, 200)), "换成红色背景", alpha=disc)
    assert output.checks["cut"] == "given"
    assert tuple(output.picture[5, 5]) == tuple(output.picture[195, 195])
    assert output.mask[100, 100] == 0


NO = [
    ("换白底", photograph("grass.png"), "REFUSED_NO_SUBJECT"),
    ("换白底", np.full((300, 400, 3), 250, np.uint8), "REFUSED_NO_SUBJECT"),
    ("抠图", photograph("motorcycle_left.png"), "REFUSED_TORN"),
    ("去背景", photograph("chelsea.png"), "REFUSED_TORN"),
]


@pytest.mark.parametrize(("sentence", "picture", "hint"), NO, ids=["texture", "blank", "garage", "fur"])
def test_what_would_be_torn_is_refused_in_both_languages(
    pipeline: Pipeline, sentence: str, picture: np.ndarray, hint: str
) -> None:
    with pytest.raises(EditRefused) as caught:
        run(pipeline, picture, sentence)
    assert caught.value.hint == hint
    in_both_languages(caught.value)


def test_pictures_of_very_different_size_are_refused_with_both_sizes(pipeline: Pipeline) -> None:
    tiny, _ = product(size=(96, 72))
    rgba = np.dstack([tiny, np.full(tiny.shape[:2], 255, np.uint8)])
    scene = photograph("gravel.png", (1600, 1600))
    with pytest.raises(EditRefused) as caught:
        run(pipeline, scene, "把第二张图里的商品放到这张图的左下角", with_pictures=(rgba,))
    assert caught.value.hint == "REFUSED_COMPANION_SIZE"
    assert caught.value.data["width"] == 1600
    in_both_languages(caught.value)


def test_a_cutout_is_not_flattened_into_a_jpeg(pipeline: Pipeline, tmp_path: Path) -> None:
    given, _ = product()
    plan, output = run(pipeline, given, "抠图")
    result = EditResult(
        output.picture, output.alpha, output.mask, output.regions, plan, PackRef.parse("test/ultra-lite@0.1.0"), 1
    )
    with pytest.raises(UsageError) as caught:
        result.save(tmp_path / "out.jpg")
    assert caught.value.hint == "OUTPUT_NO_TRANSPARENCY"
    assert not (tmp_path / "out.jpg").exists()
    in_both_languages(caught.value)
    result.save(tmp_path / "out.webp")


def in_both_languages(error: QieHubError) -> None:
    for language in ("zh", "en"):
        said, advice = describe(error, language)
        assert advice
        assert "{" not in said + advice
