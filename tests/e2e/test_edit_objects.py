"""Taking things out of real photographs: what is marked goes, everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from qie_hub.edit.lite import patches
from qie_hub.edit.lite.choose import chosen, reading_order
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.lite.objects.asked import asked
from qie_hub.edit.lite.objects.detect import Detector, Thing
from qie_hub.edit.lite.objects.fill import fill
from qie_hub.edit.lite.objects.named import Wish, find_named
from qie_hub.edit.lite.objects.outline import outline
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
    with lite_pack(abilities=("object.erase", "object.remove")) as pack:
        yield LiteFactory().create(pack)


@pytest.fixture(scope="module")
def astronaut() -> tuple[np.ndarray, np.ndarray]:
    """A person's colours and alpha."""
    picture = photograph("astronaut.png")
    with lite_pack() as pack:
        person = Detector(pack.session("detect/ssdlite.onnx")).find(picture)[0]
        shape = outline(picture, person, pack.session("portrait/selfie.onnx"))
    x0, y0, x1, y1 = shape.window
    return picture[y0:y1, x0:x1], cv2.GaussianBlur(shape.mask.astype(np.float32), (0, 0), 1.0)


def standing(scene: np.ndarray, person: tuple[np.ndarray, np.ndarray], left: int, tall: int) -> np.ndarray:
    """The scene with a person on its bottom edge."""
    scale = tall / person[0].shape[0]
    colours = cv2.resize(person[0], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(person[1], colours.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    out = scene.copy()
    part = out[-tall:, left : left + colours.shape[1]]
    part[:] = np.clip(colours * alpha + part * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
    return out


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


def test_the_person_on_the_named_side_goes_and_the_other_stays(
    pipeline: Pipeline, astronaut: tuple[np.ndarray, np.ndarray]
) -> None:
    scene = standing(standing(photograph("gravel.png", (768, 512)), astronaut, 120, 240), astronaut, 520, 200)
    source = PipelineInput(scene, LiteFactory().understand("去掉右边的人"))
    plan, output = run(pipeline, source)
    region = plan.operations[0].regions[0]
    assert region.label == "person"
    assert region.box[0] > 400
    assert output.checks["gone"] is True
    assert output.mask[:, :380].max() == 0, "the one on the left is untouched"
    inside = output.picture[output.mask > 0].astype(int)
    assert (np.ptp(inside, axis=1) > 40).mean() < 0.01, "grey gravel, nothing orange: people are not copied from"


def test_passers_by_go_and_the_subject_stays(pipeline: Pipeline, astronaut: tuple[np.ndarray, np.ndarray]) -> None:
    scene = standing(standing(photograph("gravel.png", (768, 512)), astronaut, 240, 360), astronaut, 620, 160)
    plan, output = run(pipeline, PipelineInput(scene, LiteFactory().understand("去掉路人")))
    assert [region.box[0] > 550 for region in plan.operations[0].regions] == [True]
    assert output.checks["gone"] is True
    assert output.mask[:, :540].max() == 0


def test_two_people_are_candidates_until_one_is_picked(
    pipeline: Pipeline, astronaut: tuple[np.ndarray, np.ndarray]
) -> None:
    scene = standing(standing(photograph("gravel.png", (768, 512)), astronaut, 60, 200), astronaut, 520, 200)
    instruction = LiteFactory().understand("remove the person")
    plan = pipeline.plan(PipelineInput(scene, instruction), never)
    boxes = [region.box[0] for region in plan.operations[0].candidates]
    assert boxes == sorted(boxes)
    assert len(boxes) == 2
    with pytest.raises(EditRefused) as caught:
        pipeline.edit(PipelineInput(scene, instruction), plan, lambda stage, number: None, never)
    assert caught.value.data["reason"] == "ambiguous"
    picked = pipeline.plan(PipelineInput(scene, instruction, pick=2), never)
    assert picked.operations[0].regions[0].box[0] == boxes[1]


@pytest.mark.parametrize(
    ("sentence", "name", "hint", "seen"),
    [
        ("去掉左边的狗", "coffee.png", "REFUSED_OBJECT_NOT_FOUND", "杯子"),
        ("remove the umbrella", "grass.png", "REFUSED_NO_OBJECTS", None),
        ("去掉路人", "astronaut.png", "REFUSED_NO_BYSTANDERS", None),
        ("remove the person", "astronaut.png", "REFUSED_HOLE_LARGE", None),
    ],
)
def test_what_cannot_be_removed_is_refused_with_what_was_seen(
    pipeline: Pipeline, sentence: str, name: str, hint: str, seen: str | None
) -> None:
    with pytest.raises(EditRefused) as caught:
        run(pipeline, PipelineInput(photograph(name), LiteFactory().understand(sentence)))
    assert caught.value.hint == hint
    if seen is not None:
        assert seen in str(caught.value.data["found"])
    for language in ("zh", "en"):
        said, advice = describe(caught.value, language)
        assert advice
        assert "{" not in said + advice


def test_a_hole_that_lies_on_the_subject_is_refused_before_anything_is_painted(pipeline: Pipeline) -> None:
    source = PipelineInput(photograph("chelsea.png"), LiteFactory().understand("去掉这个"), box=(220, 90, 60, 60))
    with pytest.raises(EditRefused) as caught:
        run(pipeline, source)
    assert caught.value.hint == "REFUSED_HOLE_TOUCHES"
    assert caught.value.data["touched"] == ["cat"]


def test_a_fill_that_would_be_seen_is_refused() -> None:
    picture = photograph("coffee.png")
    hole = np.zeros(picture.shape[:2], bool)
    hole[60:200, 220:340] = True
    with pytest.raises(EditRefused) as caught:
        fill(picture, hole)
    assert caught.value.hint == "REFUSED_HOLE_STRAINED"


def test_barred_pixels_are_never_copied_at_any_size() -> None:
    picture = photograph("gravel.png", (900, 900))
    picture[:, 480:] = (250, 20, 20)
    hole = np.zeros((900, 900), bool)
    hole[380:500, 380:478] = True
    barred = np.zeros((900, 900), bool)
    barred[:, 476:] = True
    done = fill(picture, hole, barred)
    new = done.patch[done.changed].astype(int)
    assert np.ptp(new, axis=1).max() < 40
    assert new.std() > 30


def test_without_patchmatch_only_small_holes_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "available", lambda: False)
    picture = photograph("brick.png")
    hole = np.zeros(picture.shape[:2], bool)
    hole[200:230, 200:230] = True
    assert fill(picture, hole).method == "telea_fallback"
    hole[200:330, 200:330] = True
    with pytest.raises(EditRefused) as caught:
        fill(picture, hole)
    assert caught.value.data["limit"] == 2


def crowd(count: int) -> list[Thing]:
    return [Thing("person", (40 * index, 100 + 7 * (index % 3), 30, 60 + index), 0.6) for index in range(count)]


def test_of_twenty_people_the_largest_are_offered_numbered_from_the_left() -> None:
    found = find_named(Wish("人", "person"), crowd(20), (900, 400), pick=None, language="zh")
    boxes = [region.box for region in found.candidates]
    assert len(boxes) == 12
    assert boxes == sorted(boxes)
    assert min(box[3] for box in boxes) == 68
    picked = find_named(Wish("人", "person"), crowd(20), (900, 400), pick=3, language="zh")
    assert picked.regions[0].box == boxes[2]
    every = find_named(Wish("所有人", "person", every=True), crowd(20), (900, 400), pick=None, language="zh")
    assert len(every.regions) == 20
    nobody = find_named(
        Wish("路人", "person", every=True, bystanders=True), crowd(20), (900, 400), pick=None, language="zh"
    )
    assert nobody.regions == ()
    assert len(nobody.candidates) == 12


def test_a_trait_that_no_detector_sees_is_asked_about() -> None:
    found = find_named(Wish("穿红衣服的人", "person", trait="穿红衣服"), crowd(3), (900, 400), pick=None, language="zh")
    assert found.regions == ()
    assert len(found.candidates) == 3


@pytest.mark.parametrize(("spoken", "language", "first"), [("panda bear", "en", "bear"), ("小猫熊", "zh", "猫")])
def test_an_unknown_noun_is_answered_with_the_known_ones_nearest_first(spoken: str, language: str, first: str) -> None:
    with pytest.raises(EditRefused) as caught:
        find_named(Wish(spoken, None), [], (900, 400), pick=None, language=language)
    known = caught.value.data["known"]
    assert isinstance(known, list)
    assert first in known[:3]
    assert len(known) == 80
    said, advice = describe(caught.value, language)
    assert spoken in said
    assert advice
    assert first in advice


def test_a_bowl_is_offered_where_a_cup_was_named() -> None:
    bowl = Thing("bowl", (10, 10, 50, 50), 0.8)
    found = find_named(Wish("杯子", "cup"), [bowl], (300, 300), pick=None, language="zh")
    assert found.regions == ()
    assert found.candidates[0].label == "bowl"


def test_selectors_count_from_each_side_and_in_reading_order() -> None:
    regions = [one.region for one in crowd(5)]
    assert chosen(regions, "left:2", (900, 400)) == regions[1]
    assert chosen(regions, "right:2", (900, 400)) == regions[3]
    assert chosen(regions, "largest", (900, 400)) == regions[4]
    assert chosen(regions, "order:-1", (900, 400)) == reading_order(regions)[-1]
    assert chosen(regions, "left:9", (900, 400)) is None


def test_a_mast_is_not_cut_through_but_marked_as_a_whole_it_goes() -> None:
    picture = np.full((400, 600, 3), (60, 80, 130), np.uint8)
    picture[60:400, 290:310] = (230, 210, 160)
    hole = np.zeros((400, 600), bool)
    hole[150:260, 240:360] = True
    with pytest.raises(EditRefused) as caught:
        fill(picture, hole)
    assert caught.value.hint == "REFUSED_HOLE_SEVERS"
    hole[:] = False
    hole[50:400, 280:320] = True
    done = fill(picture, hole)
    assert done.method == "smooth"
    assert np.abs(done.patch[done.changed].astype(int) - (60, 80, 130)).max() <= 2


def test_masks_of_other_modes_show_the_same(tmp_path: Path) -> None:
    picture = photograph("brick.png", (200, 150))
    white = np.zeros((150, 200), np.uint8)
    white[40:80, 50:90] = 255
    holes = []
    for number, mode in enumerate(("L", "1", "RGB", "P", "LA", "I;16")):
        made = (
            Image.fromarray(white.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(white).convert(mode)
        )
        made.save(tmp_path / f"{number}.png")
        request = EditRequest(picture, "去掉这个", mask=tmp_path / f"{number}.png")
        holes.append(asked(DecodedRequest.read(request).input(LiteFactory().understand("去掉这个"))))
    assert all(np.array_equal(hole, white > 0) for hole in holes)
