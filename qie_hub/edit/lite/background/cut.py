"""Which pixels are the subject: a binary cut at a small size, by the picture's border, by boxes, or by a net.

GrabCut separates two colour models; what decides is where it is told to begin. A plain backdrop is recognised by a
smooth colour surface through the picture's border; a detected thing gives a box; the portrait net gives people.

Invariants: pure, given the nets' outputs; the same picture gives the same cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.ports import Picture

SIDE: Final = 384
"""Longer side at which a cut is made: a third of a second, and edges are refined at full size afterwards."""
_BORDER: Final = 0.03
_PLAIN: Final = 0.62
"""Share of the border that has to lie on one smooth colour surface for a backdrop to count as plain."""
_CALM: Final = 7.0
"""Deviation (Lab units) that a plain backdrop may have: a defocused garden has 6, wood 10 and more."""
_NEAR: Final = 2.5
_FAR: Final = 6.0
"""Distance from the backdrop's colour, in its own deviations, below which a pixel is it and above which it is not."""
_LEFT_EDGE: Final = 0.7
"""Colour step per pixel (Lab units) of an edge that a calm backdrop does not have."""
_NEIGHBOUR: Final = 0.45
_QUIETEST: Final = 2.2
"""Least deviation (Lab units) taken for a backdrop: JPEG has this much."""

Lab = NDArray[np.float32]
Mask = NDArray[np.bool_]
Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A subject's pixels at a small size.

    ``way`` says how it was found: ``plain`` (before a calm backdrop), ``busy`` (before an unsharp or textured one),
    ``boxed`` (in a detected thing's box) or ``people``. ``doubt`` is the area where a net could not decide, as a
    share of the subject's; ``residue`` the area outside the cut that is no backdrop either, in the same measure.
    """

    mask: Mask
    way: str
    doubt: float = 0.0
    residue: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The colour surface through a picture's border.

    ``away`` is each pixel's distance from it in deviations, ``share`` the part of the border that lies on it,
    ``spread`` the deviation in Lab units, ``surface`` its colours (HxWx3).
    """

    away: NDArray[np.float32]
    share: float
    spread: float
    ring: Mask
    surface: Lab


def shrunk(picture: Picture, side: int = SIDE) -> Picture:
    """The picture at the size at which cuts are made; never enlarged."""
    scale = min(1.0, side / max(picture.shape[:2]))
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def by_border(small: Picture, *, ring: float = _BORDER, keen: bool = False) -> Cut | None:
    """Cut out what stands before a backdrop of one smooth surface; None if the border shows no such thing.

    Args:
        small: HxWx3 uint8 RGB, small (see `shrunk`).
        ring: width of the border as a share of the shorter side.
        keen: smaller differences from the backdrop count: for a subject that is partly of its colour.
    """
    lab = lab_of(small)
    behind = backdrop(lab, ring)
    if behind.share < _PLAIN:
        return None
    way = "plain" if behind.spread <= _CALM else "busy"
    mask = grabcut(lab, _plain_seeds(behind, 0.5 if keen else 1.0))
    return Cut(mask, way, residue=_residue(lab, mask, behind) if way == "plain" else 0.0)


def stands_out(small: Picture) -> Mask | None:
    """Return what differs clearly from a calm backdrop of one smooth surface, uncut; None if the border shows none."""
    behind = backdrop(lab_of(small), usual=True)
    return behind.away > _FAR if behind.share >= _PLAIN and behind.spread <= _CALM else None


def by_boxes(small: Picture, boxes: Sequence[Window], *, slack: float = 0.05) -> Cut:
    """Cut out things whose boxes are known.

    Args:
        small: HxWx3 uint8 RGB, small.
        boxes: x0, y0, x1, y1 in its pixels; not empty.
        slack: how far a box may cut into its thing, as a share of its longer side.
    """
    seeds = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    for x0, y0, x1, y1 in boxes:
        more = max(2, round(slack * max(x1 - x0, y1 - y0)))
        seeds[max(0, y0 - more) : y1 + more, max(0, x0 - more) : x1 + more] = cv2.GC_PR_FGD
    for x0, y0, x1, y1 in boxes:
        centre, axes = ((x0 + x1) // 2, (y0 + y1) // 2), (max(1, (x1 - x0) // 5), max(1, (y1 - y0) // 5))
        cv2.ellipse(seeds, centre, axes, 0, 0, 360, cv2.GC_FGD, cv2.FILLED)
    return Cut(grabcut(lab_of(small), seeds, rounds=4), "boxed")


def by_people(small: Picture, likely: NDArray[np.float32]) -> Cut:
    """Cut out people where the portrait net sees them.

    Args:
        small: HxWx3 uint8 RGB.
        likely: HxW, 0..1.
    """
    # The net is right but for a few pixels where it has decided; colours decide along its outline and in its doubts.
    seeds = np.full(likely.shape, cv2.GC_PR_BGD, np.uint8)
    seeds[likely > 0.5] = cv2.GC_PR_FGD
    reach = _disc(max(1, round(0.005 * max(likely.shape))))
    near = cv2.dilate((likely > 0.5).astype(np.uint8), reach) > 0
    seeds[~near & (likely < 0.2)] = cv2.GC_BGD
    seeds[cv2.erode((likely > 0.9).astype(np.uint8), reach, borderValue=1) > 0] = cv2.GC_FGD
    unsure = cv2.erode(((likely > 0.15) & (likely < 0.85)).astype(np.uint8), reach, borderValue=0)
    doubt = int(np.count_nonzero(unsure)) / max(1, int(np.count_nonzero(likely > 0.5)))
    ragged = grabcut(lab_of(small), seeds).astype(np.float32)
    return Cut(cv2.GaussianBlur(ragged, (0, 0), 2.0) > 0.5, "people", doubt)


def backdrop(lab: Lab, ring: float = _BORDER, *, usual: bool = False) -> Backdrop:
    """Fit a smooth colour surface to the border; what disagrees (a subject that reaches it) is left out.

    Args:
        lab: HxWx3.
        ring: width of the border as a share of the shorter side.
        usual: begin with the border's usual colour. From a fit of everything, which is the default, a subject in a
            corner pulls the surface along for good; but of bricks the usual colour makes a plain backdrop.
    """
    height, width = lab.shape[:2]
    wide = max(2, round(ring * min(height, width)))
    at_border = np.zeros((height, width), np.bool_)
    at_border[:wide] = at_border[-wide:] = True
    at_border[:, :wide] = at_border[:, -wide:] = True
    terms = _terms(height, width)
    y, x = np.nonzero(at_border)
    colours = lab[y, x][::3]
    fit = _robust(terms[y, x][::3], colours, np.median(colours, axis=0) if usual else None)
    off = np.abs(lab[y, x] - terms[y, x] @ fit)
    on = off.max(axis=1) <= np.quantile(off.max(axis=1), 0.5)
    spread = np.maximum(_QUIETEST, 2.2 * np.median(off[on], axis=0)).astype(np.float32)
    surface = np.asarray(terms @ fit, np.float32)
    difference = (lab - surface) / spread
    # A soft shadow is the backdrop, darker: lightness alone says little.
    difference[:, :, 0] *= 0.6
    away = np.sqrt((difference**2).sum(axis=2) / 1.6).astype(np.float32)
    return Backdrop(away, float((away[y, x] < _NEAR).mean()), float(np.sqrt((spread**2).mean())), at_border, surface)


def _robust(
    terms: NDArray[np.float32], values: NDArray[np.float32], begin: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Least absolute deviations by reweighting: a subject that covers a third of the border does not bend the fit."""
    guess = values if begin is None else begin[None]
    fit = np.zeros((terms.shape[1], 3), np.float32)
    for _ in range(12):
        weight = (1 / np.maximum(np.abs(values - guess).max(axis=1), 1.0) ** 1.5).astype(np.float32)
        scaled = terms * weight[:, None]
        fit = np.linalg.solve(scaled.T @ terms + 1e-4 * np.eye(terms.shape[1]), scaled.T @ values).astype(np.float32)
        guess = terms @ fit
    return fit


def grabcut(lab: Lab, seeds: Picture, rounds: int = 4) -> Mask:
    """Separate the two colour models that the seeds begin; seeds that know only one side stay as they are."""
    seeds = seeds.copy()
    if (seeds & 1).all() or not (seeds & 1).any():
        return (seeds & 1).astype(np.bool_)
    state = (np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64))
    cv2.setRNGSeed(0)
    cv2.grabCut(np.clip(lab, 0, 255).astype(np.uint8), seeds, None, *state, rounds, cv2.GC_INIT_WITH_MASK)
    return (seeds & 1) > 0


def lab_of(small: Picture) -> Lab:
    """Lab of a slightly smoothed picture: grain is no edge. Channels 0..255 as OpenCV scales them."""
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 0.7), cv2.COLOR_RGB2LAB), np.float32)


def without_crumbs(mask: Mask, least: float = 0.02) -> Mask:
    """The mask without parts smaller than a share of its largest, without pinholes, and without what only looks in.

    A part that the picture's border cuts off is a neighbour unless it is nearly as large as the largest.
    """
    out = np.zeros(mask.shape, np.bool_)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return out
    areas = facts[1:, cv2.CC_STAT_AREA]
    framed = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])).tolist())
    for index in np.flatnonzero(areas >= least * areas.max()):
        if index + 1 not in framed or areas[index] >= _NEIGHBOUR * areas.max():
            out |= labels == index + 1
    holes, labels, facts, _ = cv2.connectedComponentsWithStats((~out).astype(np.uint8), connectivity=4)
    for hole in range(1, holes):
        if facts[hole, cv2.CC_STAT_AREA] < 0.002 * areas.max():
            out |= labels == hole
    return out


def _plain_seeds(behind: Backdrop, least: float) -> Picture:
    away = cv2.GaussianBlur(behind.away, (0, 0), 1.0) / least
    seeds = np.full(away.shape, cv2.GC_PR_BGD, np.uint8)
    far = away > _FAR
    seeds[(away > _NEAR) & (away <= _FAR)] = cv2.GC_PR_BGD
    seeds[far] = cv2.GC_PR_FGD
    # What looks like the backdrop but is enclosed by what does not may be a highlight of the subject.
    outside = _reached(~far, behind.ring)
    seeds[~far & ~outside] = cv2.GC_PR_FGD
    seeds[outside & (away < _NEAR)] = cv2.GC_BGD
    core = cv2.erode(far.astype(np.uint8), _disc(2)) > 0
    seeds[core & (away > 1.5 * _FAR)] = cv2.GC_FGD
    return seeds


def _residue(lab: Lab, mask: Mask, behind: Backdrop) -> float:
    """Sharp edges outside a cut that are no shadow: a white sole before cream is lost, and leaves its outline behind.

    A shadow darkens the backdrop and keeps its hue, so what is only darker does not count.
    """
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.5)
    away = smooth - behind.surface
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    strength = np.sqrt((across**2 + down**2).sum(axis=2))
    on_ring = strength[behind.ring & (behind.away < _NEAR)]
    least = max(_LEFT_EDGE, 4 * float(np.quantile(on_ring, 0.9))) if on_ring.size else _LEFT_EDGE
    hue = np.abs(away[:, :, 1:]).max(axis=2)
    outside = cv2.dilate(mask.astype(np.uint8), _disc(4)) == 0
    left = (strength > least) & outside & ((away[:, :, 0] > 2.5) | (hue > 3.0))
    return int(np.count_nonzero(left)) / max(1, int(np.count_nonzero(mask)))


def _reached(passable: Mask, start: Mask) -> Mask:
    """Pixels that are connected to the start through passable ones."""
    _, labels = cv2.connectedComponents(passable.astype(np.uint8), connectivity=4)
    return np.isin(labels, np.unique(labels[start & passable])) & passable


def _terms(height: int, width: int) -> NDArray[np.float32]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / max(height - 1, 1) * 2 - 1, x / max(width - 1, 1) * 2 - 1
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=2)


def _disc(radius: int) -> NDArray[Any]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
