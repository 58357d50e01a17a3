"""What a resolution is good for, measured: texts from large to small on one picture, found, replaced and read again.

A resolution that does no more than its neighbour would cost its users memory or time for nothing, so a build with two
that were measured alike is refused.

Example::

    ladder = draw(files / "fonts/NotoSansSC-Regular.otf", [40, 28, 20], goal)
    ladder.rungs[0]                      # Rung(40, "把‘4086’改成‘4077’")
    refuse_alike(build.manifests)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qie_hub.errors import ResolutionsAlike
from qie_hub.formats.manifest import Manifest
from qie_hub.formats.speed import ROUGH, SMOOTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE: Final = (1280, 800)
INK: Final = (52, 40, 38)
_TRIAL: Final = 200


@dataclass(frozen=True, slots=True)
class Rung:
    """The height of a text's letters in pixels, and the sentence that replaces it."""

    height: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """A picture with one text for each rung, from the tallest down."""

    picture: Path
    rungs: tuple[Rung, ...]


def draw(font: Path, heights: Sequence[int], ground: NDArray[Any], goal: Path) -> Ladder:
    """Set a text of each height on ``ground`` and save the picture.

    Args:
        font: the face of the texts.
        heights: of their figures, in pixels.
        ground: what they stand on, uint8 RGB of `SIZE`.
        goal: where the picture goes.
    """
    from PIL import Image, ImageDraw, ImageFont

    tallest = sorted(heights, reverse=True)
    _, top, _, bottom = ImageFont.truetype(str(font), size=_TRIAL).getbbox("0")
    picture = Image.fromarray(ground)
    brush, down = ImageDraw.Draw(picture), 40
    for number, height in enumerate(tallest):
        face = ImageFont.truetype(str(font), size=round(_TRIAL * height / (bottom - top)))
        brush.text((120 + 37 * number, down), f"{height}86", fill=INK, font=face, anchor="lt")
        down += 2 * height + 24
    picture.save(goal, format="PNG")
    return Ladder(goal, tuple(Rung(height, f"把‘{height}86’改成‘{height}77’") for height in tallest))


def refuse_alike(manifests: Sequence[Manifest]) -> None:
    """Refuse resolutions of a pack that do the same as the next one.

    Seconds and memory do not count: they differ from run to run, and dearer alone is no better.

    Raises:
        ResolutionsAlike: every figure that both have is the same.
    """
    ordered = sorted((item for item in manifests if item.resolution), key=lambda item: item.resolution or 0)
    for first, second in pairwise(ordered):
        for one, two in zip(first.variants, second.variants, strict=True):
            shared = (one.measured.keys() & two.measured.keys()) - {SMOOTH, ROUGH}
            if shared and all(one.measured[name] == two.measured[name] for name in shared):
                figures = [f"{name} {one.measured[name]}" for name in sorted(shared)]
                raise ResolutionsAlike(first=str(first.ref), second=str(second.ref), figures=figures)
