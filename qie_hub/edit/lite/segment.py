"""Which pixels of a line's view are ink: colour clusters scored against renderings of the string.

Pure: arrays in, a value out. Deterministic: the clusters start from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.fonts import Drawn, Ink
from qie_hub.edit.lite.frame import Matrix

_COUNTS: Final = (2, 3, 4, 5)
_FINER: Final = 0.012
"""What a finer cut must gain per extra colour: the blended rim of letters alone resembles them nearly as well."""
_CLEAR: Final = 0.75
"""Correlation from which the first estimate stands; below it sizes and places are searched."""
_RETRIED: Final = 5
_SIZES: Final = tuple((across, down) for across in (0.8, 0.9, 1.0, 1.1) for down in (0.85, 1.0, 1.15))
_INK: Final = 0.5
_SAMPLE: Final = 4000
_SEED: Final = 7
_QUANTILES: Final = (0.02, 0.98)

Mask = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Segmented:
    """Ink and ground of a view.

    ``ink`` is the coverage map 0..1; ``inside`` a mask of the box where it was measured; ``places`` a first 2x3 map
    from each face's drawing to the view; ``rim`` colour and width (view pixels) of an outline, if there is one;
    ``ground`` the smooth colour of what lies behind.
    """

    ink: Ink
    inside: Mask
    colour: tuple[int, int, int]
    places: Mapping[str, Matrix]
    score: float
    rim: tuple[tuple[int, int, int], float] | None
    ground: NDArray[np.float32]


def segment(view: NDArray[np.uint8], box: tuple[int, int, int, int], drawings: Mapping[str, Drawn]) -> Segmented | None:
    """Find the ink in ``box`` (x0, y0, x1, y1) of a view.

    Returns:
        None when there is no drawing to compare with or no cluster has enough pixels.
    """
    if not drawings:
        return None
    inside = np.zeros(view.shape[:2], bool)
    inside[box[1] : box[3], box[0] : box[2]] = True
    lab = cv2.cvtColor(cv2.GaussianBlur(view, (3, 3), 0), cv2.COLOR_RGB2LAB).astype(np.float32)
    level = cv2.blur(lab, (2 * (box[3] - box[1]) + 1,) * 2)
    found = [*_ranked(lab, inside, drawings), *_ranked(lab - level, inside, drawings)]
    ranked = sorted(found, key=lambda one: -one.score)
    if not ranked:
        return None
    best = ranked[0]
    if best.score < _CLEAR:
        best = max((_nudged(one, inside, drawings) for one in ranked[:_RETRIED]), key=lambda one: one.score)
    colour, ground, ink = _matte(view, best.mask, inside)
    solid = ink > _INK
    if solid.any():
        colour, ground, ink = _matte(view, solid, inside)
    rim = _rim(view, best.labels, best.mask, inside)
    return Segmented(ink, inside, colour, best.places, best.score, rim, ground)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A mask that may be the ink, how well it resembles the string, and where each drawing lies on it."""

    score: float
    mask: Mask
    places: Mapping[str, Matrix]
    labels: Mask


def _ranked(lab: NDArray[np.float32], inside: Mask, drawings: Mapping[str, Drawn]) -> Iterator[_Candidate]:
    for mask, labels in _candidates(lab, inside):
        score, places = _score(mask, inside, drawings)
        if places:
            yield _Candidate(score - _FINER * int(labels.max() - 1), mask, places, labels)


def _nudged(candidate: _Candidate, inside: Mask, drawings: Mapping[str, Drawn]) -> _Candidate:
    """Try other sizes and every place: a neighbour's stroke inside the box misleads the first estimate."""
    soft = cv2.GaussianBlur(np.where(inside, candidate.mask, 0).astype(np.float32), (0, 0), 2.0)
    places, top = dict(candidate.places), candidate.score
    for kind, drawn in drawings.items():
        x0, y0, x1, y1 = drawn.box
        ink = np.ascontiguousarray(drawn.ink[y0:y1, x0:x1])
        start = candidate.places[kind]
        for across, down in _SIZES:
            size = (round((x1 - x0) * start[0, 0] * across), round((y1 - y0) * start[1, 1] * down))
            if not (8 <= size[0] <= soft.shape[1] and 8 <= size[1] <= soft.shape[0]):
                continue
            template = cv2.GaussianBlur(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), (0, 0), 2.0)
            answer = cv2.matchTemplate(soft, template, cv2.TM_CCOEFF_NORMED)
            _, score, _, (x, y) = cv2.minMaxLoc(answer)
            if score > top:
                top = float(score)
                scale = (size[0] / (x1 - x0), size[1] / (y1 - y0))
                places[kind] = np.array([[scale[0], 0, x - x0 * scale[0]], [0, scale[1], y - y0 * scale[1]]])
    return _Candidate(top, candidate.mask, places, candidate.labels)


def _candidates(lab: NDArray[np.float32], inside: Mask) -> Iterator[tuple[Mask, Mask]]:
    """Yield a mask per cluster, and per pair of clusters of the finer cuts, with the labels that they came from."""
    pixels = lab[inside] * np.array([1.0, 1.2, 1.2], np.float32)
    step = max(1, len(pixels) // _SAMPLE)
    for count in _COUNTS:
        if len(pixels[::step]) < 4 * count:
            return
        cv2.setRNGSeed(_SEED)
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
        _, _, centres = cv2.kmeans(pixels[::step], count, None, criteria, 2, cv2.KMEANS_PP_CENTERS)
        distance = ((pixels[:, None, :] - centres[None]) ** 2).sum(axis=2)
        labels = np.full(inside.shape, -1, np.int32)
        labels[inside] = distance.argmin(axis=1)
        for one in range(count):
            yield labels == one, labels
        if count >= 3:
            for one in range(count):
                for two in range(one + 1, count):
                    yield (labels == one) | (labels == two), labels


def _score(mask: Mask, inside: Mask, drawings: Mapping[str, Drawn]) -> tuple[float, dict[str, Matrix]]:
    """The best correlation of a mask with a drawing stretched over it, and each drawing's stretch."""
    spread = _spread(mask.astype(np.float32))
    share = mask[inside].mean()
    places: dict[str, Matrix] = {}
    top = -1.0
    if spread is None or not 0.01 < share < 0.7:
        return top, places
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0)[inside]
    soft = soft - soft.mean()
    for kind, drawn in drawings.items():
        place = _stretch(drawn, spread)
        laid = cv2.warpAffine(drawn.ink, place, (mask.shape[1], mask.shape[0]), flags=cv2.INTER_AREA)
        other = cv2.GaussianBlur(laid, (0, 0), 2.0)[inside]
        other = other - other.mean()
        norm = float(np.sqrt((soft**2).sum() * (other**2).sum()))
        places[kind] = place
        top = max(top, float((soft * other).sum()) / norm if norm > 1e-9 else -1.0)
    return top, places


def _spread(weights: Ink) -> NDArray[np.float64] | None:
    """Where 2 % and 98 % of the ink lie, across and down: like a bounding box, but specks do not move it."""
    total = float(weights.sum())
    if total < 12:
        return None
    out = []
    for axis in (0, 1):
        share = np.cumsum(weights.sum(axis=axis)) / total
        out.append([float(np.interp(q, share, np.arange(len(share)) + 0.5)) for q in _QUANTILES])
    (x0, x1), (y0, y1) = out
    return np.array([x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)])


def _stretch(drawn: Drawn, goal: NDArray[np.float64]) -> Matrix:
    source = _spread(drawn.ink)
    if source is None:
        return np.array([[1.0, 0, 0], [0, 1.0, 0]])
    across = (goal[2] - goal[0]) / (source[2] - source[0])
    down = (goal[3] - goal[1]) / (source[3] - source[1])
    return np.array([[across, 0, goal[0] - across * source[0]], [0, down, goal[1] - down * source[1]]])


def _matte(view: NDArray[np.uint8], mask: Mask, inside: Mask) -> tuple[tuple[int, int, int], NDArray[np.float32], Ink]:
    """Colour of the strokes' cores, smooth ground behind, and how much ink each pixel holds."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    core = depth >= np.quantile(depth[mask], 0.7)
    colour = np.median(view[core & mask], axis=0)
    reach = 0.5 * float(np.quantile(depth[mask], 0.95)) + 2.0
    near = cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))) > 0
    ground = _smooth(view.astype(np.float32), ~near, sigma=0.25 * (np.ptp(np.flatnonzero(inside.any(axis=1))) + 1))
    towards = colour.astype(np.float32) - ground
    norm = np.maximum((towards**2).sum(axis=2), 60.0)
    share = ((view.astype(np.float32) - ground) * towards).sum(axis=2) / norm
    close = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3)), iterations=max(1, round(reach / 2))) > 0
    ink = np.where(close & inside, np.clip(share, 0, 1), 0).astype(np.float32)
    rgb = tuple(int(value) for value in np.round(colour))
    return (rgb[0], rgb[1], rgb[2]), ground, ink


def _smooth(values: NDArray[np.float32], known: Mask, sigma: float) -> NDArray[np.float32]:
    """The known pixels' colours carried over the unknown ones (normalised convolution)."""
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-4
    mean = values[known].mean(axis=0) if known.any() else values.reshape(-1, 3).mean(axis=0)
    spread = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma) + 1e-4 * mean
    return np.asarray(spread / total[..., None], np.float32)


def _rim(view: NDArray[np.uint8], labels: Mask, mask: Mask, inside: Mask) -> tuple[tuple[int, int, int], float] | None:
    """An outline: another cluster that fills the ring around the ink and is rare elsewhere."""
    solid = mask.astype(np.uint8)
    ring_wide = cv2.dilate(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))) > 0
    edge = cv2.dilate(solid, np.ones((3, 3))) > 0
    ring = ring_wide & ~edge & inside
    far = inside & ~(cv2.dilate(ring_wide.astype(np.uint8), np.ones((9, 9))) > 0)
    if ring.sum() < 40 or far.sum() < 40:
        return None
    for one in range(int(labels.max()) + 1):
        this = (labels == one) & ~mask
        if this[ring].mean() > 0.55 and this[far].mean() < 0.08:
            colour = np.median(view[this & ring], axis=0)
            outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3)
            width = float(np.quantile(outside[this & inside], 0.9))
            rgb = tuple(int(value) for value in np.round(colour))
            return (rgb[0], rgb[1], rgb[2]), width
    return None
