"""The picture being edited, and what is known of where the input's pixels are.

Invariants: the input array is never written to; every write goes through `Canvas.put`, which changes exactly the
pixels that it also adds to the mask; ``origin`` is where the input's corner lies now, or None once the picture was
rescaled (then everything counts as changed).

Example::

    canvas = Canvas.of(source.picture, source.alpha)
    canvas.put((x0, y0, x1, y1), patch, changed)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.frame import Window
from qie_hub.ports import Picture

SMALLEST: Final = 48
"""Pixels of the short side below which nothing can be written on a picture that could be read."""


@dataclass(slots=True, eq=False)
class Canvas:
    """One edit's working state; owned by one thread."""

    picture: Picture
    mask: Picture
    alpha: Picture | None
    origin: tuple[int, int] | None = (0, 0)

    @classmethod
    def of(cls, picture: Picture, alpha: Picture | None) -> Canvas:
        """Start from an input: copied once."""
        mask = np.zeros(picture.shape[:2], np.uint8)
        return cls(picture.copy(), mask, None if alpha is None else alpha.copy())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def put(self, window: Window, patch: Picture, changed: NDArray[Any]) -> None:
        """Write ``patch`` (the window's size) where ``changed`` is true."""
        x0, y0, x1, y1 = window
        where = changed.astype(bool)
        self.picture[y0:y1, x0:x1][where] = patch[where]
        self.mask[y0:y1, x0:x1][where] = 255
        if self.alpha is not None:
            self.alpha[y0:y1, x0:x1][where] = 255

    def replace(self, picture: Picture, mask: Picture, alpha: Picture | None, origin: tuple[int, int] | None) -> None:
        """Take a picture of another size; ``origin`` is where the old corner lies in it, None after rescaling."""
        self.picture, self.mask, self.alpha = picture, mask, alpha
        if self.origin is None or origin is None:
            self.origin = None
            self.mask[:] = 255
        else:
            self.origin = (self.origin[0] + origin[0], self.origin[1] + origin[1])

    def replace_all(self, picture: Picture) -> None:
        """Take a picture of the same size in which every pixel may differ."""
        self.picture = picture
        self.mask[:] = 255
