"""Which pixels of a line's view are ink: colour clusters scored against renderings of the string.

Pure: arrays in, a value out. Deterministic: the clusters start from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.fonts import Drawn, Ink
from qie_hub.edit.lite.frame import Matrix

_COUNTS: Final = (2, 3, 4, 5)
_FINER: Final = 0.012
"""What a finer cut must gain per extra colour: the blended rim of letters alone resembles them nearly as well."""
_SPLENDID: Final = 0.93
"""Correlation from which finer cuts cannot be better: it leaves only what two faces differ by."""
_CLEAR: Final = 0.75
"""Correlation from which the first estimate stands; below it sizes and places are searched."""
_RETRIED: Final = 5
_SIZES: Final = tuple((across, down) for across in (0.8, 0.9, 1.0, 1.1) for down in (0.85, 1.0, 1.15))
_EVEN: Final = 16.0
"""Lab distance (8-bit scale) within which an outline's pixels are one colour, JPEG noise included."""
_WIDEST: Final = 12.0
"""View pixels; what goes on further around letters is the plate that they stand on."""
_OTHER: Final = 26.0
"""Lab distance from which an outline is another colour than ink and ground."""
_FLAT: Final = 0.12
"""Least height of ink as a share of its box: a dash or the character for one is that flat."""
_STRAY: Final = 0.16
"""How far, in box heights, a letter's stroke may be from the drawing's."""
_TOUCH: Final = 0.05
"""How far, in box heights, ink may be from the drawing and still belong to a letter."""
_ENOUGH: Final = 30
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


def segment(
    view: NDArray[np.uint8],
    box: tuple[int, int, int, int],
    drawings: Mapping[str, Drawn],
    scale: float,
    hint: Mask | None = None,
) -> Segmented | None:
    """Find the ink in ``box`` (x0, y0, x1, y1) of a view that has ``scale`` pixels per picture pixel.

    Args:
        view: the upright view.
        box: where the string is.
        drawings: the string in each face.
        scale: view pixels per picture pixel.
        hint: where letters were found by other means; then colours are not cut into clusters.

    Returns:
        None when there is no drawing to compare with or no cluster has enough pixels.
    """
    if not drawings:
        return None
    inside = np.zeros(view.shape[:2], bool)
    inside[box[1] : box[3], box[0] : box[2]] = True
    best = _best(view, box, inside, drawings) if hint is None else _hinted(hint, inside, drawings)
    if best is None:
        return None
    laid = _laid(best, drawings, view.shape)
    near = inside & _grown(laid, _STRAY * (box[3] - box[1]))
    if (best.mask & near).sum() < 12:
        return None
    colour, ground, ink = _matte(view, best.mask & near, near, laid)
    solid = ink > _INK
    if solid.any():
        colour, ground, ink = _matte(view, solid, near, laid)
    ink = _connected(ink, _grown(laid, _TOUCH * (box[3] - box[1])))
    rim = _rim(view, ink, scale)
    return Segmented(ink, inside, colour, best.places, best.score, rim, ground)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A mask that may be the ink, how well it resembles the string, and where each drawing lies on it."""

    score: float
    mask: Mask
    places: Mapping[str, Matrix]


def _best(
    view: NDArray[np.uint8], box: tuple[int, int, int, int], inside: Mask, drawings: Mapping[str, Drawn]
) -> _Candidate | None:
    """The cluster of colours that resembles the string most; light that changes along the line is levelled out."""
    lab = cv2.cvtColor(cv2.GaussianBlur(view, (3, 3), 0), cv2.COLOR_RGB2LAB).astype(np.float32)
    level = cv2.blur(lab, (2 * (box[3] - box[1]) + 1,) * 2)
    found = [*_ranked(lab, inside, drawings), *_ranked(lab - level, inside, drawings)]
    ranked = sorted(found, key=lambda one: -one.score)
    if not ranked:
        return None
    if ranked[0].score >= _CLEAR:
        return ranked[0]
    return max((_nudged(one, inside, drawings) for one in ranked[:_RETRIED]), key=lambda one: one.score)


def _hinted(hint: Mask, inside: Mask, drawings: Mapping[str, Drawn]) -> _Candidate | None:
    mask = hint & inside
    score, places = _score(mask, inside, drawings)
    return _Candidate(score, mask, places) if places else None


def _laid(best: _Candidate, drawings: Mapping[str, Drawn], shape: tuple[int, ...]) -> Mask:
    """Pixels where any of the drawings lies."""
    laid = np.zeros(shape[:2], bool)
    for kind, drawn in drawings.items():
        ink = cv2.warpAffine(drawn.ink, best.places[kind], (shape[1], shape[0]), flags=cv2.INTER_LINEAR)
        laid |= ink > 0.4
    return laid


def _grown(mask: Mask, reach: float) -> Mask:
    size = 2 * max(1, round(reach)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), brush) > 0)


def _connected(ink: Ink, close: Mask) -> Ink:
    """Ink without what has its colour but hangs on no letter: the edge of a plate, a stroke of the ground."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0.3).astype(np.uint8))
    inside = np.bincount(labels[close], minlength=count)
    keep = inside >= 0.3 * stats[:, cv2.CC_STAT_AREA]
    keep[0] = True
    return np.asarray(np.where(keep[labels], ink, 0), np.float32)


def _ranked(lab: NDArray[np.float32], inside: Mask, drawings: Mapping[str, Drawn]) -> Iterator[_Candidate]:
    """Candidates of finer and finer cuts, until one is as good as they get."""
    best = -1.0
    for count in _COUNTS:
        if best > _SPLENDID:
            return
        for mask in _candidates(lab, inside, count):
            score, places = _score(mask, inside, drawings)
            if places:
                score -= _FINER * (count - 2)
                best = max(best, score)
                yield _Candidate(score, mask, places)


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
    return _Candidate(top, candidate.mask, places)


def _candidates(lab: NDArray[np.float32], inside: Mask, count: int) -> Iterator[Mask]:
    """Cut the box's colours into ``count`` clusters; yield each as a mask, and each pair of a finer cut."""
    pixels = lab[inside] * np.array([1.0, 1.2, 1.2], np.float32)
    sample = pixels[:: max(1, len(pixels) // _SAMPLE)]
    if len(sample) < 4 * count:
        return
    cv2.setRNGSeed(_SEED)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, _, centres = cv2.kmeans(sample, count, None, criteria, 2, cv2.KMEANS_PP_CENTERS)
    labels = np.full(inside.shape, -1, np.int32)
    labels[inside] = ((pixels[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    for one in range(count):
        yield labels == one
    if count >= 3:
        for one, two in combinations(range(count), 2):
            yield (labels == one) | (labels == two)


def _score(mask: Mask, inside: Mask, drawings: Mapping[str, Drawn]) -> tuple[float, dict[str, Matrix]]:
    """The best correlation of a mask with a drawing stretched over it, and each drawing's stretch.

    Compared at half the view's size: strokes are four to ten pixels wide there, and it is four times as quick.
    """
    spread = _spread(mask.astype(np.float32))
    share = mask[inside].mean()
    if spread is None or not 0.01 < share < 0.7 or not _fills(spread, inside):
        return -1.0, {}
    size = (mask.shape[1] // 2, mask.shape[0] // 2)
    part = cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)[part]
    places = {kind: _stretch(drawn, spread) for kind, drawn in drawings.items()}
    scores = [_likeness(soft, drawn.ink, places[kind] / 2, size, part) for kind, drawn in drawings.items()]
    return max(scores), places


def _likeness(soft: Ink, ink: Ink, place: Matrix, size: tuple[int, int], part: Mask) -> float:
    other = cv2.GaussianBlur(cv2.warpAffine(ink, place, size, flags=cv2.INTER_LINEAR), (0, 0), 1.0)[part]
    first, second = soft - soft.mean(), other - other.mean()
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / norm if norm > 1e-9 else -1.0


def _fills(spread: NDArray[np.float64], inside: Mask) -> bool:
    """Whether what is spread out like this can be a line of letters in its box, and no spot in a corner of it."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    across, down = spread[2] - spread[0], spread[3] - spread[1]
    return bool(across > 0.55 * len(columns) and down > _FLAT * len(rows))


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


def _matte(
    view: NDArray[np.uint8], mask: Mask, inside: Mask, laid: Mask
) -> tuple[tuple[int, int, int], NDArray[np.float32], Ink]:
    """Colour of the strokes' cores, smooth ground behind, and how much ink each pixel holds."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    sure = mask & laid if (mask & laid).sum() >= _ENOUGH else mask
    core = sure & (depth >= np.quantile(depth[sure], 0.7))
    colour = np.median(view[core], axis=0)
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


def _rim(view: NDArray[np.uint8], ink: Ink, scale: float) -> tuple[tuple[int, int, int], float] | None:
    """An outline: an even colour right around the letters that is neither the ink's nor the ground's."""
    lab = cv2.cvtColor(view, cv2.COLOR_RGB2LAB).astype(np.float32)
    away = cv2.distanceTransform((ink <= _INK).astype(np.uint8), cv2.DIST_L2, 5)
    first = 0.5 * scale + 0.5
    far = away > first + 8
    found = _even_ring(lab, away, first)
    if found is None or far.sum() < 60 or not (ink > 0.9).any():
        return None
    start, colour = found
    distance = np.sqrt(((lab - colour) ** 2).sum(axis=2))
    if min(np.median(distance[far]), np.median(distance[ink > 0.9])) < _OTHER:
        return None
    width = start + 0.5
    while width < _WIDEST and _share_near(distance, away, width) > 0.55:
        width += 0.5
    if width < start + 1.0 or width >= _WIDEST:
        return None
    rgb = np.median(view[(away > start) & (away <= width) & (distance < _EVEN)], axis=0)
    return (int(rgb[0]), int(rgb[1]), int(rgb[2])), width


def _even_ring(
    lab: NDArray[np.float32], away: NDArray[np.float32], first: float
) -> tuple[float, NDArray[np.float32]] | None:
    """The nearest ring around the ink, past its blended edge, that has one colour all around: start and Lab colour."""
    for step in range(4):
        start = first + 0.5 * step
        ring = (away > start) & (away <= start + 0.9)
        if ring.sum() < 60:
            continue
        colour = np.median(lab[ring], axis=0)
        if np.quantile(np.sqrt(((lab[ring] - colour) ** 2).sum(axis=1)), 0.7) < _EVEN:
            return start, np.asarray(colour, np.float32)
    return None


def _share_near(distance: NDArray[Any], away: NDArray[Any], at: float) -> float:
    ring = (away > at - 0.5) & (away <= at + 0.5)
    return float((distance[ring] < 1.6 * _EVEN).mean()) if ring.any() else 0.0
