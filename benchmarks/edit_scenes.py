"""Scenes with known truth for `benchmarks.edits`: photographs that ship in scikit-image, text set on them by OpenCV.

The development half and the frozen half share neither a photograph nor a face. The lite pipeline's thresholds were
chosen on the development half only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.scenes import Picture, as_jpeg, photograph, with_text

SIZE = (640, 480)
PAIRS = (
    ("¥199", "¥99"), ("¥199", "限时特惠¥99"), ("新品上市", "春季热卖"), ("SALE", "NEW IN"), ("买一送一", "第二件半价"),
    ("$25.90", "$19.90"),
)  # fmt: skip
COLOURS = ((255, 255, 255), (250, 225, 40), (215, 30, 40), (25, 25, 25), (255, 255, 255), (20, 60, 150))
PLATES = (None, (190, 25, 35), (250, 245, 232), (245, 200, 60), None, (240, 240, 240))
HALVES = {
    "development": (("coffee.png", "chelsea.png", "gravel.png", "brick.png"), (("uni", 0), ("sans", 500))),
    "frozen": (("astronaut.png", "grass.png", "motorcycle_left.png", "rocket.jpg"), (("italic", 400), ("sans", 800))),
}


@dataclass(frozen=True)
class Scene:
    """A photograph with a text on it, and the same with another one: what a perfect replacement looks like."""

    name: str
    clean: Picture
    given: Picture
    wanted: Picture
    old: str
    new: str
    colour: tuple[int, int, int]
    angle: float


@dataclass(frozen=True)
class _Spec:
    photo: str
    face: str
    weight: int
    pair: int
    angle: float


def scenes(half: str) -> Iterator[Scene]:
    """24 scenes: every photograph with six pairs of texts, faces and angles taking turns."""
    photos, faces = HALVES[half]
    for index, photo in enumerate(photos):
        for pair in range(len(PAIRS)):
            face, weight = faces[(index + pair) % len(faces)]
            yield _scene(_Spec(photo, face, weight, pair, (-9, 0, 6, 0, -4, 11)[(pair + 2 * index) % 6]))


def _scene(spec: _Spec) -> Scene:
    old, new = PAIRS[spec.pair]
    clean = photograph(spec.photo, SIZE)
    plate, colour = PLATES[spec.pair], COLOURS[spec.pair]
    centre, size = (330, 130 + 40 * (spec.pair % 3)), 44 + 6 * (spec.pair % 3)
    if plate is not None:
        clean = _with_plate(clean, plate, centre, (size * 7, round(size * 1.7)), spec.angle)
    place = {"centre": centre, "size": size, "angle": spec.angle, "colour": colour, "face": spec.face}
    given = with_text(clean, old, weight=spec.weight, **place)
    wanted = with_text(clean, new, weight=spec.weight, **place)
    name = f"{spec.photo.split('.')[0]}-{spec.face}{spec.weight}-{spec.pair}"
    return Scene(name, clean, as_jpeg(given, 85), wanted, old, new, colour, spec.angle)


def _with_plate(
    picture: Picture, colour: tuple[int, int, int], centre: tuple[int, int], size: tuple[int, int], angle: float
) -> Picture:
    corners = cv2.boxPoints(((float(centre[0]), float(centre[1])), (float(size[0]), float(size[1])), -angle))
    out = picture.copy()
    cv2.fillPoly(out, [np.round(corners * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)
    return out


@dataclass(frozen=True)
class Marked:
    """A photograph with a watermark, before and after; ``ink`` is where it stands."""

    name: str
    clean: Picture
    given: Picture
    ink: NDArray[np.bool_]
    opacity: float


def watermarks(half: str) -> Iterator[Marked]:
    """Twelve watermarks: three on each photograph, pale to strong, level and tilted."""
    photos, faces = HALVES[half]
    texts = ("WATERMARK", "样图 SAMPLE", "© Photo Studio")
    for index, photo in enumerate(photos):
        for turn, text in enumerate(texts):
            clean = photograph(photo, SIZE)
            face, weight = faces[turn % len(faces)]
            opacity = (0.35, 0.45, 0.6)[(index + turn) % 3]
            angle = (18.0, 30.0, 0.0)[turn]
            centre, size = ((320, 240), (320, 250), (470, 440))[turn], (56, 50, 26)[turn]
            marked = with_text(
                clean, text, centre=centre, size=size, angle=angle, face=face, weight=weight, opacity=opacity
            )
            given = as_jpeg(marked, 90)
            ink = np.abs(given.astype(np.int16) - clean).max(axis=2) > 14
            yield Marked(f"{photo.split('.')[0]}-{turn}", clean, given, ink, opacity)


def without_text(scene: Scene) -> Scene:
    """The same scene for a deletion: what is wanted is the clean photograph."""
    return replace(scene, wanted=scene.clean, new="")
