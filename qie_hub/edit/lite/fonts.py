"""The pack's fonts: which one has the glyphs, and strings drawn as coverage maps.

Invariants: only files of the pack are opened; a map is float32 from 0 to 1; the pen starts at ``Drawn.origin`` on the
baseline, so maps of different strings in the same font and size fit together.

Example::

    drawn = book.draw("¥99", "sans", em=64)
    drawn.ink            # height x width
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Ink: TypeAlias = NDArray[Any]
_PAD: Final = 0.35
"""Room around the string in em: diacritics and emboldening stay inside."""
_ABSENT: Final = "\U0010fffe"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn string. ``box`` is the ink's x0, y0, x1, y1; ``advance`` the pen's travel; all in pixels."""

    ink: Ink
    origin: tuple[float, float]
    box: tuple[int, int, int, int]
    advance: float


class FontBook:
    """The faces of a pack by kind (``sans``, ``serif``). Thread-safe."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._faces: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}
        self._known: dict[tuple[str, str], bool] = {}
        self._lock = threading.Lock()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds in the pack's order."""
        return tuple(self._files)

    def missing(self, text: str, kind: str) -> str:
        """The characters of ``text`` that the face does not have."""
        return "".join(dict.fromkeys(one for one in text if not one.isspace() and not self._has(one, kind)))

    def draw(self, text: str, kind: str, *, em: int, bold: float = 0.0, spacing: float = 0.0) -> Drawn:
        """Draw a string.

        Args:
            text: one line.
            kind: the face.
            em: font size in pixels.
            bold: growth of every stroke in pixels on each side; negative thins.
            spacing: extra room after each character in pixels.
        """
        with self._lock:
            face = self._face(kind, em)
            advance = face.getlength(text) + spacing * len(text)
            pad = round(_PAD * em)
            size = (max(1, round(advance)) + 2 * pad, round(1.5 * em) + 2 * pad)
            origin = (float(pad), pad + 1.1 * em)
            image = Image.new("L", size)
            _pen(ImageDraw.Draw(image), text, face, origin, max(bold, 0.0), spacing)
        ink: Ink = np.asarray(image, np.float32) / 255
        if bold < 0:
            ink = _thin(ink, -bold)
        return Drawn(ink, origin, _ink_box(ink), advance)

    def _face(self, kind: str, em: int) -> ImageFont.FreeTypeFont:
        key = (kind, em)
        if key not in self._faces:
            if len(self._faces) > 32:
                self._faces.clear()
            face = ImageFont.truetype(str(self._files[kind]), em, layout_engine=ImageFont.Layout.BASIC)
            self._faces[key] = face
        return self._faces[key]

    def _has(self, character: str, kind: str) -> bool:
        key = (kind, character)
        with self._lock:
            if key not in self._known:
                face = self._face(kind, 32)
                self._known[key] = _bits(face, character) != _bits(face, _ABSENT)
            return self._known[key]


def _bits(face: ImageFont.FreeTypeFont, character: str) -> bytes:
    image = Image.new("L", (64, 64))
    ImageDraw.Draw(image).text((8, 48), character, font=face, fill=255, anchor="ls")
    return image.tobytes()


def _pen(
    draw: ImageDraw.ImageDraw,
    text: str,
    face: ImageFont.FreeTypeFont,
    origin: tuple[float, float],
    bold: float,
    spacing: float,
) -> None:
    if spacing == 0:
        draw.text(origin, text, font=face, fill=255, anchor="ls", stroke_width=bold)
        return
    for index, character in enumerate(text):
        x = origin[0] + face.getlength(text[:index]) + spacing * index
        draw.text((x, origin[1]), character, font=face, fill=255, anchor="ls", stroke_width=bold)


def _thin(ink: Ink, by: float) -> Ink:
    """Take ``by`` pixels from every stroke's side; the drawing is large, so a distance map is fine enough."""
    import cv2

    inside = cv2.distanceTransform((ink > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(inside - by, 0, 1), np.float32)


def _ink_box(ink: Ink) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    if len(rows) == 0:
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
