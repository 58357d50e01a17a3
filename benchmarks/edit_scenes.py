"""Scenes with known truth for `benchmarks.edits`: photographs out of public packages, text set on them by OpenCV.

The development half and the frozen half share neither a photograph nor a face. The lite pipeline's thresholds were
chosen on the development half only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.edit_sources import LATIN, face, photo
from tests.support.scenes import Picture, as_jpeg, with_text

SIZE: Final = (640, 480)
PAIRS: Final = (
    ("¥199", "¥99"), ("¥199", "限时特惠¥99"), ("新品上市", "春季热卖"), ("SALE", "NEW IN"), ("买一送一", "第二件半价"),
    ("$25.90", "$19.90"),
)  # fmt: skip
COLOURS: Final = ((255, 255, 255), (250, 225, 40), (215, 30, 40), (25, 25, 25), (255, 255, 255), (20, 60, 150))
PLATES: Final = (None, (190, 25, 35), (250, 245, 232), (245, 200, 60), None, (240, 240, 240))
LINES: Final = (("全场¥199起", "¥199", "¥99"), ("原价¥59", "¥59", "¥129"))
"""A line of text, what is replaced in it, and by what."""

HALVES: Final = {
    "development": (
        ("coffee.png", "chelsea.png", "gravel.png", "brick.png", "china.jpg"),
        (("uni", 0), ("sans", 500), ("fredoka", 0), ("sourceserif", 0)),
    ),
    "frozen": (
        ("astronaut.png", "grass.png", "motorcycle_left.png", "rocket.jpg", "flower.jpg"),
        (("italic", 400), ("sans", 800), ("caladea", 0), ("manrope", 0)),
    ),
}
MARKS: Final = ("WATERMARK", "样图 SAMPLE", "© Photo Studio")
RED: Final = (217, 34, 42)
"""The red that the grammar has for the word."""


@dataclass(frozen=True)
class Scene:
    """A photograph with a text on it, and the same with another one: what a perfect replacement looks like.

    ``whole`` is false where the text is a part of its line; ``plate`` is where its plate lies.
    """

    name: str
    clean: Picture
    given: Picture
    wanted: Picture
    old: str
    new: str
    angle: float
    whole: bool = True
    plate: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class _Spec:
    photo: str
    face: str
    weight: int
    pair: int
    angle: float

    @property
    def name(self) -> str:
        return f"{self.photo.split('.')[0]}-{self.face}{self.weight or ''}-{self.pair}"


def scenes(half: str) -> Iterator[Scene]:
    """40 scenes: every photograph with six pairs of texts and two lines, faces and angles taking turns."""
    for spec in _specs(half):
        yield _scene(spec)


def recolourings(half: str) -> Iterator[Scene]:
    """The pairs' old texts, to be made red."""
    for spec in _specs(half):
        if spec.pair in (0, 3):
            scene = _scene(spec)
            yield replace(scene, wanted=_set_on(spec, scene.clean, scene.old, RED), new=scene.old)


def _specs(half: str) -> Iterator[_Spec]:
    photos, faces = HALVES[half]
    for index, name in enumerate(photos):
        for pair in range(len(PAIRS) + len(LINES)):
            kind, weight = faces[(index + pair) % len(faces)]
            if kind in LATIN and _chinese(pair):
                kind, weight = faces[index % 2]
            yield _Spec(name, kind, weight, pair, (-9, 0, 6, 0, -4, 11)[(pair + 2 * index) % 6])


def _chinese(pair: int) -> bool:
    texts = "".join(PAIRS[pair] if pair < len(PAIRS) else LINES[pair - len(PAIRS)])
    return not texts.replace("¥", "").isascii()


def _scene(spec: _Spec) -> Scene:
    clean, ground = photo(spec.photo, SIZE), None
    if spec.pair >= len(PAIRS):
        line, old, new = LINES[spec.pair - len(PAIRS)]
        given, wanted = line, line.replace(old, new)
    else:
        old, new = given, wanted = PAIRS[spec.pair]
        plate = PLATES[spec.pair]
        if plate is not None:
            centre, size = _place(spec)
            bare = clean
            clean = _with_plate(clean, plate, centre, (size * 7, round(size * 1.7)), spec.angle)
            ground = cv2.dilate((clean != bare).any(axis=2).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    colour = COLOURS[spec.pair] if spec.pair < len(PAIRS) else (255, 240, 200)
    shown = as_jpeg(_set_on(spec, clean, given, colour), 85)
    ideal = _set_on(spec, clean, wanted, colour)
    return Scene(spec.name, clean, shown, ideal, old, new, spec.angle, spec.pair < len(PAIRS), ground)


def _place(spec: _Spec) -> tuple[tuple[int, int], int]:
    return (330, 130 + 40 * (spec.pair % 3)), 44 + 6 * (spec.pair % 3)


def _set_on(spec: _Spec, clean: Picture, text: str, colour: tuple[int, int, int]) -> Picture:
    centre, size = _place(spec)
    return with_text(
        clean, text, centre=centre, size=size, angle=spec.angle, colour=colour, face=face(spec.face), weight=spec.weight
    )


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
    """Three on each photograph, pale to strong, level and tilted, and one that is repeated all over it."""
    photos, faces = HALVES[half]
    for index, name in enumerate(photos):
        for turn, text in enumerate(MARKS):
            kind, weight = faces[(turn + index) % len(faces)]
            if kind in LATIN and not text.replace("©", "").isascii():
                kind, weight = faces[index % 2]
            look: dict[str, Any] = {"face": face(kind), "weight": weight}
            look |= {"opacity": (0.35, 0.45, 0.6)[(index + turn) % 3], "angle": (18.0, 30.0, 0.0)[turn]}
            look |= {"centre": ((320, 240), (320, 250), (470, 440))[turn], "size": (56, 50, 26)[turn]}
            yield _marked(f"{name.split('.')[0]}-{turn}", name, [(text, look)])
        kind, weight = faces[index % 2]
        look = {"face": face(kind), "weight": weight, "opacity": 0.4, "angle": 25.0, "size": 34}
        places = [(130 + 380 * x, 90 + 150 * y) for x in range(2) for y in range(3)]
        yield _marked(
            f"{name.split('.')[0]}-tiled", name, [("样图 SAMPLE", {**look, "centre": place}) for place in places]
        )


def _marked(name: str, photograph: str, texts: list[tuple[str, dict[str, Any]]]) -> Marked:
    clean = photo(photograph, SIZE)
    shown = clean
    for text, look in texts:
        shown = with_text(shown, text, **look)
    given = as_jpeg(shown, 90)
    ink = np.abs(shown.astype(np.int16) - clean).max(axis=2) > 14
    return Marked(name, clean, given, ink, float(texts[0][1]["opacity"]))


def without_text(scene: Scene) -> Scene:
    """The same scene for a deletion: what is wanted is the photograph without that text."""
    return replace(scene, wanted=scene.clean, new="")
