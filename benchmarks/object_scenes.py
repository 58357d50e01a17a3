"""Scenes with known truth for `benchmarks.edits_objects`; the two halves share no photograph and no subject.

How they are made, and what that flatters:

* removal: a subject cut out of one photograph is pasted on another at 2, 5, 10 and 20 % of its area; the truth is the
  photograph without it. Pasted things cast no shadow, and their light is not that of the place.
* people: two portraits (all that the packages have), whose alpha is the portrait net's own outline, softened, put on
  other grounds. The alpha is exactly known, but its shape is one that the net likes.
* products: drawn at four times the size with shading, highlights, holes and thin parts, with exact alpha, and three
  photographed things with hand-set or GrabCut outlines. Drawn products are simpler than real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.edit_sources import photo
from benchmarks.product_drawings import DRAWINGS
from tests.support.lite_pack import lite_pack
from tests.support.scenes import Picture, as_jpeg

SIDE = 1024
AREAS = (0.02, 0.05, 0.10, 0.20)
PLACES = {
    "development": ("brick.png", "gravel.png", "china.jpg", "coffee.png", "chelsea.png"),
    "frozen": ("grass.png", "rocket.jpg", "flower.jpg", "motorcycle_left.png", "astronaut.png"),
}
PASTED = {
    "development": (("astronaut.png", "person"), ("coffee.png", "cup")),
    "frozen": (("grace_hopper.jpg", "person"), ("motorcycle_left.png", "motorcycle")),
}
PEOPLE = {"development": ("astronaut.png",), "frozen": ("grace_hopper.jpg",)}
BEHIND_PEOPLE = {
    "development": ("plain-grey", "plain-blue", "china.jpg", "gravel.png", "soft-coffee.png", "chelsea.png"),
    "frozen": ("plain-cream", "plain-green", "rocket.jpg", "grass.png", "soft-flower.jpg", "motorcycle_left.png"),
}
PRODUCTS = {
    "development": ("bottle", "box", "mug", "photo:flower.jpg:orange"),
    "frozen": ("shoe", "ring", "lamp", "photo:motorcycle_left.png:motorcycle"),
}
BEHIND_PRODUCTS = {
    "development": (
        "plain-white",
        "plain-grey",
        "plain-blue",
        "plain-tan",
        "plain-wine",
        "soft-coffee.png",
        "gravel.png",
        "china.jpg",
    ),
    "frozen": ("plain-cream", "plain-dark", "plain-green", "soft-astronaut.png", "brick.png", "rocket.jpg"),
}  # fmt: skip
_COLOURS = {
    "white": (246, 246, 246), "grey": (176, 178, 180), "blue": (90, 130, 190), "cream": (236, 226, 208),
    "tan": (196, 156, 108), "wine": (170, 44, 50),
    "dark": (52, 54, 60), "green": (120, 160, 120),
}  # fmt: skip

Alpha = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A subject with exact alpha (HxW, 0..1) and colours without any ground in them."""

    colours: Picture
    alpha: Alpha


@dataclass(frozen=True)
class Removal:
    """A photograph and the same with something on it; ``mask`` is a little larger than the thing."""

    name: str
    clean: Picture
    given: Picture
    mask: Picture
    noun: str
    area: float


@dataclass(frozen=True)
class Cutting:
    """A composite with known alpha; ``easy`` if the ground is one that a shop would use."""

    name: str
    given: Picture
    alpha: Alpha
    piece: Picture
    easy: bool


def removals(half: str) -> Iterator[Removal]:
    """Every place with every pasted thing at every area."""
    for row, place in enumerate(PLACES[half]):
        clean = sized(photo(place))
        for column, (name, noun) in enumerate(PASTED[half]):
            if name == place:
                continue
            piece = lifted(name, noun)
            for index, area in enumerate(AREAS):
                at = ((0.3, 0.62), (0.7, 0.55), (0.5, 0.5), (0.42, 0.6))[(row + column + index) % 4]
                given, alpha = pasted(clean, piece, area, at)
                mask = cv2.dilate((alpha > 0.02).astype(np.uint8) * 255, np.ones((7, 7), np.uint8))
                yield Removal(f"{place}-{noun}-{area:.0%}", clean, as_jpeg(given, 92), mask, noun, area)


def people(half: str) -> Iterator[Cutting]:
    """Portraits before other grounds."""
    for name in PEOPLE[half]:
        piece = portrayed(name)
        for ground in BEHIND_PEOPLE[half]:
            yield _composite(f"{name}-{ground}", piece, behind(ground), 0.9, bottom=True)


def products(half: str) -> Iterator[Cutting]:
    """Products before other grounds."""
    for name in PRODUCTS[half]:
        piece = drawn(name) if not name.startswith("photo:") else lifted(*name.split(":")[1:])
        for ground in BEHIND_PRODUCTS[half]:
            yield _composite(f"{name}-{ground}", piece, behind(ground), 0.62, bottom=False)


def sized(picture: Picture, side: int = SIDE) -> Picture:
    """The picture with ``side`` pixels on its longer side."""
    scale = side / max(picture.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method), np.uint8)


@lru_cache(maxsize=16)
def behind(name: str) -> Picture:
    """A ground: ``plain-COLOUR`` with falling light and grain, ``soft-PHOTO`` out of focus, or a photograph."""
    kind, _, rest = name.partition("-")
    if kind == "plain":
        y, x = np.mgrid[0:768, 0:SIDE].astype(np.float32)
        light = 1.03 - 0.16 * np.hypot(x / SIDE - 0.45, y / 768 - 0.35)
        grain = np.random.default_rng(5).normal(0, 1.6, (768, SIDE, 1))
        return np.clip(light[..., None] * _COLOURS[rest] + grain, 0, 255).astype(np.uint8)
    if kind == "soft":
        return np.asarray(cv2.GaussianBlur(sized(photo(rest)), (0, 0), 26), np.uint8)
    return sized(photo(name))


@lru_cache(maxsize=8)
def lifted(name: str, noun: str) -> Piece:
    """A thing out of a photograph, by the detector's box and GrabCut."""
    from qie_hub.edit.lite.objects.detect import Detector
    from qie_hub.edit.lite.objects.outline import outline

    picture = sized(photo(name), 640)
    with lite_pack() as pack:
        detector = Detector(pack.session(str(pack.settings["detector"])))
        thing = next(one for one in detector.find(picture, 0.25) if one.noun == noun)
        shape = outline(picture, thing, pack.session(str(pack.settings["portrait"])))
    x0, y0, x1, y1 = shape.window
    return _softened(picture[y0:y1, x0:x1], shape.mask)


@lru_cache(maxsize=4)
def portrayed(name: str) -> Piece:
    """A person, by the portrait net."""
    from qie_hub.edit.lite.objects.outline import likelihood

    picture = sized(photo(name), 768)
    with lite_pack() as pack:
        likely = likelihood(pack.session(str(pack.settings["portrait"])), picture)
    return _softened(picture, cv2.GaussianBlur(likely, (0, 0), 2.0) > 0.5)


@lru_cache(maxsize=8)
def drawn(name: str) -> Piece:
    """A drawn product."""
    rgba = DRAWINGS[name]()
    alpha = rgba[:, :, 3]
    return Piece(np.clip(rgba[:, :, :3], 0, 255).astype(np.uint8), alpha.astype(np.float32))


def pasted(ground: Picture, piece: Piece, area: float, at: tuple[float, float]) -> tuple[Picture, Alpha]:
    """Put a piece on a ground so that it covers a share of it; returns the picture and the alpha."""
    height, width = ground.shape[:2]
    scale = float(np.sqrt(area * height * width / piece.alpha.sum()))
    return _placed(ground, piece, scale, at)


def _composite(name: str, piece: Piece, ground: Picture, tall: float, *, bottom: bool) -> Cutting:
    height, width = ground.shape[:2]
    scale = min(tall * height / piece.alpha.shape[0], 0.8 * width / piece.alpha.shape[1])
    at = (0.5, 1 - scale * piece.alpha.shape[0] / height / 2) if bottom else (0.5, 0.52)
    given, alpha = _placed(ground, piece, scale, at)
    whole = np.full_like(ground, 255)
    wanted, _ = _placed(whole, piece, scale, at)
    easy = "plain-" in name or "soft-" in name
    return Cutting(name, as_jpeg(given, 92), alpha, wanted, easy)


def _placed(ground: Picture, piece: Piece, scale: float, at: tuple[float, float]) -> tuple[Picture, Alpha]:
    height, width = ground.shape[:2]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    colours = cv2.resize(piece.colours, None, fx=scale, fy=scale, interpolation=method).astype(np.float32)
    small = np.clip(cv2.resize(piece.alpha, None, fx=scale, fy=scale, interpolation=method), 0, 1)
    left, top = round(at[0] * width - small.shape[1] / 2), round(at[1] * height - small.shape[0] / 2)
    alpha = np.zeros((height, width), np.float32)
    front = np.zeros((height, width, 3), np.float32)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + small.shape[1]), min(height, top + small.shape[0])
    alpha[y0:y1, x0:x1] = small[y0 - top : y1 - top, x0 - left : x1 - left]
    front[y0:y1, x0:x1] = colours[y0 - top : y1 - top, x0 - left : x1 - left]
    mixed = front * alpha[..., None] + ground * (1 - alpha[..., None])
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8), alpha


def _softened(picture: Picture, mask: NDArray[np.bool_]) -> Piece:
    """A piece with an edge a pixel soft, and the inner colours continued over it."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1)
    alpha = np.clip(cv2.GaussianBlur(cv2.erode(mask.astype(np.float32), np.ones((3, 3))), (0, 0), 0.9), 0, 1)
    colours = np.asarray(cv2.inpaint(picture, ((inner == 0) & (alpha > 0)).astype(np.uint8), 3, cv2.INPAINT_TELEA))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (slice(max(0, rows[0] - 3), rows[-1] + 4), slice(max(0, columns[0] - 3), columns[-1] + 4))
    return Piece(colours[box], alpha[box].astype(np.float32))
