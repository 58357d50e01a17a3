"""Two pictures: the subject of one on the other, and a subject given room in its own frame.

Invariants: a subject keeps its proportions and its colours (a product's colour is what is being sold); it is never
enlarged more than `ENLARGED` times; a subject that its own picture cuts off at the bottom stands on the bottom edge,
so that nobody floats without legs.

Example::

    piece = Piece.of(matte, picture)
    put(canvas, piece, position="bottom_right", permille=300)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.background.matte import Matte
from qie_hub.edit.lite.background.paint import Ground
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.place import corner_of
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

ENLARGED: Final = 2.5
"""Beyond it a subject looks out of focus beside the picture that it stands in."""
_USUAL: Final = (0.45, 0.55)
"""Width and height that a subject may take of the other picture, if nothing was said."""
_MARGIN: Final = 0.04
_SEEN: Final = 10
"""Alpha (0..255) from which a pixel belongs to the subject's box."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A cut-out subject: ``colours`` HxWx3 and ``alpha`` HxW uint8, trimmed; ``stands`` if it was cut off below."""

    colours: Picture
    alpha: Picture
    stands: bool

    @classmethod
    def of(cls, matte: Matte, picture: Picture) -> Piece:
        """Lift a subject out of its picture."""
        alpha = matte.alpha(picture)
        rows, columns = np.flatnonzero((alpha > _SEEN).any(axis=1)), np.flatnonzero((alpha > _SEEN).any(axis=0))
        y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        colours = np.empty((y1 - y0, x1 - x0, 3), np.uint8)
        for top, bottom, _, clean in matte.strips(picture):
            first, last = max(top, y0), min(bottom, y1)
            if first < last:
                colours[first - y0 : last - y0] = np.rint(clean[first - top : last - top, x0:x1])
        return cls(colours, np.ascontiguousarray(alpha[y0:y1, x0:x1]), y1 >= picture.shape[0] - 2)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.alpha.shape[1], self.alpha.shape[0]

    def scaled(self, scale: float) -> Piece:
        """The piece at another size; colours are weighted with alpha, so that nothing invisible bleeds in."""
        if scale == 1:
            return self
        size = (max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        alpha = np.clip(cv2.resize(self.alpha, size, interpolation=method).astype(np.float32), 0, 255)
        weighted = self.colours.astype(np.float32) * (self.alpha[..., None] / np.float32(255))
        colours = cv2.resize(weighted, size, interpolation=method) / np.maximum(alpha / 255, 1e-2)[..., None]
        return Piece(np.clip(colours + 0.5, 0, 255).astype(np.uint8), np.rint(alpha).astype(np.uint8), self.stands)


def put(canvas: Canvas, piece: Piece, position: str | None, permille: int | None) -> dict[str, object]:
    """Put a subject on the canvas.

    Args:
        canvas: the picture.
        piece: the subject.
        position: a named place; None for the bottom middle.
        permille: its width as a share of the canvas's, None for a usual size.

    Returns:
        Facts: ``box`` of the subject.

    Raises:
        EditRefused: ``too_hard``: the subject's picture is far too small for this one.
    """
    width, height = canvas.size
    if permille is not None:
        scale = min(width * min(permille, 1000) / 1000 / piece.size[0], height / piece.size[1])
    else:
        scale = min(_USUAL[0] * width / piece.size[0], _USUAL[1] * height / piece.size[1])
    if scale > ENLARGED or min(piece.size) * scale < 4:
        raise EditRefused(
            reason="too_hard", subject_width=piece.size[0], subject_height=piece.size[1], width=width, height=height,
            hint="REFUSED_COMPANION_SIZE",
        )  # fmt: skip
    piece = piece.scaled(scale)
    place = position or "bottom"
    margin = _MARGIN * min(width, height)
    x, y = corner_of(place, piece.size, canvas.size, margin)
    if piece.stands and place.startswith("bottom"):
        y = height - piece.size[1]
    x1, y1 = min(width, x + piece.size[0]), min(height, y + piece.size[1])
    colours, alpha = piece.colours[: y1 - y, : x1 - x], piece.alpha[: y1 - y, : x1 - x]
    share = alpha[..., None].astype(np.float32) / 255
    mixed = colours * share + canvas.picture[y:y1, x:x1] * (1 - share)
    canvas.put((x, y, x1, y1), np.clip(mixed + 0.5, 0, 255).astype(np.uint8), alpha > 0)
    return {"box": [x, y, x1 - x, y1 - y]}


def reframed(canvas: Canvas, matte: Matte, ground: Ground, percent: int) -> dict[str, object]:
    """Centre the subject on a ground with a margin all around; the frame keeps its size.

    Args:
        canvas: the picture that the subject is in.
        matte: of that picture.
        ground: what it is put on.
        percent: margin on each side, of the frame's own width and height.
    """
    width, height = canvas.size
    piece = Piece.of(matte, canvas.picture)
    room = 1 - 2 * min(max(percent, 0), 40) / 100
    scale = min(room * width / piece.size[0], room * height / piece.size[1], ENLARGED)
    piece = piece.scaled(scale)
    x, y = (width - piece.size[0]) // 2, (height - piece.size[1]) // 2
    out = np.clip(ground.rows(0, height, canvas.size) + 0.5, 0, 255).astype(np.uint8)
    share = piece.alpha[..., None].astype(np.float32) / 255
    part = out[y : y + piece.size[1], x : x + piece.size[0]]
    part[:] = np.clip(piece.colours * share + part * (1 - share) + 0.5, 0, 255).astype(np.uint8)
    alpha = None if canvas.alpha is None else np.full((height, width), 255, np.uint8)
    mask: NDArray[np.uint8] = np.full((height, width), 255, np.uint8)
    canvas.replace(out, mask, alpha, None)
    return {"box": [x, y, *piece.size]}
