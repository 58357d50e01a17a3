"""Soft edges and clean colours from a binary cut, at full size, strip by strip.

Near the outline the colours of subject and ground are continued from where they are certain; a pixel's share of the
subject is its place between the two (as in Bayesian matting, without the search). The same two colours take the old
background out of edge pixels, so that no halo is carried over.

Invariants: certain pixels keep their colours and are fully in or out; memory is bounded by the strips and by
`WORKING`, whatever the picture's size.

Example::

    matte = Matte.of(picture, cut.mask, soft=0.008)
    for top, bottom, alpha, colours in matte.strips(picture):
        ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.ports import Picture

WORKING: Final = 1024
"""Longer side at which edge colours are continued: they are smooth, so they may be enlarged."""
ROWS: Final = 256
_TOLD_APART: Final = (18.0, 55.0)
"""Colour distance (RGB) from which subject and ground tell a pixel's share, and from which they tell it alone."""
_STANDS_OUT: Final = (1.6, 4.0)
"""The same distance in deviations of the colours nearby: before a flag or gravel one pixel's colour tells little."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """The fields of a matte at working size.

    ``inside`` 0..1 is the cut with a soft edge; ``open`` 0..1 says where it is not certain; ``front`` and ``back`` are
    the continued colours (HxWx3), ``mixed`` how much they vary nearby (HxW, standard deviation in grey levels);
    ``exact`` is the full-size matte where it came as it is (a net's, the input's own).
    """

    shape: tuple[int, int]
    inside: Floats
    open: Floats
    front: Floats
    back: Floats
    mixed: Floats
    exact: Picture | None = None

    @classmethod
    def of(cls, picture: Picture, cut: NDArray[np.bool_], soft: float) -> Matte:
        """Make a matte from a cut.

        Args:
            picture: HxWx3 uint8 RGB, full size.
            cut: the subject, at any size of the same proportions.
            soft: width of the uncertain band on each side, as a share of the longer side.
        """
        work = _shrunk(picture)
        size = (work.shape[1], work.shape[0])
        smooth = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), 0.8)
        inside = cv2.resize(smooth, size, interpolation=cv2.INTER_CUBIC)
        solid = inside > 0.5
        band = max(2, round(soft * max(size)))
        sure, clear = _eroded(solid, band), _eroded(~solid, band)
        edge = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), max(0.6, band / 3))
        open_ = (~(sure | clear)).astype(np.float32)
        return cls(picture.shape[:2], edge, open_, *_continued(work, sure, clear, band))

    @classmethod
    def from_alpha(cls, picture: Picture, alpha: NDArray[Any]) -> Matte:
        """Take a matte as it is; only its colours are cleaned.

        Args:
            picture: HxWx3 uint8 RGB.
            alpha: HxW of the same proportions, 0..1 float or 0..255 uint8.
        """
        work = _shrunk(picture)
        exact = alpha if alpha.dtype == np.uint8 else np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
        if exact.shape != picture.shape[:2]:
            whole = (picture.shape[1], picture.shape[0])
            exact = np.asarray(cv2.resize(exact, whole, interpolation=cv2.INTER_LINEAR), np.uint8)
        small = cv2.resize(exact, (work.shape[1], work.shape[0]), interpolation=cv2.INTER_AREA)
        inside = np.asarray(small.astype(np.float32) / 255, np.float32)
        fields = _continued(work, small > 248, small < 8, 4)
        return cls(picture.shape[:2], inside, np.zeros_like(inside), *fields, exact)

    def strips(self, picture: Picture, rows: int = ROWS) -> Iterator[tuple[int, int, Floats, Floats]]:
        """Yield first row, last row + 1, the subject's share (HxW, 0..1) and its clean colours (HxWx3)."""
        for top in range(0, self.shape[0], rows):
            bottom = min(top + rows, self.shape[0])
            part = picture[top:bottom].astype(np.float32)
            front, back = self._full(self.front, top, bottom), self._full(self.back, top, bottom)
            alpha = self._share(part, front, back, top, bottom)
            yield top, bottom, alpha, _clean(part, alpha, front, back)

    def alpha(self, picture: Picture) -> Picture:
        """The whole matte, HxW uint8."""
        out = np.empty(self.shape, np.uint8)
        for top, bottom, share, _ in self.strips(picture):
            out[top:bottom] = np.rint(share * 255)
        return out

    def _share(self, part: Floats, front: Floats, back: Floats, top: int, bottom: int) -> Floats:
        if self.exact is not None:
            return np.asarray(self.exact[top:bottom].astype(np.float32) / 255, np.float32)
        inside, open_ = self._full(self.inside, top, bottom), self._full(self.open, top, bottom)
        line = front - back
        length = np.sqrt((line**2).sum(axis=2))
        told = ((part - back) * line).sum(axis=2) / np.maximum(length**2, 1.0)
        told = np.clip((told - 0.06) / 0.86, 0, 1)
        trust = _ramp(length, *_TOLD_APART) * _ramp(
            length / np.maximum(self._full(self.mixed, top, bottom), 1.0), *_STANDS_OUT
        )
        soft = np.clip((inside - 0.25) / 0.5, 0, 1)
        # The farther from the outline, the less a colour alone may say: a highlight is no background.
        bound = np.clip(trust * told + (1 - trust) * soft, soft - 0.75, soft + 0.75)
        return np.asarray(np.where(open_ > 0.02, np.clip(bound, 0, 1), inside > 0.5), np.float32)

    def _full(self, field: Floats, top: int, bottom: int) -> Floats:
        """Rows of a field at full size."""
        height, width = self.shape
        if field.shape[:2] == self.shape:
            return field[top:bottom]
        across, down = field.shape[1] / width, field.shape[0] / height
        # Maps pixel centres of the strip to pixel centres of the field.
        matrix = np.array([[across, 0, across / 2 - 0.5], [0, down, (top + 0.5) * down - 0.5]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        strip = cv2.warpAffine(field, matrix, (width, bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(strip, np.float32)


def _ramp(values: Floats, low: float, high: float) -> Floats:
    """0 up to ``low``, 1 from ``high``."""
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)


def _shrunk(picture: Picture) -> Picture:
    scale = min(1.0, WORKING / max(picture.shape[:2]))
    if scale == 1:
        return picture
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _continued(work: Picture, sure: NDArray[Any], clear: NDArray[Any], band: int) -> tuple[Floats, Floats, Floats]:
    """The colours of subject and ground, each continued from where it is certain, and how much both vary there."""
    values = work.astype(np.float32)
    square = (values**2).mean(axis=2)
    fields, spread = [], np.zeros(values.shape[:2], np.float32)
    for known in (sure, clear):
        weight = known.astype(np.float32)
        total = np.zeros((*weight.shape, 4), np.float32)
        count = np.zeros_like(weight)
        summed = np.dstack([values * weight[..., None], square * weight])
        for sigma, trust in ((band, 1.0), (3.0 * band, 1e-2), (10.0 * band, 1e-5)):
            total += trust * _blurred(summed, sigma)
            count += trust * _blurred(weight, sigma)
        mean = total / np.maximum(count, 1e-9)[..., None]
        fields.append(np.asarray(mean[:, :, :3], np.float32))
        spread += np.maximum(mean[:, :, 3] - (mean[:, :, :3] ** 2).mean(axis=2), 0)
    return fields[0], fields[1], np.asarray(np.sqrt(spread), np.float32)


def _blurred(field: Floats, sigma: float) -> Floats:
    """A Gaussian; wide ones at a smaller size, where nobody sees the difference."""
    shrink = max(1, int(sigma // 4))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)
    height, width = field.shape[:2]
    size = (max(1, width // shrink), max(1, height // shrink))
    small = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _clean(part: Floats, alpha: Floats, front: Floats, back: Floats) -> Floats:
    """The subject's own colours: what the ground added to edge pixels is taken off."""
    share = alpha[..., None]
    own = (part - (1 - share) * back) / np.maximum(share, 0.15)
    own = np.clip(own, front - 45, front + 45)
    mixed = share * own + (1 - share) * front
    return np.asarray(np.clip(np.where(share > 0.985, part, mixed), 0, 255), np.float32)


def _eroded(mask: NDArray[Any], radius: int) -> NDArray[np.bool_]:
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.erode(mask.astype(np.uint8), brush, borderValue=1), np.bool_)
