"""The golden edit: drawn the same every time, and accepted only when it is plausible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cdn.build import describe
from cdn.gate import Measured, Seen
from cdn.golden import _measured, _problem, draw, prove, write_picture
from cdn.recipe import FileRecipe
from cdn.variants import GoldenRecipe
from qie_hub.errors import QualityTooLow
from qie_hub.formats.manifest import Licence, Manifest, PipelineSpec, Requirements, Variant
from qie_hub.formats.speed import REFERENCE
from tests.support.lite_pack import lite_folder, lite_pack

FONT = "fonts/NotoSansSC-Regular.otf"
WISH = GoldenRecipe(
    text="¥199", font=FONT, sentence="去掉‘¥199’", tolerance=500, replace="把‘¥199’改成‘¥99元’",
    back="把‘¥99元’改成‘¥199’", licence="Apache-2.0", stages={"finish": "放大两倍"},
    abilities={"tone.adjust": "调亮一点", "watermark.remove": "去掉水印"},
)  # fmt: skip
FINE = {
    "golden": Seen(),
    "gone": Seen(refused="not_found"),
    "again": Seen(),
    "replace": Seen(checks={"reread_ok": True, "changed_outside": 0}),
    "back": Seen(),
    "large": Seen(planned=300, peak=400, milliseconds=1),
    "smooth": Seen(milliseconds=6),
    "rough": Seen(milliseconds=8),
    "stage finish": Seen(peak=900, checks={"method": "net", "tile": 256}),
    "ability tone.adjust": Seen(abilities=["tone.adjust"]),
    "ability watermark.remove": Seen(refused="not_found", abilities=["watermark.remove"]),
}


def pack(folder: Path) -> tuple[Path, Manifest]:
    """A real small pack: its files, and a manifest that lists them."""
    rows = []
    for path in sorted(lite_folder().rglob("*.o*")):
        name = path.relative_to(lite_folder()).as_posix()
        goal = folder / "files" / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.symlink_to(path)
        rows.append(describe(folder, FileRecipe(name, "locate", "none")))
    with lite_pack() as loaded:
        draft = replace(loaded.manifest, files=tuple(rows), licences=(Licence("none", rows[0].path),))
    names = tuple(row.path for row in rows)
    return folder / "files", replace(draft, variants=(replace(draft.variants[0], files=names),))


def test_the_picture_is_the_same_every_time_and_holds_the_text_on_a_texture() -> None:
    one, two = (draw(448, "¥199", lite_folder() / FONT) for _ in range(2))
    assert one.shape == (336, 448, 3)
    assert np.array_equal(one, two)
    red = (one[..., 0].astype(int) - one[..., 1] > 100).mean()
    assert 0.01 < red < 0.1
    assert one[:40].std() > 3, "the ground is flat"


def test_a_plausible_outcome_has_no_problem() -> None:
    assert _problem(Measured(100, FINE), WISH) is None


@pytest.mark.parametrize(
    ("task", "seen", "problem"),
    [
        ("golden", Seen(refused="not_found"), "golden was refused: not_found"),
        ("gone", Seen(), "can still be read"),
        ("gone", Seen(refused="out_of_ability"), "can still be read"),
        ("back", Seen(refused="not_found"), "back was refused: not_found"),
        ("replace", Seen(checks={"reread_ok": False}), "reread_ok"),
        ("ability tone.adjust", Seen(refused="out_of_ability", abilities=["tone.adjust"]), "tone.adjust was refused"),
        ("ability tone.adjust", Seen(abilities=["text.add"]), "tone.adjust asks for something else"),
        ("stage finish", Seen(refused="out_of_ability"), "stage finish was refused: out_of_ability"),
    ],
)
def test_an_outcome_that_is_not_plausible_is_named(task: str, seen: Seen, problem: str) -> None:
    assert problem in str(_problem(Measured(100, {**FINE, task: seen}), WISH))


def test_measured_peaks_replace_the_recipes_and_never_fall() -> None:
    bounds = Requirements(memory={"understand": 1, "locate": 2, "repaint": 3, "finish": 4})
    variant = Variant("v", "fp32", "cpu", "any", 1, 4, PipelineSpec("lite", 1), bounds, ())
    measured = _measured(variant, Measured(350, FINE, REFERENCE), WISH)
    assert measured.requirements.memory == {"understand": 350, "locate": 350, "repaint": 400, "finish": 900}
    assert (measured.peak_ram, measured.edit_ms) == (900, 7)
    unknown = {name: replace(seen, planned=None, peak=None) for name, seen in FINE.items()}
    kept = _measured(variant, Measured(None, unknown), WISH)
    assert kept.requirements.memory == bounds.memory
    assert (kept.peak_ram, kept.edit_ms) == (4, None)


def test_figures_are_what_was_measured_and_nothing_else() -> None:
    variant = Variant("v", "fp32", "cpu", "any", 1, 4, PipelineSpec("lite", 1), Requirements(memory={"locate": 1}), ())
    assert _measured(variant, Measured(1, FINE, REFERENCE, smallest=14), WISH).measured == {
        "text_px": 14,
        "sr_tile": 256,
        "smooth_ms": 6,
        "rough_ms": 8,
    }
    assert _measured(variant, Measured(1, FINE), WISH).measured == {"sr_tile": 256}


def test_a_refused_picture_is_fair_and_a_refused_ability_is_not() -> None:
    for reason, problem in (("too_hard", None), ("not_found", None), ("out_of_ability", "was refused: out_of_ability")):
        seen = {**FINE, "ability tone.adjust": Seen(refused=reason, abilities=["tone.adjust"])}
        found = _problem(Measured(1, seen), WISH)
        assert (found is None) == (problem is None)
        assert problem is None or problem in str(found)


def test_the_time_of_an_edit_is_that_of_the_reference_device() -> None:
    variant = Variant("v", "fp32", "cpu", "any", 1, 4, PipelineSpec("lite", 1), Requirements(memory={"locate": 1}), ())
    half = replace(
        REFERENCE, serial=REFERENCE.serial // 2, fp32=REFERENCE.fp32 // 2, bandwidth=REFERENCE.bandwidth // 2
    )
    seen = {**FINE, "smooth": Seen(milliseconds=2000), "rough": Seen(milliseconds=4000)}
    assert _measured(variant, Measured(1, seen, half), WISH).edit_ms == 1500
    refused = {**seen, "rough": Seen(refused="too_hard")}
    assert _problem(Measured(1, refused), WISH) is None
    assert _measured(variant, Measured(1, refused, half), WISH).edit_ms == 1000


def test_a_pack_that_cannot_do_its_golden_edit_does_not_pass(tmp_path: Path) -> None:
    files, manifest = pack(tmp_path)
    wish = replace(WISH, sentence="去掉‘晚安’")
    write_picture(files, wish)
    with pytest.raises(QualityTooLow) as caught:
        prove(files, manifest, wish)
    assert "golden was refused: not_found" in str(caught.value.data["problem"])
    assert caught.value.data["folder"] == str(files / "golden")


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    files, manifest = pack(tmp_path)
    write_picture(files, WISH)
    (files / "ocr" / "det.onnx").unlink()
    with pytest.raises(QualityTooLow) as caught:
        prove(files, manifest, WISH)
    assert "det.onnx" in str(caught.value.data["problem"])
