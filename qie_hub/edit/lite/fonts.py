"""The pack's fonts: which one has the glyphs, and strings drawn as coverage maps.

Invariants: only files of the pack are opened; a map is float32 from 0 to 1; the pen starts at ``Drawn.origin`` on the
baseline, so maps of different strings in the same font and size fit together.

Example::

    drawn = book.draw("¥99", "sans", em=64)
    drawn.ink            # height x width
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from qie_hub.edit.lite import weight

Ink: TypeAlias = NDArray[Any]
_PAD: Final = 0.35
"""Room around the string in em: diacritics and emboldening stay inside."""
_KEPT: Final = 256
"""Drawings of single characters that are kept: letters are looked for in few shapes at many places."""
_FINE: Final = 160
"""Em in pixels at which letters are made bolder without closing the gaps between their strokes."""
_DENSE: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Scripts with so many strokes in a character that growing ones would run into each other."""
_ABSENT: Final = "\U0010fffe"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn string. ``box`` is the ink's x0, y0, x1, y1; ``advance`` the pen's travel; all in pixels."""

    ink: Ink
    origin: tuple[float, float]
    box: tuple[int, int, int, int]
    advance: float

    def moved(self, by: NDArray[np.float64]) -> Drawn:
        """The drawing after a 2x3 map that keeps the pen's origin."""
        import cv2

        size = (self.ink.shape[1], self.ink.shape[0])
        ink = np.asarray(cv2.warpAffine(self.ink, by, size, flags=cv2.INTER_LINEAR), np.float32)
        return Drawn(ink, self.origin, _ink_box(ink), self.advance)


class FontBook:
    """The faces of a pack by kind (``sans``, ``serif``). Thread-safe."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._faces: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}
        self._known: dict[tuple[str, str], bool] = {}
        self._single: dict[tuple[str, str, int, float], Drawn] = {}
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
        if len(text) != 1:
            return self._drawn(text, kind, em, bold, spacing)
        key = (text, kind, em, bold)
        with self._lock:
            known = self._single.get(key)
        if known is None:
            known = self._drawn(text, kind, em, bold, spacing)
            with self._lock:
                if len(self._single) > _KEPT:
                    self._single.clear()
                self._single[key] = known
        return known

    def _drawn(self, text: str, kind: str, em: int, bold: float, spacing: float) -> Drawn:
        if bold <= 0 or not _DENSE.search(text):
            drawn = self._plain(text, kind, em, max(bold, 0.0), spacing)
            return drawn if bold >= 0 else _with_ink(drawn, weight.thinned(drawn.ink, -bold))
        times = max(1, -(-_FINE // em))
        large = self._plain(text, kind, em * times, 0.0, spacing * times)
        small = self._plain(text, kind, em, 0.0, spacing)
        return _with_ink(small, _reduced(weight.grown(large.ink, bold * times), large, small, times))

    def _plain(self, text: str, kind: str, em: int, stroke: float, spacing: float) -> Drawn:
        with self._lock:
            face = self._face(kind, em)
            advance = face.getlength(text) + spacing * len(text)
            pad = round(_PAD * em)
            size = (max(1, round(advance)) + 2 * pad, round(1.5 * em) + 2 * pad)
            origin = (float(pad), pad + 1.1 * em)
            image = Image.new("L", size)
            _pen(ImageDraw.Draw(image), text, face, origin, stroke, spacing)
        ink: Ink = np.asarray(image, np.float32) / 255
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


def _with_ink(drawn: Drawn, ink: Ink) -> Drawn:
    return Drawn(ink, drawn.origin, _ink_box(ink), drawn.advance)


def _reduced(ink: Ink, large: Drawn, small: Drawn, times: int) -> Ink:
    """A large drawing's ink on the small drawing's field, their origins on each other."""
    import cv2

    if times == 1:
        return ink
    aside = [times * low - high for low, high in zip(small.origin, large.origin, strict=True)]
    height, width = small.ink.shape
    move = np.array([[1, 0, aside[0]], [0, 1, aside[1]]], np.float64)
    moved = cv2.warpAffine(ink, move, (width * times, height * times), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(moved, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _ink_box(ink: Ink) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    if len(rows) == 0:
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
