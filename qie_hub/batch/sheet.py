"""The contact sheet: every result of a batch on one picture, those that need a look first.

Invariants: a sheet has at most `MOST` pictures, so it stays a picture that can be opened; files are read reduced
(JPEG at an eighth), one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from qie_hub import atomic
from qie_hub.batch.report import BatchReport
from qie_hub.batch.sources import SHEET
from qie_hub.batch.values import Outcome
from qie_hub.edit import image
from qie_hub.errors import BadPicture
from qie_hub.messages import describe, seconds_text, text

MOST: Final = 200
_CELL: Final = 220
_GAP: Final = 18
_CAPTION: Final = 46
_HEAD: Final = 64
_PAPER: Final = (247, 247, 245)
_INK: Final = (34, 34, 34)
_FAINT: Final = (120, 120, 118)
_MARKS: Final = {"refused": (196, 120, 0), "failed": (190, 30, 36), "left": (150, 150, 150)}
_ORDER: Final = ("failed", "refused", "done", "kept", "left")

Face = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Style:
    """How a sheet is written: its language, and a font file that has the characters of the names."""

    language: str = "en"
    font: Path | None = None

    def face(self, size: int) -> Face:
        """The font at a size; Pillow's own Latin one where none was given."""
        return ImageFont.load_default(size) if self.font is None else ImageFont.truetype(str(self.font), size)


def write(report: BatchReport, style: Style) -> Path:
    """Draw and write the sheet into the output folder.

    Raises:
        OSError: the folder cannot be written.
    """
    stream = BytesIO()
    draw(report, style).save(stream, "JPEG", quality=88)
    path = report.request.output / SHEET
    atomic.write(path, stream.getvalue())
    return path


def draw(report: BatchReport, style: Style) -> Image.Image:
    """The sheet as a picture."""
    ranked = sorted(report.outcomes, key=lambda outcome: _ORDER.index(outcome.state))
    shown = ranked[:MOST]
    columns = max(1, min(6, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    size = (_GAP + columns * (_CELL + _GAP), _HEAD + rows * (_CELL + _CAPTION + _GAP) + _GAP)
    sheet = Image.new("RGB", (max(size[0], 620), size[1]), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_GAP, _GAP), _heading(report, len(shown), style.language), _INK, style.face(20))
    for index, outcome in enumerate(shown):
        row, column = divmod(index, columns)
        at = (_GAP + column * (_CELL + _GAP), _HEAD + row * (_CELL + _CAPTION + _GAP))
        _cell(sheet, pen, at, outcome, style)
    return sheet


def _heading(report: BatchReport, shown: int, language: str) -> str:
    counts = report.counts
    words = [f"{text(f'BATCH_STATE.{state}', language)} {counts[state]}" for state in _ORDER[::-1] if counts[state]]
    if report.per_minute is not None:
        words.append(text("BATCH.speed", language, {"rate": round(report.per_minute)}))
        words.append(seconds_text(report.seconds))
    if shown < len(report.outcomes):
        words.append(text("BATCH.shown", language, {"shown": shown, "total": len(report.outcomes)}))
    return "  ·  ".join(words)


def _cell(sheet: Image.Image, pen: ImageDraw.ImageDraw, at: tuple[int, int], outcome: Outcome, style: Style) -> None:
    written = outcome.state in ("done", "kept")
    picture = _thumbnail(outcome.job.output if written else outcome.job.picture)
    frame = (at[0], at[1], at[0] + _CELL - 1, at[1] + _CELL - 1)
    if picture is None:
        pen.rectangle(frame, (228, 228, 226))
    else:
        if not written:
            picture = Image.blend(picture, Image.new("RGB", picture.size, _PAPER), 0.45)
        corner = (at[0] + (_CELL - picture.width) // 2, at[1] + (_CELL - picture.height) // 2)
        sheet.paste(picture, corner)
    colour = _MARKS.get(outcome.state)
    if colour is not None:
        pen.rectangle(frame, outline=colour, width=3)
    face = style.face(15)
    pen.text((at[0], at[1] + _CELL + 4), _cut(pen, outcome.job.picture.name, face), _INK, face)
    small = style.face(13)
    pen.text((at[0], at[1] + _CELL + 25), _cut(pen, _remark(outcome, style.language), small), colour or _FAINT, small)


def _remark(outcome: Outcome, language: str) -> str:
    """Why a picture was refused or failed, or which values went in."""
    if outcome.error is not None:
        return describe(outcome.error, language)[0]
    if outcome.state in _MARKS:
        return text(f"BATCH_STATE.{outcome.state}", language)
    return " → ".join(outcome.job.quoted)


def _cut(pen: ImageDraw.ImageDraw, words: str, face: Face) -> str:
    """As much of a line as a cell is wide."""
    words = words.replace("\n", " ")
    if pen.textlength(words, face) <= _CELL:
        return words
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if pen.textlength(words[:middle] + "…", face) <= _CELL else (low, middle - 1)
    return words[:low] + "…"


def _thumbnail(path: Path) -> Image.Image | None:
    """A picture that fits a cell; None if it cannot be read."""
    try:
        with image.header(path) as opened:
            opened.draft("RGB", (_CELL * 2, _CELL * 2))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_CELL, _CELL))
            return _on_paper(upright)
    except BadPicture:
        return None


def _on_paper(picture: Image.Image) -> Image.Image:
    """The picture without transparency."""
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return picture.convert("RGB")
    rgba = picture.convert("RGBA")
    paper = Image.new("RGBA", rgba.size, (*_PAPER, 255))
    return Image.alpha_composite(paper, rgba).convert("RGB")


__all__: Sequence[str] = ("MOST", "Style", "draw", "write")
