"""The golden edit of a pack: drawn, carried out, looked at again, and then part of the pack.

The picture is drawn and not photographed, so that nobody's picture has to be shipped; its ground is textured and the
text slanted, so that working on it is real work. The golden edit deletes the text: every net of reading takes part,
and the outcome hardly depends on how letters are set, so a later client comes out within the tolerance too. It becomes
part of the pack only if it is plausible: the text cannot be found any more, editing again gives the same picture, and
replacing the text instead gives one in which the new text is found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdn import ladder
from cdn.gate import Measured, Seen, Task, run
from cdn.ladder import Ladder
from cdn.variants import GoldenRecipe
from qie_hub.errors import QualityTooLow
from qie_hub.formats.manifest import STAGES, Golden, Manifest, Variant
from qie_hub.formats.speed import ROUGH, SMOOTH, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH: Final = 448
ASPECT: Final = 0.75
ANGLE: Final = 4.0
INK: Final = (178, 34, 34)
PICTURE: Final = "golden/picture.png"
STAGE_SHARE: Final = 0.625
"""Of the working size: more than a tile of super-resolution is wide, so its peak shows, and no more."""
TIMED: Final = 1024
"""Width of the pictures that are timed: about what is edited in practice, also with packs of a smaller working size."""
LETTERS: Final = 10
"""Letters that fit beside each other there: a price on a product's photo."""
GRAIN: Final = 10.0
"""Standard deviation of the grain of the rough one: what a photograph of cloth, wood or gravel costs to fill."""
TIMES: Final = 5
"""Runs of what is timed; the one in the middle counts."""
FAIR: Final = frozenset({"not_found", "too_hard"})
"""Reasons by which a pipeline refuses a picture; the others refuse the sentence or the pack."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The golden edit as the manifest states it, and the variant with what was measured."""

    golden: Golden
    variant: Variant


def expected_name(resolution: int | None) -> str:
    """Where the expected picture of a resolution lies in the pack."""
    return f"golden/expected-{'any' if resolution is None else resolution}.png"


def draw(width: int, text: str, font: Path, *, letters: int = 7) -> NDArray[Any]:
    """Return a picture of ``width`` x 3/4 ``width`` pixels (RGB, uint8) with ``text`` across its middle.

    So many ``letters`` of its size would stand beside each other.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    height = int(width * ASPECT)
    face = ImageFont.truetype(str(font), size=width // letters)
    left, top, right, bottom = face.getbbox(text)
    layer = Image.new("L", (width, height), 0)
    at = ((width - (right - left)) // 2 - left, (height - (bottom - top)) // 2 - top)
    ImageDraw.Draw(layer).text(at, text, fill=255, font=face)
    picture = Image.fromarray(_ground(width, height))
    picture.paste(Image.new("RGB", (width, height), INK), mask=layer.rotate(ANGLE, resample=Image.Resampling.BICUBIC))
    return np.asarray(picture)


def roughened(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the picture with grain; the same every time."""
    import numpy as np

    grain = np.random.default_rng(1).normal(0, GRAIN, (*picture.shape[:2], 1))
    rough: NDArray[Any] = np.clip(picture + grain, 0, 255).astype(np.uint8)
    return rough


def write_picture(files: Path, wish: GoldenRecipe) -> None:
    """Draw the picture of the golden edit into the pack's files."""
    _save(draw(WIDTH, wish.text, files / wish.font), files / PICTURE)


def prove(files: Path, manifest: Manifest, wish: GoldenRecipe) -> Proof:
    """Carry out the golden edit and the measurements with the first variant of a pack; writes the expected picture.

    Raises:
        QualityTooLow: an edit was refused or failed, or its result is not plausible.
    """
    [variant, *_] = manifest.variants
    expected = files / expected_name(manifest.resolution)
    with tempfile.TemporaryDirectory(prefix="qie-hub-golden-") as temp:
        names = ("large", "again", "replaced", "stage", "smooth", "rough")
        large, again, replaced, stage, smooth, rough = (Path(temp) / f"{name}.png" for name in names)
        width = manifest.resolution or WIDTH
        _save(draw(width, wish.text, files / wish.font), large)
        _save(draw(round(width * STAGE_SHARE), wish.text, files / wish.font), stage)
        timed = draw(TIMED, wish.text, files / wish.font, letters=LETTERS)
        _save(timed, smooth)
        _save(roughened(timed), rough)
        steps = _ladder(files, wish, Path(temp) / "ladder.png")
        tasks = [
            Task("golden", files / PICTURE, wish.sentence, expected),
            Task("gone", expected, wish.sentence, runs=0),
            Task("again", files / PICTURE, wish.sentence, again),
            Task("replace", files / PICTURE, wish.replace, replaced),
            Task("back", replaced, wish.back, runs=0),
            Task("large", large, wish.replace),
            *(Task(f"stage {name}", stage, sentence) for name, sentence in wish.stages.items()),
            *(
                Task(f"ability {name}", files / PICTURE, sentence, box=wish.boxes.get(name))
                for name, sentence in wish.abilities.items()
            ),
            Task("smooth", smooth, wish.replace, runs=TIMES),
            Task("rough", rough, wish.replace, runs=TIMES),
        ]
        seen = run(files, manifest, variant, tasks, steps)
        problem = _problem(seen, wish) or _difference(expected, again, wish.tolerance)
    if problem is not None:
        raise QualityTooLow(ref=str(manifest.ref), problem=problem, folder=str(files / "golden"))
    golden = Golden(PICTURE, wish.sentence, expected_name(manifest.resolution), wish.tolerance)
    return Proof(golden, _measured(variant, seen, wish))


def _problem(seen: Measured, wish: GoldenRecipe) -> str | None:
    """Say what is wrong with the golden edit, None if nothing is."""
    for name, task in seen.tasks.items():
        if task.refused is not None and name != "gone" and not _is_fair(name, task):
            return f"{name} was refused: {task.refused}"
    for ability in wish.abilities:
        if ability not in seen.tasks[f"ability {ability}"].abilities:
            return f"the sentence for {ability} asks for something else"
    if seen.tasks["gone"].refused != "not_found":
        return f"the text ‘{wish.text}’ can still be read"
    failed = [key for key, value in (seen.tasks["replace"].checks or {}).items() if value is False]
    return f"the pipeline's own checks failed: {', '.join(failed)}" if failed else None


def _is_fair(name: str, task: Seen) -> bool:
    """Whether a refusal still shows the ability: it was understood, only the drawn picture is not made for it."""
    return name.startswith(("ability ", "rough")) and task.refused in FAIR


def _difference(expected: Path, again: Path, tolerance: int) -> str | None:
    import numpy as np
    from PIL import Image

    one, two = (np.asarray(Image.open(path), dtype=np.int16) for path in (expected, again))
    if one.shape != two.shape:
        return "editing twice gave pictures of different sizes"
    mean = round(float(np.abs(one - two).mean()) * 1000)
    return f"editing twice differs by {mean}, more than {tolerance}" if mean > tolerance else None


def _measured(variant: Variant, seen: Measured, wish: GoldenRecipe) -> Variant:
    """The variant with measured peaks by stage; a stage that nobody measures keeps the recipe's bound."""
    large, timed = seen.tasks["large"], _reference_ms(variant, seen)
    peaks = {"understand": seen.opened, "locate": large.planned, "repaint": large.peak}
    peaks |= {stage: seen.tasks[f"stage {stage}"].peak for stage in wish.stages}
    memory = {**variant.requirements.memory, **{stage: peak for stage, peak in peaks.items() if peak is not None}}
    return replace(
        variant,
        peak_ram=max(memory.values()),
        edit_ms=_mean(timed.values()),
        measured={**_figures(seen), **timed},
        requirements=replace(variant.requirements, memory=_rising(memory)),
    )


def _reference_ms(variant: Variant, seen: Measured) -> dict[str, int]:
    """What an edit takes on the reference device on either ground; what was not measured is absent."""
    found = {name: seen.tasks[task].milliseconds for name, task in ((SMOOTH, "smooth"), (ROUGH, "rough"))}
    figures, kind, precision = seen.figures, variant.pipeline.kind, variant.precision
    if figures is None:
        return {}
    return {name: normalise(time, figures, kind, precision) for name, time in found.items() if time is not None}


def _mean(times: Collection[int]) -> int | None:
    return sum(times) // len(times) if times else None


def _figures(seen: Measured) -> dict[str, int]:
    """What this resolution is good for; a figure that was not measured is absent."""
    tiles = [task.checks.get("tile") for task in seen.tasks.values() if task.checks]
    figures = {"text_px": seen.smallest, "sr_tile": next((tile for tile in tiles if tile is not None), None)}
    return {name: int(value) for name, value in figures.items() if value is not None}


def _ladder(files: Path, wish: GoldenRecipe, goal: Path) -> Ladder | None:
    if not wish.ladder:
        return None
    return ladder.draw(files / wish.font, wish.ladder, _ground(*ladder.SIZE), goal)


def _rising(memory: Mapping[str, int]) -> dict[str, int]:
    """Peaks by stage, none lower than a stage before it: all stages are resident up to it."""
    rising, highest = {}, 0
    for stage in (stage for stage in STAGES if stage in memory):
        highest = max(highest, memory[stage])
        rising[stage] = highest
    return rising


def _save(picture: NDArray[Any], path: Path) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, format="PNG", optimize=True)


def _ground(width: int, height: int) -> NDArray[Any]:
    """A warm gradient with two crossing waves, as woven paper has."""
    import numpy as np

    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = 5 * np.sin(x * 0.21 + y * 0.08) + 4 * np.sin(y * 0.17 - x * 0.05)
    light = 200 + 30 * (x / width) - 25 * (y / height) + waves
    ground: NDArray[Any] = np.clip(np.stack([light + 12, light, light - 22], axis=-1), 0, 255).astype(np.uint8)
    return ground
