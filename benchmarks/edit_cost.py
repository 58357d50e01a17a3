"""What each edit costs: seconds from a fresh process, seconds warm, and the process's peak memory.

    python -m benchmarks.edits --cost
    python -m benchmarks.edit_cost 1024 '调亮一点'      # one line of it, as JSON

The last line runs all of them in one process: the peak with everything loaded.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any, Final

import cv2

SIDES: Final = (512, 1024)
SENTENCES: Final = (
    "把‘¥199’改成‘限时特惠¥99’", "把‘¥199’改成红色", "删除‘¥199’", "在右下角加上“新品上市”", "去掉水印“¥199”",
    "统一添加双十一角标", "加白边", "做成正方形", "裁成800x800", "调亮一点,暖色调", "黑白", "锐化", "降噪", "自动调色",
)  # fmt: skip
LARGER: Final = ("放大两倍",)
ALL: Final = "everything"
WARM_RUNS: Final = 3


def report() -> None:
    """Print the table."""
    print(f"{'px':>5} {'first s':>8} {'warm s':>7} {'peak MB':>8}  edit")
    for side in SIDES:
        for sentence in (*SENTENCES, *(LARGER if side == SIDES[0] else ()), ALL):
            command = [sys.executable, "-m", "benchmarks.edit_cost", str(side), sentence]
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode != 0:
                print(f"{side:5d} failed: {sentence}\n{done.stderr[-2000:]}")
                continue
            fact = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{side:5d} {fact['first_s']:8.2f} {fact['warm_s']:7.2f} {fact['peak_MB']:8d}  {sentence}", flush=True
            )


def measure(side: int, sentence: str) -> dict[str, Any]:
    """Time one sentence (or all) in this process; ``first_s`` counts from the process's start, imports included."""
    begin = time.perf_counter() - time.process_time()
    from benchmarks.edit_scenes import scenes
    from benchmarks.edits import run
    from qie_hub.edit.lite.factory import LiteFactory
    from tests.support.lite_pack import lite_pack

    scene = next(scenes("development"))
    method = cv2.INTER_AREA if side < scene.given.shape[1] else cv2.INTER_CUBIC
    picture = cv2.resize(scene.given, (side, side * 3 // 4), interpolation=method)
    wanted = (*SENTENCES, *LARGER) if sentence == ALL else (sentence,)
    with lite_pack(resolution=1024) as pack:
        pipeline = LiteFactory().create(pack)
        for one in wanted:
            output, _ = run(pipeline, picture, one)
            if output is None:
                raise SystemExit(f"refused: {one}")
        first = time.perf_counter() - begin
        warm = []
        for _ in range(WARM_RUNS if sentence != ALL else 1):
            start = time.perf_counter()
            for one in wanted:
                run(pipeline, picture, one)
            warm.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"first_s": round(first, 2), "warm_s": round(min(warm), 2), "peak_MB": peak}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2])))
