"""Many pictures in figures: seconds for a hundred product photos with badge and border, and what a loop would take.

``python -m benchmarks.batch [--home HOME] [--photos 100] [--loop 5] [--keep DIR]``

The photos are cut from pictures that ship inside scikit-image: about 1200x1200, JPEG, each another section in another
light, every third with a price on it. HOME has a pack installed; without it one is published from the recipe's files
and installed for the occasion. The loop (``for f in *; qie-hub run``) is measured on a few photos, and scaled.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.lite_pack import lite_folder, lite_recipe
from tests.support.scenes import photograph, with_text
from tests.support.small_origin import PackSpec, SmallOrigin

ROOT = Path(__file__).parents[1]
SENTENCE = "统一添加双十一角标，加白色边框"
SIDE = 1200
NAMES = ("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png")
REACH = 60.0


def main(arguments: Sequence[str]) -> int:
    """Make the photos, run the batch, run a few by a loop, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--loop", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder that keeps photos and results")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="qie-batch-") as folder:
        work = asked.keep or Path(folder)
        home = asked.home or install(Path(folder))
        photos = make_photos(work / "photos", asked.photos)
        size = sum(path.stat().st_size for path in photos)
        print(f"{len(photos)} photos, {size / 1e6:.0f} MB, {os.cpu_count()} cores")
        took, report = run_batch(home, work)
        each = run_loop(home, photos[: asked.loop], work / "loop")
        table(took, report, each, len(photos))
    return 0


def install(folder: Path) -> Path:
    """A home with the recipe's files, published by the project's own publisher."""
    recipe, files = lite_recipe(), lite_folder()
    contents = {str(path.relative_to(files)): path.read_bytes() for path in files.rglob("*.*") if path.is_file()}
    origin = SmallOrigin(folder / "origin")
    settings = recipe.settings_of(512)
    origin.publish(PackSpec("ultra-lite", kind="lite", files=contents, abilities=recipe.abilities, settings=settings))
    home = folder / "home"
    qie_hub(home, "origin", "add", origin.line)
    qie_hub(home, "install", "ultra-lite")
    return home


def make_photos(folder: Path, count: int) -> list[Path]:
    """Write the photos."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    made = []
    for number in range(1, count + 1):
        picture = photograph(NAMES[number % len(NAMES)])
        side = int(min(picture.shape[:2]) * random.uniform(0.75, 1.0))
        y, x = (int(random.integers(0, picture.shape[axis] - side + 1)) for axis in (0, 1))
        image = Image.fromarray(picture[y : y + side, x : x + side]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        lit = np.clip(np.asarray(image, np.float32) * random.uniform(0.85, 1.1), 0, 255).astype(np.uint8)
        if number % 3 == 0:
            lit = with_text(lit, f"¥{number}9", centre=(int(random.integers(300, 900)), 1050), size=90)
        made.append(folder / f"{number:03}.jpg")
        Image.fromarray(lit).save(made[-1], quality=90)
    return made


def run_batch(home: Path, work: Path) -> tuple[float, dict[str, object]]:
    """Seconds of the whole command, and its report."""
    began = time.perf_counter()
    answer = qie_hub(home, "--format", "json", "batch", str(work / "photos"), "-p", SENTENCE, "-o", str(work / "out"))
    return time.perf_counter() - began, json.loads(answer)


def run_loop(home: Path, photos: Sequence[Path], folder: Path) -> float:
    """Seconds of one ``qie-hub run``, as a mean."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    for path in photos:
        qie_hub(home, "run", str(path), SENTENCE, "-o", str(folder / path.name), "--overwrite")
    return (time.perf_counter() - began) / max(len(photos), 1)


def qie_hub(home: Path, *words: str) -> str:
    """Run the command line as a process of its own."""
    environment = {**os.environ, "QIE_HUB_REFRESH": "never"}
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(home), *words]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    return done.stdout.decode()


def table(took: float, report: dict[str, object], each: float, count: int) -> None:
    """Print what was measured."""
    reach = REACH * count / 100
    rows = (
        ("qie-hub batch, whole command", f"{took:.1f} s", f"{took / reach:.2f} of the {reach:.0f} s to reach"),
        ("pictures a minute, as reported", str(report["pictures_per_minute"]), ""),
        ("a thousand, as reported", f"{report['seconds_per_thousand']} s", ""),
        ("counts", str(report["counts"]), ""),
        ("one qie-hub run", f"{each:.2f} s", ""),
        (f"a loop of {count}", f"{each * count:.0f} s", f"{each * count / took:.1f} times the batch"),
    )
    for name, value, remark in rows:
        print(f"{name:34} {value:>12}  {remark}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
