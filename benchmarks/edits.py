"""How well the lite pipeline edits, on pictures with known truth. Prints tables and writes an HTML page.

    python -m benchmarks.edits [--half development|frozen] [--out build/benchmarks/edits]

Re-read accuracy alone is not quality: ugly results pass it. It stands beside the differences in colour, height and
angle against the scene as a designer would have set it, the error of the erased area against the clean photograph
(with Telea over the true ink as the yardstick), and the pictures themselves: look at them.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.edit_scenes import Marked, Scene, scenes, watermarks, without_text
from qie_hub.edit import match
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.edit.lite.tools import Tools
from qie_hub.errors import EditRefused
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import Picture, as_jpeg, photograph

Row = dict[str, Any]


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


def replaced(pipeline: Pipeline, tools: Tools, scene: Scene) -> Row:
    """One replacement, measured."""
    output, seconds = run(pipeline, scene.given, f"把‘{scene.old}’改成‘{scene.new}’")
    row: Row = {"scene": scene.name, "found": output is not None, "cpu_s": round(seconds, 2)}
    if output is None:
        return {**row, "before": scene.given, "after": scene.given, "wanted": scene.wanted}
    lines = [line.text for line in tools.reader.read(output.picture)]
    outside = output.mask == 0
    everywhere = np.ones(outside.shape, bool)
    got = look(output.picture, scene.clean, scene.angle, ~outside)
    want = look(scene.wanted, scene.clean, scene.angle, everywhere)
    row |= {
        "reread": any(one.exact for one in match.find(scene.new, lines)),
        "old_gone": output.checks["old_gone"],
        "colour_dE": round(float(np.linalg.norm((got[0] - want[0]) * (100 / 255, 1, 1))), 1),
        "height_ratio": round(got[1] / max(want[1], 1), 2),
        "angle_error": round(abs(got[2] - want[2]), 1),
        "changed_outside": int(np.count_nonzero((output.picture != scene.given).any(axis=2) & outside)),
    }
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
    return {**row, "before": scene.given, "after": after, "wanted": scene.clean}


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


def enlarged(pipeline: Pipeline) -> list[Row]:
    """Super-resolution against bicubic, from a clean small picture and from a blurred, noisy, compressed one."""
    rows = []
    for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png"):
        whole = photograph(name, (448, 320))
        small = np.asarray(Image.fromarray(whole).resize((224, 160), Image.Resampling.BICUBIC))
        noise = np.random.default_rng(1).normal(0, 3, small.shape)
        poor = as_jpeg(np.clip(cv2.GaussianBlur(small, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8), 80)
        row: Row = {"scene": name}
        for kind, picture in (("clean", small), ("poor", poor)):
            output, _ = run(pipeline, picture, "放大两倍")
            bicubic = np.asarray(Image.fromarray(picture).resize((448, 320), Image.Resampling.BICUBIC))
            everywhere = np.ones(whole.shape[:2], bool)
            assert output is not None
            gain = psnr(output.picture, whole, everywhere) - psnr(bicubic, whole, everywhere)
            row |= {f"{kind}_gain_dB": round(gain, 1)}
            if kind == "clean":
                row |= {"before": bicubic, "after": output.picture, "wanted": whole}
        rows.append(row)
    return rows


def cost(pipeline: Pipeline) -> list[Row]:
    """CPU and wall seconds per edit at 512 and 1024 pixels, warm, best of three; peak memory so far."""
    rows = []
    for side in (512, 1024):
        scene = next(scenes("development"))
        size = (side, side * 3 // 4)
        picture = cv2.resize(scene.given, size, interpolation=cv2.INTER_AREA if side < 640 else cv2.INTER_CUBIC)
        for sentence in (
            f"把‘{scene.old}’改成‘限时特惠¥99’",
            f"去掉水印“{scene.old}”",
            "加白底边框并统一添加双十一角标",
            "调亮一点,暖色调",
        ):
            best = (1e9, 1e9)
            for _ in range(3):
                start = time.perf_counter()
                _, spent = run(pipeline, picture, sentence)
                best = min(best, (time.perf_counter() - start, spent))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            rows.append(
                {
                    "scene": sentence,
                    "side": side,
                    "wall_s": round(best[0], 2),
                    "cpu_s": round(best[1], 2),
                    "peak_MB": peak,
                }
            )
    return rows


def table(title: str, rows: list[Row]) -> str:
    """Print the rows' medians and shares; return them as text."""
    lines = [f"{title} ({len(rows)})"]
    for name in rows[0]:
        values = [
            row[name] for row in rows if row.get(name) is not None and not isinstance(row[name], (np.ndarray, str))
        ]
        if values and isinstance(values[0], bool):
            lines.append(f"  {name:16} {sum(values)}/{len(rows)}")
        elif values:
            ordered = sorted(values)
            lines.append(f"  {name:16} median {median(ordered):8.2f}   worst {ordered[0]:8.2f} .. {ordered[-1]:8.2f}")
    print("\n".join(lines))
    return "\n".join(lines)


def page(parts: list[tuple[str, str, list[Row]]]) -> str:
    """One HTML page: every case with what was given, what came out and what a perfect edit is."""
    out = ["<meta charset=utf-8><title>qie_hub edits</title><style>img{max-width:32%}pre{font-size:13px}</style>"]
    for title, text, rows in parts:
        out.append(f"<h2>{html.escape(title)}</h2><pre>{html.escape(text)}</pre>")
        for row in rows:
            facts = {key: value for key, value in row.items() if not isinstance(value, np.ndarray)}
            images = "".join(_img(row[key]) for key in ("before", "after", "wanted") if key in row)
            out.append(f"<p>{html.escape(str(facts))}</p><div>{images}</div>")
    return "\n".join(out)


def _img(picture: Picture) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=92)
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"> '


def main() -> None:
    """Run one half and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", default="frozen", choices=("development", "frozen"))
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks/edits"))
    asked = parser.parse_args()
    with lite_pack(resolution=1024) as pack:
        pipeline, tools = LiteFactory().create(pack), Tools(pack)
        pipeline.warm_up()
        work: list[tuple[str, Callable[[], list[Row]]]] = [
            ("replaced texts", lambda: [replaced(pipeline, tools, scene) for scene in scenes(asked.half)]),
            ("erased texts", lambda: [erased(pipeline, without_text(scene)) for scene in scenes(asked.half)]),
            ("watermarks", lambda: [unmarked(pipeline, marked) for marked in watermarks(asked.half)]),
            ("super-resolution", lambda: enlarged(pipeline)),
            ("cost", lambda: cost(pipeline)),
        ]
        parts = []
        for title, make in work:
            rows = make()
            parts.append((title, table(f"{title}, {asked.half}", rows), rows))
    for row in parts[-1][2]:
        print("  ", row)
    asked.out.mkdir(parents=True, exist_ok=True)
    goal = asked.out / f"{asked.half}.html"
    goal.write_text(page(parts), encoding="utf-8")
    print(goal)


if __name__ == "__main__":
    main()
