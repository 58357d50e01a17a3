"""Whether a cut is one that a shop could use: measured on the cut itself, before anything is delivered.

A torn cut gives itself away: its edge runs where the picture has none, inside and outside look alike, it falls into
parts, it lies along the picture's border, or another beginning leads to another cut.

Invariant: pure; `worst` is None only for a cut that passes every test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

SMALLEST, LARGEST = 0.01, 0.9
"""Share of the picture that a subject has."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured; every number is 0..1.

    ``share`` of the picture; ``edges``: part of the outline that lies on an edge of the picture; ``apart``: part of
    it whose two sides differ in colour; ``border``: part of the picture's border that the subject covers; ``whole``:
    share of the largest part; ``gaps``: area of its enclosed holes; ``stable``: overlap with a cut from another
    beginning; ``doubt`` and ``residue``: see `cut.Cut`.
    """

    share: float
    edges: float
    apart: float
    border: float
    whole: float
    gaps: float
    stable: float
    doubt: float
    residue: float


@dataclass(frozen=True, slots=True)
class Standard:
    """The least (or most) that is delivered."""

    edges: float
    apart: float
    border: float
    whole: float
    gaps: float
    stable: float
    doubt: float = 1.0
    residue: float = 1.0


STANDARDS: Final[Mapping[str, Standard]] = {
    # What shows the backdrop's own colour inside a ring or a handle is a hole, however large.
    "plain": Standard(edges=0.6, apart=0.7, border=0.34, whole=0.6, gaps=1.0, stable=0.86, residue=0.002),
    # An unsharp garden lets a subject stand out; wood and fur only seem to: much is asked.
    "busy": Standard(edges=0.93, apart=0.95, border=0.15, whole=0.85, gaps=0.12, stable=0.95),
    # GrabCut finds some cut in every box.
    "boxed": Standard(edges=0.9, apart=0.88, border=0.3, whole=0.9, gaps=0.15, stable=0.9),
    # The net has recognised people; busts end at the picture's border.
    "people": Standard(edges=0.5, apart=0.55, border=0.5, whole=0.75, gaps=0.2, stable=0.9, doubt=0.08),
}
"""What is delivered, by the way in which a cut was found (see `cut.Cut`)."""


def measure(lab: NDArray[np.float32], mask: Mask, again: Mask, doubt: float = 0.0, residue: float = 0.0) -> Verdict:
    """Measure a cut.

    Args:
        lab: HxWx3 of the small picture.
        mask: the cut.
        again: the cut from another beginning, of the same size.
        doubt: see `cut.Cut`.
        residue: see `cut.Cut`.
    """
    share = float(mask.mean())
    if not mask.any() or mask.all():
        return Verdict(share, 0.0, 0.0, float(mask.any()), 0.0, 0.0, 0.0, doubt, residue)
    edges, apart = _along(lab, mask)
    height, width = mask.shape
    frame = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    count, _, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = facts[1:count, cv2.CC_STAT_AREA]
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    solid = np.zeros((height, width), np.uint8)
    cv2.drawContours(solid, lines, -1, 1, cv2.FILLED)
    inside = max(1, int(np.count_nonzero(solid)))
    union = max(1, int(np.count_nonzero(mask | again)))
    return Verdict(
        share, edges, apart, float(frame.mean()), float(areas.max() / areas.sum()),
        1 - int(np.count_nonzero(mask)) / inside, int(np.count_nonzero(mask & again)) / union, doubt, residue,
    )  # fmt: skip


def worst(verdict: Verdict, way: str) -> str | None:
    """The first test that a cut of its way fails; None if it passes all."""
    standard = STANDARDS[way]
    if verdict.share < SMALLEST:
        return "nothing"
    if verdict.share > LARGEST:
        return "everything"
    tests = {
        "stable": verdict.stable >= standard.stable,
        "apart": verdict.apart >= standard.apart,
        "edges": verdict.edges >= standard.edges,
        "border": verdict.border <= standard.border,
        "whole": verdict.whole >= standard.whole,
        "gaps": verdict.gaps <= standard.gaps,
        "doubt": verdict.doubt <= standard.doubt,
        "residue": verdict.residue <= standard.residue,
    }
    return next((name for name, passed in tests.items() if not passed), None)


def _along(lab: NDArray[np.float32], mask: Mask) -> tuple[float, float]:
    """Parts of the outline on an edge, and with different sides."""
    inner = mask & ~_eroded(mask, 1)
    inner[:2] = inner[-2:] = False
    inner[:, :2] = inner[:, -2:] = False
    if not inner.any():
        return 0.0, 0.0
    strength = _gradient(lab)
    near = cv2.dilate(strength, np.ones((3, 3), np.uint8))
    # On a textured ground an edge is only what stands out from the texture.
    outside = strength[_eroded(~mask, 3)]
    least = max(_EDGE, 1.3 * float(np.quantile(outside, 0.75))) if outside.size else _EDGE
    edges = float((near[inner] > least).mean())
    radius = max(2, round(0.012 * max(mask.shape)))
    sides = []
    for side in (mask, ~mask):
        body = _eroded(side, 1).astype(np.float32)
        weight = cv2.blur(body, (2 * radius + 1, 2 * radius + 1))[..., None]
        sides.append(cv2.blur(lab * body[..., None], (2 * radius + 1, 2 * radius + 1)) / np.maximum(weight, 1e-3))
    apart = np.sqrt(((sides[0] - sides[1]) ** 2).sum(axis=2))
    return edges, float((apart[inner] > _DIFFERENT).mean())


_EDGE: Final = 9.0
"""Colour step per pixel (Lab units) that counts as an edge at the small size."""
_DIFFERENT: Final = 10.0
"""Colour difference (Lab units) of two sides that can be told apart."""


def _gradient(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    across = cv2.Sobel(lab, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(lab, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)), np.float32)


def _eroded(mask: Any, radius: int) -> Mask:
    side = 2 * radius + 1
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=1), np.bool_)
