"""The edits of `benchmarks.prediction` under one allowance: foretold and timed; prints them as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.prediction import OTHERS, PHOTOS, PRICE, Edit
from qie_hub import Editor, Hub
from qie_hub.device import bench, profile
from qie_hub.edit import image
from qie_hub.edit.foretell import foretell
from qie_hub.formats.speed import Figures
from qie_hub.install.installed import Installation
from qie_hub.ports import PipelineInput


def tasks() -> Iterator[tuple[str, str]]:
    """Pictures and sentences."""
    yield from ((picture, PRICE) for picture in ("smooth", "rough", *PHOTOS))
    yield from ((picture, sentence) for picture, sentences in OTHERS.items() for sentence in sentences)


def timed(
    hub: Hub, editor: Editor, item: Installation, figures: Figures, path: Path, sentence: str, edits: int
) -> Edit:
    """Foretell one edit and carry it out several times; the first run only loads."""
    picture = image.read(path).picture
    plan = editor.plan(picture, sentence, pack=item.ref)
    with hub.admitted(item.ref, item.generation) as admitted:
        factory = hub.plugins.pipeline(item.pipeline)
        foretold = foretell(plan, PipelineInput(picture, plan.instruction), admitted.variant, factory, figures)
    times, worked = [], []
    for _ in range(edits + 1):
        start, work = time.perf_counter(), time.process_time()
        editor.edit(picture, sentence, pack=item.ref)
        times.append(time.perf_counter() - start)
        worked.append(time.process_time() - work)
    resolution = item.ref.resolution or 0
    return Edit(resolution, path.stem, sentence, foretold or 0.0, min(times[1:]), min(worked[1:]))


def main() -> None:
    """Run all tasks with every resolution of the default pack; the device is measured anew before each."""
    home, scratch, edits = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    device = profile.profile(home, {})
    found = []
    with Hub(home=home, threads=device.threads, refresh="never") as hub, Editor(hub) as editor:
        first, *_ = hub.runnable()
        for item in hub.runnable():
            if (item.ref.publisher, item.ref.name) == (first.ref.publisher, first.ref.name):
                figures = bench.measure(device, scratch / "figures.json")
                pictures = ((scratch / f"{picture}.png", sentence) for picture, sentence in tasks())
                found += [timed(hub, editor, item, figures, path, wish, edits) for path, wish in pictures]
    print(json.dumps([asdict(edit) for edit in found]))


if __name__ == "__main__":
    main()
