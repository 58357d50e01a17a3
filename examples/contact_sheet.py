"""Before and after, side by side, one row per edit: the picture that the demo ends with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from examples.demo_photos import Scene

WIDTH = 720
TALLEST = 560
MARGIN = 24
CAPTION = 44


def write(path: Path, rows: Sequence[tuple[Scene, Path]]) -> Path:
    """Write the sheet; a refused scene has no picture after, and says so."""
    face = _face(path.parent.parent)
    cells = [(scene, _fitted(scene.photo), None if scene.refused else _fitted(after)) for scene, after in rows]
    heights = [CAPTION + max(before.height, after.height if after else 0) + MARGIN for _, before, after in cells]
    sheet = Image.new("RGB", (MARGIN * 3 + WIDTH * 2, MARGIN + sum(heights)), (246, 246, 244))
    draw = ImageDraw.Draw(sheet)
    top = MARGIN
    for (scene, before, after), height in zip(cells, heights, strict=True):
        right = MARGIN * 2 + WIDTH
        draw.text((MARGIN, top), scene.sentence, font=face, fill=(20, 20, 20))
        sheet.paste(before, (MARGIN, top + CAPTION))
        if after is None:
            draw.text((right, top + CAPTION), "refused: exit code 6", font=face, fill=(150, 30, 30))
        else:
            sheet.paste(after, (right, top + CAPTION))
        top += height
    sheet.save(path)
    return path


def _fitted(path: Path) -> Image.Image:
    """A picture at the width of a column, or as high as a row may be."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    scale = min(WIDTH / image.width, TALLEST / image.height)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def _face(base: Path) -> ImageFont.FreeTypeFont:
    font = next((base / "home").glob("packs/*/*/*/files/fonts/NotoSansSC-Regular.otf"))
    return ImageFont.truetype(str(font), 26)
