"""What a plan read in a picture, kept for the edit that follows with the same picture.

Invariants: the readings of the last few pictures are held (several edits run at once), and never a picture itself; a
picture that was changed in between is read anew (its sampled checksum differs).
"""

from __future__ import annotations

import threading
import weakref
import zlib
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from qie_hub.edit.ocr import TextLine
from qie_hub.ports import Picture

_HELD: Final = 4
"""More than edits run at once: an edit finds its own plan's reading although others planned in between."""
_STEP: Final = 7
"""Every seventh row and column is summed: enough to notice another picture, a hundredth of its bytes."""


class Readings:
    """The latest readings. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: deque[tuple[weakref.ref[Any], int, tuple[TextLine, ...]]] = deque(maxlen=_HELD)

    def keep(self, picture: Picture, lines: Sequence[TextLine]) -> None:
        """Remember what was read."""
        entry = (weakref.ref(picture), _checksum(picture), tuple(lines))
        with self._lock:
            self._latest.appendleft(entry)

    def recall(self, picture: Picture) -> tuple[TextLine, ...]:
        """What was last read in this very picture, nothing if that is not known."""
        with self._lock:
            known = next((entry for entry in self._latest if entry[0]() is picture), None)
        return known[2] if known is not None and known[1] == _checksum(picture) else ()


def _checksum(picture: Picture) -> int:
    return zlib.crc32(np.ascontiguousarray(picture[::_STEP, ::_STEP]).tobytes())
