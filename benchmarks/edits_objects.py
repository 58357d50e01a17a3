"""How well things are removed and backgrounds changed, on pictures with known truth.

    python -m benchmarks.edits_objects [--half development|frozen] [--only PART ...] [--out build/benchmarks/objects]
    python -m benchmarks.edits_objects --cost        # seconds and peak memory at 1024 pixels

Thresholds were chosen on the development half. PSNR and SSIM in a hole prefer a blur to believable texture, so they
stand beside the baseline (Telea), and the pictures have to be looked at: contact sheets and an HTML page are written.
A cut counts as torn when it was delivered and its overlap with the true alpha is below `TORN`; a refusal does not.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from benchmarks.edit_report import Row, page, sheets, table
from benchmarks.edit_sources import photo
from benchmarks.edits import heard, never, psnr
from benchmarks.object_scenes import Cutting, Removal, behind, lifted, pasted, people, products, removals, sized
from qie_hub.edit.lite.abilities import ABILITIES
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.errors import EditRefused
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from tests.support.lite_pack import lite_pack
from tests.support.scenes import Picture

TORN = 0.95
SENTENCES = {"person": "去掉人", "cup": "去掉杯子", "motorcycle": "去掉摩托车"}


def run(pipeline: Pipeline, picture: Picture, sentence: str, **given: Any) -> tuple[PipelineOutput | None, str]:
    """Edit; None and the reason if it was refused."""
    source = PipelineInput(picture, LiteFactory().understand(sentence), **given)
    try:
        plan = pipeline.plan(source, never)
        return pipeline.edit(source, plan, heard, never), ""
    except EditRefused as refusal:
        problems = refusal.data.get("problems") or refusal.data.get("touched") or refusal.data.get("found") or ""
        return None, f"{refusal.hint} {problems}"


def marked(pipeline: Pipeline, scene: Removal) -> Row:
    """What a mask shows is erased, against the truth; Telea in the same hole for comparison."""
    start = time.process_time()
    output, why = run(pipeline, scene.given, "去掉这个", mask=scene.mask)
    row: Row = {"scene": scene.name, "cpu_s": round(time.process_time() - start, 2), "delivered": output is not None}
    hole = scene.mask > 0
    if output is None:
        return {**row, "why": why, "before": scene.given, "after": scene.given, "wanted": scene.clean}
    telea = np.asarray(cv2.inpaint(scene.given, scene.mask, 5, cv2.INPAINT_TELEA), np.uint8)
    row |= {
        "psnr": round(psnr(output.picture, scene.clean, hole), 1),
        "telea_psnr": round(psnr(telea, scene.clean, hole), 1),
        "ssim": ssim(output.picture, scene.clean, hole), "telea_ssim": ssim(telea, scene.clean, hole),
        "detail": detail(output.picture, scene.clean, hole), "telea_detail": detail(telea, scene.clean, hole),
        "how": str(output.checks["filled"]),
    }  # fmt: skip
    return {**row, "before": scene.given, "after": output.picture, "wanted": scene.clean}


def named(pipeline: Pipeline, scene: Removal) -> Row:
    """What the sentence names is removed; the detector looks again."""
    output, why = run(pipeline, scene.given, SENTENCES[scene.noun])
    row: Row = {"scene": f"{scene.name} named", "delivered": output is not None}
    if output is None:
        return {**row, "why": why, "before": scene.given, "after": scene.given, "wanted": scene.clean}
    hole = scene.mask > 0
    row |= {
        "silent": bool(output.checks["gone"]), "covered": bool((output.mask[hole] > 0).mean() > 0.98),
        "psnr": round(psnr(output.picture, scene.clean, hole), 1), "ssim": ssim(output.picture, scene.clean, hole),
    }  # fmt: skip
    return {**row, "before": scene.given, "after": output.picture, "wanted": scene.clean}


def cut(pipeline: Pipeline, scene: Cutting) -> Row:
    """A cut-out against the true alpha."""
    start = time.process_time()
    output, why = run(pipeline, scene.given, "抠图")
    row: Row = {"scene": scene.name, "cpu_s": round(time.process_time() - start, 2), "delivered": output is not None}
    row |= {"easy_refused": output is None} if scene.easy else {"hard_refused": output is None}
    white = scene.given
    if output is None or output.alpha is None:
        return {**row, "why": why, "before": scene.given, "after": white, "wanted": scene.piece}
    alpha = output.alpha.astype(np.float32) / 255
    truth = scene.alpha
    union = float(((alpha > 0.5) | (truth > 0.5)).sum())
    band = cv2.dilate(((truth > 0.02) & (truth < 0.98)).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    iou = float(((alpha > 0.5) & (truth > 0.5)).sum()) / max(union, 1)
    white = np.clip(output.picture * alpha[..., None] + 255 * (1 - alpha[..., None]) + 0.5, 0, 255).astype(np.uint8)
    row |= {
        "iou": round(iou, 4), "mae": round(float(np.abs(alpha - truth).mean()), 4),
        "edge_mae": round(float(np.abs(alpha - truth)[band].mean()), 3),
        "halo": round(float(np.abs(white.astype(np.float32) - scene.piece)[band].mean()), 1),
        "torn": iou < TORN, "how": str(output.checks["cut"]),
    }  # fmt: skip
    return {**row, "before": scene.given, "after": white, "wanted": scene.piece}


def ssim(one: Picture, other: Picture, where: NDArray[Any]) -> float:
    """Structural similarity over some pixels."""
    _, full = structural_similarity(one, other, channel_axis=2, full=True)
    return round(float(full.mean(axis=2)[where].mean()), 3)


def detail(one: Picture, other: Picture, where: NDArray[Any]) -> float:
    """Fine detail in a hole as a ratio to the truth's: 1 is alike, 0 a smear."""
    grey = [cv2.cvtColor(item, cv2.COLOR_RGB2GRAY) for item in (one, other)]
    found, true = (float(np.abs(cv2.Laplacian(item, cv2.CV_32F))[where].mean()) for item in grey)
    return round(found / max(true, 1e-3), 2)


def cost() -> None:
    """Seconds (warm, best of three) and peak memory at 1024 pixels."""
    from qie_hub.edit.lite.tools import Tools

    place = sized(photo("china.jpg"))
    scene, alpha = pasted(place, lifted("astronaut.png", "person"), 0.06, (0.72, 0.7))
    mask = cv2.dilate((alpha > 0.02).astype(np.uint8) * 255, np.ones((7, 7), np.uint8))
    portrait = sized(photo("astronaut.png"))
    product, _ = pasted(behind("plain-grey"), lifted("flower.jpg", "orange"), 0.2, (0.5, 0.5))
    work: list[tuple[str, str, Picture, dict[str, Any]]] = [
        ("remove by mask, 6 %", "去掉这个", scene, {"mask": mask}), ("remove a person", "去掉人", scene, {}),
        ("white background, person", "换白底", portrait, {}), ("blur, person", "背景虚化", portrait, {}),
        ("white background, product", "换白底", product, {}), ("cut out, product", "抠图", product, {}),
    ]  # fmt: skip
    with lite_pack(resolution=1024, abilities=ABILITIES) as pack:
        pipeline = LiteFactory().create(pack)
        detector = Tools(pack).needed_detector()
        detector.find(scene)
        print(f"{'detector':28} {best(partial(detector.find, scene)):6.3f} s")
        for name, sentence, picture, given in work:
            if run(pipeline, picture, sentence, **given)[0] is None:
                raise SystemExit(f"refused: {name}")
            print(f"{name:28} {best(partial(run, pipeline, picture, sentence, **given)):6.2f} s", flush=True)
        for sentence in ("把‘¥199’改成‘¥99’", "去掉水印", "放大两倍"):
            run(pipeline, scene[:512, :512].copy(), sentence)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"peak with reader, detector, portrait net and super-resolution loaded: {peak} MB")


def best(work: Callable[[], object]) -> float:
    """Shortest of three, in seconds."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Run one half, print tables, write the page and the contact sheets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", default="frozen", choices=("development", "frozen"))
    parser.add_argument("--only", nargs="*", choices=("marked", "named", "people", "products"), default=None)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks/objects"))
    parser.add_argument("--cost", action="store_true")
    asked = parser.parse_args()
    if asked.cost:
        cost()
        return
    asked.out.mkdir(parents=True, exist_ok=True)
    parts = []
    with lite_pack(resolution=1024, abilities=ABILITIES) as pack:
        pipeline = LiteFactory().create(pack)
        work: dict[str, Callable[[], list[Row]]] = {
            "marked": lambda: [marked(pipeline, scene) for scene in removals(asked.half)],
            "named": lambda: [named(pipeline, scene) for scene in removals(asked.half)],
            "people": lambda: [cut(pipeline, scene) for scene in people(asked.half)],
            "products": lambda: [cut(pipeline, scene) for scene in products(asked.half)],
        }
        for name, make in work.items():
            if asked.only and name not in asked.only:
                continue
            rows = make()
            text = table(f"{name}, {asked.half}", rows)
            print(text, flush=True)
            for row in rows:
                print("  ", {key: value for key, value in row.items() if not isinstance(value, np.ndarray)})
            sheets(asked.out, f"{asked.half}-{name}", rows)
            parts.append((f"{name}, {asked.half}", text, rows))
    goal = asked.out / f"{asked.half}.html"
    goal.write_text(page(parts), encoding="utf-8")
    print(goal)


if __name__ == "__main__":
    main()
