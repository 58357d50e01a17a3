"""How well the lite pipeline edits, on pictures with known truth. Prints tables and writes an HTML page.

    python -m benchmarks.edits [--half development|frozen] [--only PART ...] [--out build/benchmarks/edits]
    python -m benchmarks.edits --cost        # seconds and peak memory, a fresh process per edit

Re-read accuracy alone is not quality: ugly results pass it. It stands beside the differences in colour, height and
angle against the scene as a designer would have set it, the error of the erased area against the clean photograph
(with Telea over the true ink as the yardstick), and the pictures themselves: look at them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks import edit_cost
from benchmarks.edit_report import Row, listing, page, sheets, table
from benchmarks.edit_scenes import HALVES, Marked, Scene, recolourings, scenes, watermarks, without_text
from benchmarks.edit_sources import photo
from qie_hub.edit import match
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.lite.tools import Tools
from qie_hub.errors import EditRefused
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import Picture, as_jpeg


def never() -> None:
    """No edit of a benchmark is cancelled."""


def heard(stage: str, operation: int) -> None:
    """Stages are not reported."""
    del stage, operation


def run(pipeline: Pipeline, picture: Picture, sentence: str) -> tuple[PipelineOutput | None, float]:
    """Edit; None if it was refused; with the CPU seconds it took."""
    start = time.process_time()
    source = PipelineInput(picture, LiteFactory().understand(sentence))
    try:
        plan = pipeline.plan(source, never)
        output = pipeline.edit(source, plan, heard, never)
    except EditRefused:
        return None, time.process_time() - start
    return output, time.process_time() - start


def psnr(one: Picture, other: Picture, where: np.ndarray) -> float:
    """Peak signal to noise in dB over some pixels."""
    error = float(((one.astype(np.float64) - other)[where] ** 2).mean()) if where.any() else 0.0
    return float(10 * np.log10(255**2 / max(error, 1e-6)))


def look(picture: Picture, clean: Picture, angle: float, where: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Colour (Lab), height (pixels) and slope (degrees) of the text that a picture has over the clean one."""
    ink = (np.abs(picture.astype(np.int16) - clean).max(axis=2) > 45) & where
    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    core = depth >= np.quantile(depth[ink], 0.7) if ink.any() else ink
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float64)
    colour = np.median(lab[core & ink], axis=0) if ink.any() else np.zeros(3)
    y, x = np.nonzero(ink)
    turn = np.deg2rad(angle)
    across, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    if len(x) < 20:
        return colour, 0.0, 0.0
    slope = np.degrees(np.arctan(np.polyfit(across, down, 1)[0]))
    return colour, float(np.quantile(down, 0.98) - np.quantile(down, 0.02)), float(slope)


def replaced(pipeline: Pipeline, tools: Tools, scene: Scene, sentence: str) -> Row:
    """One replacement or recolouring, measured."""
    output, seconds = run(pipeline, scene.given, sentence)
    row: Row = {"scene": scene.name, "found": output is not None, "cpu_s": round(seconds, 2)}
    if output is None:
        return {**row, "before": scene.given, "after": scene.given, "wanted": scene.wanted}
    lines = [line.text for line in tools.reader.read(output.picture)]
    outside = output.mask == 0
    ideal = np.abs(scene.wanted.astype(np.int16) - scene.clean).max(axis=2) > 45
    near = ~outside | (cv2.dilate(ideal.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    got = look(output.picture, scene.clean, scene.angle, near)
    want = look(scene.wanted, scene.clean, scene.angle, near)
    row |= {
        "reread": any(one.exact for one in match.find(scene.new, lines)),
        "old_gone": output.checks.get("old_gone"),
        "colour_dE": round(float(np.linalg.norm((got[0] - want[0]) * (100 / 255, 1, 1))), 1),
        "height_ratio": round(got[1] / max(want[1], 1), 2),
        "angle_error": round(abs(got[2] - want[2]), 1),
        "changed_outside": int(np.count_nonzero((output.picture != scene.given).any(axis=2) & outside)),
    }
    if scene.plate is not None:
        row["off_plate"] = int(np.count_nonzero(~outside & ~scene.plate))
    return {**row, "before": scene.given, "after": output.picture, "wanted": scene.wanted}


def erased(pipeline: Pipeline, scene: Scene) -> Row:
    """One deletion, against the clean photograph; Telea over the true ink for comparison."""
    output, seconds = run(pipeline, scene.given, f"删除‘{scene.old}’")
    ink = np.abs(scene.given.astype(np.int16) - scene.clean).max(axis=2) > 30
    hole = cv2.dilate(ink.astype(np.uint8), np.ones((5, 5), np.uint8))
    telea = np.asarray(cv2.inpaint(scene.given, hole * 255, 4, cv2.INPAINT_TELEA), np.uint8)
    row: Row = {"scene": scene.name, "found": output is not None, "cpu_s": round(seconds, 2)}
    after = scene.given if output is None else output.picture
    row |= {"psnr": round(psnr(after, scene.clean, ink), 1), "telea_psnr": round(psnr(telea, scene.clean, ink), 1)}
    return {**row, "before": scene.given, "after": after, "wanted": scene.wanted}


def unmarked(pipeline: Pipeline, marked: Marked) -> Row:
    """One watermark taken off."""
    output, seconds = run(pipeline, marked.given, "去掉水印")
    after = marked.given if output is None else output.picture
    row: Row = {"scene": marked.name, "found": output is not None, "cpu_s": round(seconds, 2)}
    row |= {
        "before_psnr": round(psnr(marked.given, marked.clean, marked.ink), 1),
        "psnr": round(psnr(after, marked.clean, marked.ink), 1),
        "opacity": round(100 * marked.opacity),
        "measured": None if output is None else output.checks["opacity"],
    }
    return {**row, "before": marked.given, "after": after, "wanted": marked.clean}


def left_alone(pipeline: Pipeline, half: str) -> list[Row]:
    """Photographs without a watermark, asked to be rid of one: nothing may change."""
    rows: list[Row] = []
    for name in HALVES[half][0]:
        picture = as_jpeg(photo(name), 88)
        output, _ = run(pipeline, picture, "去掉水印")
        rows.append({"scene": name, "left_alone": output is None})
        if output is not None:
            rows[-1] |= {"before": picture, "after": output.picture, "wanted": picture}
    return rows


def enlarged(pipeline: Pipeline, half: str, factor: int) -> list[Row]:
    """Super-resolution against bicubic, from a clean small picture and from a blurred, noisy, compressed one."""
    rows = []
    for name in HALVES[half][0]:
        whole = photo(name, (640, 480))
        size = (640 // factor, 480 // factor)
        small = np.asarray(Image.fromarray(whole).resize(size, Image.Resampling.BICUBIC))
        noise = np.random.default_rng(1).normal(0, 3, small.shape)
        poor = as_jpeg(np.clip(cv2.GaussianBlur(small, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8), 80)
        row: Row = {"scene": name}
        for kind, picture in (("clean", small), ("jpeg92", as_jpeg(small, 92)), ("poor", poor)):
            output, _ = run(pipeline, picture, "放大两倍" if factor == 2 else "放大四倍")
            bicubic = np.asarray(Image.fromarray(picture).resize((640, 480), Image.Resampling.BICUBIC))
            everywhere = np.ones(whole.shape[:2], bool)
            assert output is not None
            gain = psnr(output.picture, whole, everywhere) - psnr(bicubic, whole, everywhere)
            row |= {f"{kind}_gain_dB": round(gain, 2)}
            if kind != "jpeg92":
                row |= {"before": bicubic, "after": output.picture, "wanted": whole}
        rows.append(row)
    return rows


def parts_of(pipeline: Pipeline, tools: Tools, half: str) -> dict[str, Callable[[], list[Row]]]:
    """What is measured, by name."""

    def replacements() -> list[Row]:
        return [replaced(pipeline, tools, one, f"把‘{one.old}’改成‘{one.new}’") for one in scenes(half)]

    def recoloured() -> list[Row]:
        return [replaced(pipeline, tools, one, f"把‘{one.old}’改成红色") for one in recolourings(half)]

    return {
        "replaced": replacements,
        "recoloured": recoloured,
        "erased": lambda: [erased(pipeline, without_text(one)) for one in scenes(half) if one.whole],
        "watermarks": lambda: [unmarked(pipeline, marked) for marked in watermarks(half)],
        "unmarked": lambda: left_alone(pipeline, half),
        "x2": lambda: enlarged(pipeline, half, 2),
        "x4": lambda: enlarged(pipeline, half, 4),
    }


def main() -> None:
    """Run one half and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", default="frozen", choices=tuple(HALVES))
    parser.add_argument("--only", nargs="+", default=None, metavar="PART")
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks/edits"))
    asked = parser.parse_args()
    if asked.cost:
        edit_cost.report()
        return
    asked.out.mkdir(parents=True, exist_ok=True)
    with lite_pack(resolution=1024) as pack:
        pipeline, tools = LiteFactory().create(pack), Tools(pack)
        pipeline.warm_up()
        shown = []
        for title, make in parts_of(pipeline, tools, asked.half).items():
            if asked.only is None or title in asked.only:
                rows = make()
                text = table(f"{title}, {asked.half}", rows)
                print(text, listing(rows), sep="\n", flush=True)
                shown.append((title, text, rows))
                sheets(asked.out, f"{asked.half}-{title}", rows)
    goal = asked.out / f"{asked.half}.html"
    goal.write_text(page(shown), encoding="utf-8")
    print(goal)


if __name__ == "__main__":
    main()
