"""Before and after, side by side, one row per edit: the picture that the demo ends with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from examples.demo_photos import Scene

CELL = (720, 520)
MARGIN = 24
CAPTION = 44


def write(path: Path, rows: Sequence[tuple[Scene, Path]]) -> Path:
    """Write the sheet; a refused scene has no picture after, and says so."""
    face = _face(path.parent.parent)
    width = MARGIN * 3 + CELL[0] * 2
    height = MARGIN + len(rows) * (CELL[1] + CAPTION + MARGIN)
    sheet = Image.new("RGB", (width, height), (246, 246, 244))
    for number, (scene, after) in enumerate(rows):
        top = MARGIN + number * (CELL[1] + CAPTION + MARGIN)
        ImageDraw.Draw(sheet).text((MARGIN, top), scene.sentence, font=face, fill=(20, 20, 20))
        _paste(sheet, scene.photo, (MARGIN, top + CAPTION))
        if scene.refused:
            where = (MARGIN * 2 + CELL[0], top + CAPTION + CELL[1] // 2 - 20)
            ImageDraw.Draw(sheet).text(where, "refused: exit code 6", font=face, fill=(150, 30, 30))
        else:
            _paste(sheet, after, (MARGIN * 2 + CELL[0], top + CAPTION))
    sheet.save(path)
    return path


def _paste(sheet: Image.Image, picture: Path, place: tuple[int, int]) -> None:
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
        image.thumbnail(CELL, Image.Resampling.LANCZOS)
        sheet.paste(image, place)


def _face(base: Path) -> ImageFont.FreeTypeFont:
    font = next((base / "home").glob("packs/*/*/*/files/fonts/NotoSansSC-Regular.otf"))
    return ImageFont.truetype(str(font), 26)
