"""What a plan read in a picture, kept for the edit that follows with the same picture.

Invariants: at most one picture's reading is held, and never the picture itself; a picture that was changed in between
is read anew (its sampled checksum differs).
"""

from __future__ import annotations

import threading
import weakref
import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from qie_hub.edit.ocr import TextLine
from qie_hub.ports import Picture

_STEP: Final = 7
"""Every seventh row and column is summed: enough to notice another picture, a hundredth of its bytes."""


class Readings:
    """The latest reading. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[weakref.ref[Any], int, tuple[TextLine, ...]] | None = None

    def keep(self, picture: Picture, lines: Sequence[TextLine]) -> None:
        """Remember what was read."""
        entry = (weakref.ref(picture), _checksum(picture), tuple(lines))
        with self._lock:
            self._latest = entry

    def recall(self, picture: Picture) -> tuple[TextLine, ...]:
        """What was read in this very picture, nothing if that is not known."""
        with self._lock:
            latest = self._latest
        if latest is None or latest[0]() is not picture or latest[1] != _checksum(picture):
            return ()
        return latest[2]


def _checksum(picture: Picture) -> int:
    return zlib.crc32(np.ascontiguousarray(picture[::_STEP, ::_STEP]).tobytes())
