"""The golden edit of a pack: drawn, carried out, looked at again, and then part of the pack.

The picture is drawn and not photographed, so that nobody's picture has to be shipped; its ground is textured and the
text slanted, so that working on it is real work. The golden edit deletes the text: every net of reading takes part,
and the outcome hardly depends on how letters are set, so a later client comes out within the tolerance too. It becomes
part of the pack only if it is plausible: the text cannot be found any more, editing again gives the same picture, and
replacing the text instead gives one in which the new text is found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdn.gate import Measured, Seen, Task, run
from cdn.variants import GoldenRecipe
from qie_hub.errors import QualityTooLow
from qie_hub.formats.manifest import STAGES, Golden, Manifest, Variant
from qie_hub.formats.speed import Figures, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH: Final = 448
ASPECT: Final = 0.75
ANGLE: Final = 4.0
INK: Final = (178, 34, 34)
PICTURE: Final = "golden/picture.png"


@dataclass(frozen=True, slots=True)
class Proof:
    """The golden edit as the manifest states it, and the variant with what was measured."""

    golden: Golden
    variant: Variant


def expected_name(resolution: int | None) -> str:
    """Where the expected picture of a resolution lies in the pack."""
    return f"golden/expected-{'any' if resolution is None else resolution}.png"


def draw(width: int, text: str, font: Path) -> NDArray[Any]:
    """Return a picture of ``width`` x 3/4 ``width`` pixels (RGB, uint8) with ``text`` across its middle."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    height = int(width * ASPECT)
    face = ImageFont.truetype(str(font), size=width // 7)
    left, top, right, bottom = face.getbbox(text)
    layer = Image.new("L", (width, height), 0)
    at = ((width - (right - left)) // 2 - left, (height - (bottom - top)) // 2 - top)
    ImageDraw.Draw(layer).text(at, text, fill=255, font=face)
    picture = Image.fromarray(_ground(width, height))
    picture.paste(Image.new("RGB", (width, height), INK), mask=layer.rotate(ANGLE, resample=Image.Resampling.BICUBIC))
    return np.asarray(picture)


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
        large, again, replaced = (Path(temp) / f"{name}.png" for name in ("large", "again", "replaced"))
        _save(draw(manifest.resolution or WIDTH, wish.text, files / wish.font), large)
        tasks = [
            Task("golden", files / PICTURE, wish.sentence, expected),
            Task("gone", expected, wish.sentence, runs=0),
            Task("again", files / PICTURE, wish.sentence, again),
            Task("replace", files / PICTURE, wish.replace, replaced),
            Task("back", replaced, wish.back, runs=0),
            Task("large", large, wish.replace, runs=3),
            *(Task(f"stage {stage}", large, sentence) for stage, sentence in wish.stages.items()),
            *(Task(f"ability {name}", files / PICTURE, sentence) for name, sentence in wish.abilities.items()),
        ]
        seen = run(files, manifest, variant, tasks)
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
    """Whether a refusal still shows the ability: it was understood, only the drawn picture does not hold the thing."""
    return name.startswith("ability ") and task.refused == "not_found"


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
    large = seen.tasks["large"]
    peaks = {"understand": seen.opened, "locate": large.planned, "repaint": large.peak}
    peaks |= {stage: seen.tasks[f"stage {stage}"].peak for stage in wish.stages}
    memory = {**variant.requirements.memory, **{stage: peak for stage, peak in peaks.items() if peak is not None}}
    return replace(
        variant,
        peak_ram=max(memory.values()),
        edit_ms=_reference_ms(variant, large, seen.figures),
        requirements=replace(variant.requirements, memory=_rising(memory)),
    )


def _reference_ms(variant: Variant, large: Seen, figures: Figures | None) -> int | None:
    """What the large edit takes on the reference device, None where the machine or the edit was not measured."""
    if large.milliseconds is None or figures is None:
        return None
    return normalise(large.milliseconds, figures, variant.pipeline.kind, variant.precision)


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
