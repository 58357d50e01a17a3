"""The lite pipeline on real photographs with the real models: what is asked for happens, the rest stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from qie_hub.edit import match
from qie_hub.edit.lite import patches
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.ocr import TextReader
from qie_hub.errors import EditCancelled, EditRefused
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


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    wrong = (one.astype(np.float64) - other)[where]
    return float(10 * np.log10(255**2 / max((wrong**2).mean(), 1e-9)))


@pytest.mark.parametrize(
    ("name", "text", "centre", "angle"),
    [("chelsea.png", "WATERMARK", (225, 150), 20), ("coffee.png", "© Studio", (430, 360), 0)],
)
def test_a_half_transparent_watermark_is_taken_off_and_what_was_below_comes_back(
    pipeline: Pipeline, name: str, text: str, centre: tuple[int, int], angle: float
) -> None:
    clean = photograph(name)
    marked = as_jpeg(with_text(clean, text, centre=centre, size=44, angle=angle, opacity=0.45, weight=700), quality=90)
    ink = np.abs(marked.astype(int) - clean).max(axis=2) > 14
    plan, output = run(pipeline, marked, "去掉水印")
    assert len(plan.operations[0].regions) == 1
    assert output.checks["undone"] == 1
    assert abs(int(str(output.checks["opacity"])) - 45) <= 8, "the measured opacity is the one it was made with"
    assert psnr(output.picture, clean, ink) > psnr(marked, clean, ink) + 7


def test_a_repeated_watermark_goes_everywhere(pipeline: Pipeline) -> None:
    clean = photograph("astronaut.png")
    marked = clean
    for centre in ((130, 110), (380, 110), (256, 256), (130, 400), (380, 400)):
        marked = with_text(marked, "样图 SAMPLE", centre=centre, size=40, angle=30, opacity=0.4)
    ink = np.abs(marked.astype(int) - clean).max(axis=2) > 14
    _, output = run(pipeline, as_jpeg(marked, quality=92), "去水印")
    assert psnr(output.picture, clean, ink) > psnr(marked, clean, ink) + 4
    assert int(str(output.checks["undone"])) >= 5


@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "grass.png", "brick.png", "rocket.jpg"])
def test_a_photograph_without_a_watermark_is_left_alone(pipeline: Pipeline, name: str) -> None:
    with pytest.raises(EditRefused) as caught:
        run(pipeline, photograph(name), "去掉水印")
    assert caught.value.data["reason"] == "not_found"


def test_a_headline_is_no_watermark(pipeline: Pipeline) -> None:
    scene = with_text(photograph("gravel.png"), "GRAND OPENING", centre=(256, 256), size=54)
    with pytest.raises(EditRefused) as caught:
        run(pipeline, scene, "remove the watermark")
    assert caught.value.data["found"] == ["GRAND OPENING"]
    assert caught.value.data["language"] == "en"
    _, output = run(pipeline, scene, "remove the watermark 'GRAND OPENING'")
    assert (output.mask > 0).any(), "unless the sentence names it"


def test_a_border_surrounds_the_picture_and_a_badge_sits_on_it(pipeline: Pipeline) -> None:
    coffee = photograph("coffee.png")
    source = PipelineInput(coffee, LiteFactory().understand("加白底边框并统一添加双十一角标"))
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    width = int(str(output.checks["border"]))
    assert output.picture.shape == (400 + 2 * width, 600 + 2 * width, 3)
    assert (output.picture[-1] == 255).all()
    inner = output.picture[width : width + 400, width : width + 600]
    untouched = output.mask[width : width + 400, width : width + 600] == 0
    assert untouched.mean() > 0.9
    assert np.array_equal(inner[untouched], coffee[untouched])
    with lite_pack() as pack:
        read = TextReader(pack.session("ocr/det.onnx"), pack.session("ocr/rec.onnx"), limit_side=736).read(
            output.picture
        )
    assert [line.text for line in read] == ["双十一"]


def test_a_badge_keeps_clear_of_text(pipeline: Pipeline) -> None:
    scene = with_text(photograph("coffee.png"), "NEW IN", centre=(90, 30), size=40)
    source = PipelineInput(scene, LiteFactory().understand("添加‘爆款’角标"))
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    assert output.checks["badge"] != "top_left"


def test_tone_moves_in_the_direction_that_was_asked_for(pipeline: Pipeline) -> None:
    chelsea = photograph("chelsea.png").astype(float)

    def change(sentence: str) -> np.ndarray:
        _, output = run(pipeline, chelsea.astype(np.uint8), sentence)
        assert (output.mask == 255).all()
        return output.picture.astype(float)

    assert change("调亮一点").mean() > chelsea.mean() + 4
    assert change("darker").mean() < chelsea.mean() - 4
    warm, cold = change("暖色调"), change("冷色调")
    assert (warm[..., 0] - warm[..., 2]).mean() > (chelsea[..., 0] - chelsea[..., 2]).mean() + 8
    assert (cold[..., 0] - cold[..., 2]).mean() < (chelsea[..., 0] - chelsea[..., 2]).mean() - 8
    assert change("提高对比度").std() > chelsea.std() + 2
    assert np.ptp(change("black and white"), axis=2).max() == 0
    vivid, plain = change("更鲜艳"), chelsea
    assert np.ptp(vivid, axis=2).mean() > np.ptp(plain, axis=2).mean() + 3


def test_black_and_white_stay_what_they_are_when_it_gets_brighter(pipeline: Pipeline) -> None:
    steps = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(8, axis=0)
    _, output = run(pipeline, steps, "调亮很多")
    row = output.picture[0, :, 0].astype(int)
    assert row[0] == 0
    assert row[-1] == 255
    assert (np.diff(row) >= 0).all()


def test_sizes_are_met_without_stretching(pipeline: Pipeline) -> None:
    rocket = photograph("rocket.jpg")
    cases = {"裁成800x800": (800, 800), "resize to 320x240": (240, 320), "做成正方形": (640, 640)}
    for sentence, shape in cases.items():
        source = PipelineInput(rocket, LiteFactory().understand(sentence))
        output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
        assert output.picture.shape[:2] == shape
    assert np.array_equal(output.picture[106:533][:427], rocket), "padding to a square keeps every pixel"


def test_super_resolution_beats_bicubic_and_tiles_leave_no_seam(pipeline: Pipeline) -> None:
    whole = photograph("astronaut.png")[:, :256]
    small = np.asarray(Image.fromarray(whole).resize((128, 256), Image.Resampling.BICUBIC))
    source = PipelineInput(small, LiteFactory().understand("放大两倍"))
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    assert output.picture.shape == whole.shape
    everywhere = np.ones(whole.shape[:2], bool)
    bicubic = np.asarray(Image.fromarray(small).resize((256, 512), Image.Resampling.BICUBIC))
    assert psnr(output.picture, whole, everywhere) > psnr(bicubic, whole, everywhere) + 1
    with lite_pack(resolution=256) as pack:
        tiled = LiteFactory().create(pack)
        again = tiled.edit(source, tiled.plan(source, never), lambda stage, number: None, never)
    assert int(np.abs(again.picture.astype(int) - output.picture).max()) <= 1


def test_four_times_is_done_in_one_pass_without_seams(pipeline: Pipeline) -> None:
    small = photograph("coffee.png", (150, 100))
    source = PipelineInput(small, LiteFactory().understand("放大四倍"))
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    assert output.picture.shape == (400, 600, 3)
    whole = photograph("coffee.png", (600, 400))
    bicubic = np.asarray(Image.fromarray(small).resize((600, 400), Image.Resampling.BICUBIC))
    everywhere = np.ones(whole.shape[:2], bool)
    assert psnr(output.picture, whole, everywhere) > psnr(bicubic, whole, everywhere) + 0.5
    with lite_pack(resolution=256) as pack:
        tiled = LiteFactory().create(pack)
        again = tiled.edit(source, tiled.plan(source, never), lambda stage, number: None, never)
    assert again.checks["tile"] != output.checks["tile"]
    assert int(np.abs(again.picture.astype(int) - output.picture).max()) <= 1


def test_a_text_takes_another_colour_and_keeps_its_letters(pipeline: Pipeline) -> None:
    clean = photograph("coffee.png", (600, 400))
    place = {"centre": (300, 300), "size": 60, "angle": 6.0}
    given = as_jpeg(with_text(clean, "SALE", colour=(255, 255, 255), **place), 90)
    ideal = with_text(clean, "SALE", colour=(37, 99, 201), **place)
    _, output = run(pipeline, given, "把‘SALE’改成蓝色")
    ink = np.abs(ideal.astype(int) - clean).max(axis=2) > 60
    assert psnr(output.picture, ideal, ink) > psnr(given, ideal, ink) + 10
    assert output.checks["reread_ok"] is True


def test_a_new_text_stays_on_its_plate(pipeline: Pipeline) -> None:
    given = photograph("brick.png").copy()
    given[180:260, 140:372] = (200, 30, 40)
    given = as_jpeg(with_text(given, "¥199", centre=(256, 220), size=44), 90)
    _, output = run(pipeline, given, "把‘¥199’改成‘限时特惠全场五折¥99’")
    rows, columns = np.nonzero(output.mask)
    assert columns.min() >= 140
    assert columns.max() < 372
    assert 180 <= rows.min() <= rows.max() < 260
    assert output.checks["reread_ok"] is True


def test_transparency_is_kept(pipeline: Pipeline) -> None:
    page = photograph("page.png")
    alpha = np.full(page.shape[:2], 255, np.uint8)
    alpha[100:] = 40
    source = PipelineInput(page, LiteFactory().understand("把‘Region’改成‘Object’，加白边"), alpha=alpha)
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    assert output.alpha is not None
    width = int(str(output.checks["border"]))
    assert np.array_equal(output.alpha[width:-width, width:-width], alpha)


def test_a_text_is_found_again_after_a_border_moved_it(pipeline: Pipeline) -> None:
    source = PipelineInput(photograph("page.png"), LiteFactory().understand("加白边，把‘Region’改成‘Object’"))
    output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
    assert output.checks["reread_ok"] is True
    assert output.checks["old_gone"] is True


def test_what_the_pack_does_not_sign_up_to_is_refused() -> None:
    with lite_pack() as pack:
        pack.manifest = replace(pack.manifest, abilities=("text.replace",))
        with pytest.raises(EditRefused) as caught:
            run(LiteFactory().create(pack), photograph("page.png"), "调亮一点")
    assert caught.value.data["abilities"] == ["tone.adjust"]


def test_an_edit_stops_where_it_is_cancelled(pipeline: Pipeline) -> None:
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) > 2:
            raise EditCancelled()

    source = PipelineInput(photograph("coffee.png"), LiteFactory().understand("调亮，加白边，添加‘新品’角标"))
    plan = pipeline.plan(source, never)
    with pytest.raises(EditCancelled):
        pipeline.edit(source, plan, lambda stage, number: None, check)


def test_characters_that_no_face_has_are_refused_by_name(pipeline: Pipeline) -> None:
    with pytest.raises(EditRefused) as caught:
        run(pipeline, photograph("page.png"), "把‘Region’改成‘🙂’")
    assert caught.value.data["reason"] == "too_hard"
    assert caught.value.data["characters"] == ["🙂"]


def test_a_new_text_that_is_missed_at_letter_size_is_looked_for_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = TextReader.detect
    asked: list[int | None] = []

    def blind(self: TextReader, picture: Any, *, side: int | None = None) -> Any:
        asked.append(side)
        return np.zeros((0, 4, 2), np.float32) if side is not None else found(self, picture)

    monkeypatch.setattr(TextReader, "detect", blind)
    scene = with_text(photograph("coffee.png"), "¥199", centre=(300, 200), size=60)
    _, output = run(pipeline, scene, "把‘¥199’改成‘¥88’")
    assert output.checks["reread_ok"] is True
    small, whole = asked[-2:]
    assert small is not None
    assert whole is None


def test_without_patchmatch_the_answer_says_so(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "available", lambda: False)
    scene = with_text(photograph("grass.png"), "SALE", centre=(256, 256), size=60)
    _, output = run(pipeline, scene, "delete the text 'SALE'")
    assert output.checks["fill"] == "telea_fallback"
    assert output.checks["old_gone"] is True


def test_two_edits_at_once_give_what_each_gives_alone(pipeline: Pipeline) -> None:
    pictures = [photograph("page.png"), photograph("coffee.png")]
    sentences = ["把‘Region’改成‘Object’", "调亮一点，加白边"]

    def one(index: int) -> np.ndarray:
        source = PipelineInput(pictures[index % 2], LiteFactory().understand(sentences[index % 2]))
        return pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never).picture

    alone = [one(0), one(1)]
    with ThreadPoolExecutor(4) as pool:
        for index, picture in enumerate(pool.map(one, range(6))):
            assert np.array_equal(picture, alone[index % 2])


EVERYTHING = (
    "把‘¥199’改成‘¥99’", "删除‘A’", "加上“你好”", "去掉水印", "加白边", "添加‘新品’角标", "调亮一点,暖色调",
    "自动调色", "锐化，降噪", "复古",
    "裁成800x800", "做成正方形", "放大两倍", "加圆形角标‘爆款’", "加斜角角标‘爆款’", "加星形角标‘爆款’",
)  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 500)])
def test_the_smallest_pictures_are_edited_or_refused_never_a_crash(pipeline: Pipeline, size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    for sentence in EVERYTHING:
        source = PipelineInput(picture, LiteFactory().understand(sentence))
        try:
            output = pipeline.edit(source, pipeline.plan(source, never), lambda stage, number: None, never)
        except EditRefused as refusal:
            assert refusal.data["reason"] in ("not_found", "too_hard"), sentence
            continue
        assert output.mask.shape == output.picture.shape[:2]
        assert output.picture.dtype == np.uint8
